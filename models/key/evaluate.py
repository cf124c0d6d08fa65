"""Scores the Rust analyser on spectra: python evaluate.py PROGRAM SHARED CLIPS OUTPUT

PROGRAM is target/release/examples/tonal_of_spectra. Reads SHARED/features (real music, spectra only),
SHARED/corpus (audio) and CLIPS/{validation,full} (render.py), the whole songs also with a modulation; writes one JSON line a clip to
OUTPUT/SET.jsonl, in the format of SHARED/eval/score.py, and prints scores. Chords are found twice,
with the labelled beats and without any. Sections of keys are scored where the keys over time are known: share
of the time in the right key (MIREX weighted), and changes found within 6 s.
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

MODULATIONS = (1, 2, 2, 3, 5, -1, -2, -3, -4, -5)
NEAR_S = 6.0


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


def clip(path, magnitudes, duration, beats, key="", chords=(), keys=(), certain=None):
    return {"path": path, "magnitudes": magnitudes, "duration": duration, "beats": beats, "key": key,
            "chords": chords, "keys": keys, "certain": certain}


def feature_clips(shared):
    with (shared / "features" / "index.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            data = np.load(shared / "features" / row["path"])
            magnitudes = np.expm1(data["tonal"].astype(np.float32)) / 1000
            yield clip(row["path"], magnitudes, float(row["duration_s"]), data["beats"], row["key"])


def corpus_clips(shared):
    folder = shared / "corpus"
    with (folder / "manifest.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["set"] in ("selfmade", "selfmade_codecs", "mir_samples", "speech_fsdd"):
                samples = load(folder / row["path"])
                beats = times(folder / row["beats_file"]) if row["beats_file"] else []
                chords = train_chords(folder / row["chords_file"]) if row["chords_file"] else []
                yield clip(row["path"], frontend.spectra(samples), len(samples) / frontend.RATE_HZ, beats, row["key"], chords)


def train_chords(path):
    rows = [line.split() for line in path.read_text().splitlines() if line.strip()]
    return [[float(start), float(end), label] for start, end, label in rows]


def rendered(folder):
    for file in sorted(folder.glob("*.json")):
        yield json.loads(file.read_text()), soundfile.read(file.with_suffix(".flac"), dtype="float32")[0]


def rendered_clips(folder):
    for labels, samples in rendered(folder):
        key = train.main_key(labels)
        yield clip(labels["song"], frontend.spectra(samples), len(samples) / frontend.RATE_HZ, labels["beats"],
                   "" if key is None else frontend.key_name(key), labels["chords"], labels["keys"], labels["ends_on_tonic"])


def modulating_clips(folder):
    """Songs in one key that are played faster or slower from a beat near their middle on: in another key."""
    for labels, samples in rendered(folder):
        if len(labels["keys"]) != 1:
            continue
        beats, semitones = np.array(labels["beats"]), MODULATIONS[int(labels["song"]) // 5 % len(MODULATIONS)]
        middle = len(beats) // 2 // 4 * 4
        change, speed = beats[middle], 2.0 ** (semitones / 12)
        cut = int(change * frontend.RATE_HZ)
        second = soxr.resample(samples[cut:], frontend.RATE_HZ * speed, frontend.RATE_HZ)
        duration = change + len(second) / frontend.RATE_HZ
        beats = np.r_[beats[:middle], change + (beats[middle:] - change) / speed]
        first_key = frontend.key_number(labels["keys"][0][2])
        second_key = first_key // 12 * 12 + (first_key + semitones) % 12
        keys = [[0.0, change, frontend.key_name(first_key)], [change, duration, frontend.key_name(second_key)]]
        magnitudes = frontend.spectra(np.concatenate([samples[:cut], second]))
        yield clip(labels["song"], magnitudes, duration, beats, keys=keys)


def section_score(truth, heard):
    """(time in the right key, time, changes found, changes said, changes there are)."""
    right = length = 0.0
    for start, end, key in truth:
        length += end - start
        for a, b, found, _ in heard or []:
            shared = max(0.0, min(b, end) - max(a, start))
            right += shared * train.mirex(frontend.key_number(key), frontend.key_number(found))
    changes = [a[1] for a, b in zip(truth, truth[1:]) if a[2] != b[2]]
    said = [row[0] for row in (heard or [])[1:]]
    near = sum(any(abs(time - other) <= NEAR_S for other in said) for time in changes)
    return np.array([right, length, near, len(said), len(changes)])


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


def key_line(rows):
    if not rows:
        return ""
    number = lambda text: -1 if text is None else frontend.key_number(text)
    weighted = [train.mirex(number(r["truth_key"]), number(r["key"])) if r["key"] else 0.0 for r in rows]
    exact = [r["truth_key"] == r["key"] for r in rows]
    return f"  key weighted {100 * np.mean(weighted):.1f} exact {100 * np.mean(exact):.1f} (n {len(rows)})"


def evaluate(name, clips, analyse, output):
    rows, with_beats, gridless, sections = [], np.zeros(2), np.zeros(2), {True: np.zeros(5), False: np.zeros(5)}
    for c in clips:
        found = analyse(c["magnitudes"], c["duration"], c["beats"])
        row = {"path": c["path"], "truth_key": c["key"], "certain": c["certain"], **found}
        if c["chords"]:
            score = chord_score(c["chords"], found["chords"])
            row["wcsr"] = score[0] / max(score[1], 1)
            with_beats += score
            gridless += chord_score(c["chords"], analyse(c["magnitudes"], c["duration"])["chords"])
        if c["keys"]:
            sections[len(c["keys"]) > 1] += section_score(c["keys"], found["key_sections"])
        rows.append(row)
    (output / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    line = f"{name:16s} clips {len(rows):4d}  key unknown {sum(r['key'] is None for r in rows):3d}"
    line += key_line([r for r in rows if r["truth_key"]])
    if any(r["certain"] for r in rows):
        line += "  ending on the triad of the key:" + key_line([r for r in rows if r["truth_key"] and r["certain"]])
    if with_beats[1]:
        line += f"  chords WCSR {100 * with_beats[0] / with_beats[1]:.1f}, without beats {100 * gridless[0] / gridless[1]:.1f}"
    print(line, flush=True)
    for changing, (right, length, near, said, there) in sections.items():
        if length:
            print(f"{'':16s} {'changing' if changing else 'in one key'}: {length / 3600:.2f} h, right key {100 * right / length:.1f} of the time, "
                  f"{said:.0f} changes said, {there:.0f} there, {near:.0f} of them found")


def main():
    program, shared, clips, output = sys.argv[1], *map(Path, sys.argv[2:5])
    output.mkdir(parents=True, exist_ok=True)
    analyse = Analyser(program)
    evaluate("features", feature_clips(shared), analyse, output)
    evaluate("corpus", corpus_clips(shared), analyse, output)
    for split in ("validation", "full"):
        if (clips / split).exists():
            evaluate(split, rendered_clips(clips / split), analyse, output)
    evaluate("modulating", modulating_clips(clips / "full"), analyse, output)


if __name__ == "__main__":
    main()
