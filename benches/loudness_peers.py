#!/usr/bin/env python3
"""Compares stored loudness and dynamics with other programs on the same files and prints a table.

    python -m venv v && v/bin/pip install essentia drmeter soundfile
    phonolite analyze --db x.db MUSIC && phonolite export --db x.db -o x.jsonl
    v/bin/python benches/loudness_peers.py x.jsonl

Peers: Essentia's LoudnessEBUR128 (integrated, range, largest momentary and short-term), FFmpeg's ebur128 filter (true peak,
printed with one decimal), drmeter (DR before rounding, mean of the channels). All read the samples that FFmpeg decodes.

Known differences: Essentia and FFmpeg take momentary values every 100 ms, ours are looked at every 20 ms; Essentia takes
short-term values for the range every 100 ms as we do, its range has no nearest rank; FFmpeg oversamples by its resampler, we
by the table of BS.1770 Annex 2; drmeter counts the incomplete last block of 3 s, and rounds the number of loudest blocks.
"""
import json
import re
import subprocess
import sys
import tempfile

import essentia
import essentia.standard as es
import numpy as np
import soundfile

essentia.log.warningActive = False
essentia.log.infoActive = False


def decode(path, channels):
    raw = subprocess.run(["ffmpeg", "-v", "error", "-i", path, "-f", "f32le", "-"], capture_output=True, check=True).stdout
    return np.frombuffer(raw, dtype=np.float32).reshape(-1, channels)


def of_essentia(samples, rate):
    stereo = samples if samples.shape[1] == 2 else None
    if stereo is None:
        return None
    momentary, short_term, integrated, spread = es.LoudnessEBUR128(sampleRate=rate, hopSize=0.1)(stereo)
    return integrated, spread, max(momentary), max(short_term)


def true_peak(path):
    log = subprocess.run(["ffmpeg", "-nostats", "-i", path, "-af", "ebur128=peak=true", "-f", "null", "-"], capture_output=True, text=True).stderr
    found = re.findall(r"True peak:\s+Peak:\s+(\S+) dBFS", log)
    return float(found[-1]) if found else None


def dr_of(samples, rate):
    from drmeter.algorithm import dynamic_range

    with tempfile.NamedTemporaryFile(suffix=".wav") as file:
        soundfile.write(file.name, samples, rate, subtype="FLOAT")
        try:
            with soundfile.SoundFile(file.name) as data:
                return float(np.mean(dynamic_range(data).dr_score))
        except Exception:  # too short
            return None


def main():
    columns = ["LUFS", "LU range", "momentary", "short-term", "dBTP", "DR"]
    print("| file | " + " | ".join(f"{c} | Δ" for c in columns) + " |")
    print("|---" * (2 * len(columns) + 1) + "|")
    differences = [[] for _ in columns]
    for line in open(sys.argv[1], encoding="utf-8"):
        row = json.loads(line)
        if row["loudness_lufs"] is None or row["duration_s"] < 15 or row["channels"] != 2:
            continue
        samples = decode(row["path"], row["channels"])
        ebu = of_essentia(samples, row["sample_rate_hz"])
        theirs = [*ebu, true_peak(row["path"]), dr_of(samples, row["sample_rate_hz"])]
        names = ["loudness_lufs", "loudness_range_lu", "loudness_momentary_max_lufs", "loudness_short_term_max_lufs",
                 "true_peak_dbtp", "dynamic_range_db"]
        cells = []
        for name, other, found in zip(names, theirs, differences):
            ours = row[name]
            if ours is None or other is None:
                cells += ["", ""]
                continue
            found.append(abs(ours - other))
            cells += [f"{ours:.2f}", f"{ours - other:+.3f}"]
        print(f"| {row['path'].rsplit('/', 1)[-1]} | " + " | ".join(cells) + " |")
    largest = " | ".join(f"| {max(found, default=0):.3f}" for found in differences)
    print(f"| largest | {largest} |")


if __name__ == "__main__":
    main()
