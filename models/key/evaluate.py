"""Scores the Rust analyser on spectra: python evaluate.py PROGRAM SHARED CLIPS OUTPUT

PROGRAM is target/release/examples/tonal_of_spectra. Reads SHARED/features (real music, spectra only),
SHARED/corpus (audio) and CLIPS/{validation,full} (render.py); writes one JSON line a clip to
OUTPUT/SET.jsonl, in the format of SHARED/eval/score.py, and prints scores. Chords are found twice,
with the labelled beats and without any.
"""
import csv
import json
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import soundfile
import soxr

import frontend
import train


class Analyser:
    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def __call__(self, magnitudes, duration, beats=()):
        frames, bins = magnitudes.shape
        data = struct.pack("<IIIId", frames, frontend.FIRST_BIN, bins, len(beats), duration)
        data += np.asarray(beats, "<f8").tobytes() + np.ascontiguousarray(magnitudes, "<f4").tobytes()
        self.process.stdin.write(data)
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


def load(path):
    """Mono samples at 22 050 Hz; ffmpeg reads what libsndfile does not."""
    try:
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except soundfile.LibsndfileError:
        command = ["ffmpeg", "-v", "error", "-i", str(path), "-f", "f32le", "-ac", "1", "-ar", "22050", "-"]
        raw = subprocess.run(command, capture_output=True, check=True).stdout
        samples, rate = np.frombuffer(raw, "<f4")[:, None], 22_050
    return soxr.resample(samples.mean(axis=1), rate, frontend.RATE_HZ)


def times(path):
    return [float(line.split()[0]) for line in path.read_text().splitlines() if line.strip()]


def feature_clips(shared):
    with (shared / "features" / "index.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            clip = np.load(shared / "features" / row["path"])
            yield row["path"], np.expm1(clip["tonal"].astype(np.float32)) / 1000, float(row["duration_s"]), clip["beats"], row["key"], []


def corpus_clips(shared):
    folder = shared / "corpus"
    with (folder / "manifest.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["set"] in ("selfmade", "selfmade_codecs", "mir_samples", "speech_fsdd"):
                samples = load(folder / row["path"])
                beats = times(folder / row["beats_file"]) if row["beats_file"] else []
                chords = train_chords(folder / row["chords_file"]) if row["chords_file"] else []
                yield row["path"], frontend.spectra(samples), len(samples) / frontend.RATE_HZ, beats, row["key"], chords


def train_chords(path):
    rows = [line.split() for line in path.read_text().splitlines() if line.strip()]
    return [[float(start), float(end), label] for start, end, label in rows]


def rendered_clips(folder):
    for file in sorted(folder.glob("*.json")):
        labels = json.loads(file.read_text())
        samples, _ = soundfile.read(file.with_suffix(".flac"), dtype="float32")
        key = train.main_key(labels)
        key = "" if key is None else frontend.key_name(key)
        yield file.stem, frontend.spectra(samples), len(samples) / frontend.RATE_HZ, labels["beats"], key, labels["chords"]


def triad_at(chords, moments):
    """Triad (0..24, -1 not told apart) of chords [[start, end, label]] at each moment."""
    out = np.full(len(moments), 24)
    for start, end, label in chords:
        out[(moments >= start) & (moments < end)] = train.triads(np.array([train.chord_number(label)]))[0]
    return out


def chord_score(truth, heard):
    """(right, known) in steps of 20 ms."""
    moments = np.arange(truth[0][0], truth[-1][1], 0.02)
    wanted, found = triad_at(truth, moments), triad_at(heard or [], moments)
    return (wanted == found)[wanted >= 0].sum(), (wanted >= 0).sum()


def evaluate(name, clips, analyse, output):
    keys, gridless, rows = [], [0, 0], []
    with_beats = [0, 0]
    for path, magnitudes, duration, beats, key, chords in clips:
        found = analyse(magnitudes, duration, beats)
        row = {"path": path, "truth_key": key, **found}
        if key:
            keys.append((key, found["key"]))
        if chords:
            score = chord_score(chords, found["chords"])
            row["wcsr"] = score[0] / max(score[1], 1)
            with_beats = [a + b for a, b in zip(with_beats, score)]
            gridless = [a + b for a, b in zip(gridless, chord_score(chords, analyse(magnitudes, duration)["chords"]))]
        rows.append(row)
    (output / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    line = f"{name:16s} clips {len(rows):4d}  key unknown {sum(r['key'] is None for r in rows):3d}"
    if keys:
        number = lambda text: -1 if text is None else frontend.key_number(text)
        weighted = np.mean([train.mirex(number(t), number(h)) if h else 0.0 for t, h in keys])
        line += f"  key weighted {100 * weighted:.1f} exact {100 * np.mean([t == h for t, h in keys]):.1f} (n {len(keys)})"
    if with_beats[1]:
        line += f"  chords WCSR {100 * with_beats[0] / with_beats[1]:.1f}, without beats {100 * gridless[0] / gridless[1]:.1f}"
    print(line, flush=True)


def main():
    program, shared, clips, output = sys.argv[1], *map(Path, sys.argv[2:5])
    output.mkdir(parents=True, exist_ok=True)
    analyse = Analyser(program)
    evaluate("features", feature_clips(shared), analyse, output)
    evaluate("corpus", corpus_clips(shared), analyse, output)
    for split in ("validation", "full"):
        if (clips / split).exists():
            evaluate(split, rendered_clips(clips / split), analyse, output)


if __name__ == "__main__":
    main()
