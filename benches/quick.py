#!/usr/bin/env python3
"""What `--depth quick` saves and loses: quick and full runs over the same labelled music.

    benches/quick.py PROGRAM MANIFEST [--least SECONDS] [--turns N]

MANIFEST is a CSV file with the columns path, duration_s, tempo_bpm, key (as in ../shared/corpus). Files shorter than
--least (60) are left out: a quick run hears them nearly or wholly. Prints CPU seconds of both (medians of turns that
alternate), how far quick results are from full ones, and both against the labels. Standard library only.
"""
import argparse, csv, json, math, os, statistics, subprocess, sys, tempfile
from pathlib import Path


def run(program, database, depth, files):
    for ending in ("", "-wal", "-shm", ".lock"):
        Path(database + ending).unlink(missing_ok=True)
    command = [program, "analyze", "--quiet", "--jobs", "1", "--depth", depth, "--db", database, *map(str, files)]
    process = subprocess.Popen(command)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode in (0, 3), process.returncode
    return usage.ru_utime + usage.ru_stime


def rows(program, database):
    told = subprocess.run([program, "export", "--format", "jsonl", "--db", database], capture_output=True, check=True)
    return {Path(row["path"]).name: row for row in map(json.loads, told.stdout.splitlines())}


def near(tempo, label, factors=(1,)):
    return tempo is not None and any(abs(tempo / (label * factor) - 1) <= 0.04 for factor in factors)


OCTAVES = (1, 2, 0.5, 3, 1 / 3)


def accuracy(found, labels):
    tempi = [(found[name].get("bpm"), label) for name, (label, _) in labels.items() if label]
    keys = [(found[name].get("key"), label) for name, (_, label) in labels.items() if label]
    return {
        "tempo within 4 % (Acc1)": (sum(near(*pair) for pair in tempi), len(tempi)),
        "tempo, octave aside (Acc2)": (sum(near(*pair, OCTAVES) for pair in tempi), len(tempi)),
        "key exactly": (sum(key == label for key, label in keys), len(keys)),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("manifest", type=Path)
    parser.add_argument("--least", type=float, default=60.0)
    parser.add_argument("--turns", type=int, default=3)
    options = parser.parse_args()
    chosen = [row for row in csv.DictReader(options.manifest.open()) if float(row["duration_s"] or 0) >= options.least]
    files = [options.manifest.parent / row["path"] for row in chosen]
    labels = {file.name: (float(row["tempo_bpm"] or 0), row["key"]) for file, row in zip(files, chosen)}
    with tempfile.TemporaryDirectory() as folder:
        databases = {depth: f"{folder}/{depth}.db" for depth in ("full", "quick")}
        cpu = {depth: [] for depth in databases}
        for _ in range(options.turns):
            for depth, database in databases.items():
                cpu[depth].append(run(options.program, database, depth, files))
        found = {depth: rows(options.program, database) for depth, database in databases.items()}
    pairs = [(found["full"][name], found["quick"][name]) for name in found["full"] if name in found["quick"]]
    ratios = sorted(full / quick for full, quick in zip(cpu["full"], cpu["quick"]))
    hours = sum(full["duration_s"] for full, _ in pairs) / 3600
    print(f"{len(pairs)} files of {options.least:.0f} s or more, {hours:.2f} h; medians of {options.turns} alternating turns")
    for depth in cpu:
        print(f"| {depth} | {statistics.median(cpu[depth]):.2f} CPU s | {statistics.median(cpu[depth]) / hours:.2f} CPU s/h |")
    print(f"| full / quick | {statistics.median(ratios):.2f} | {ratios[0]:.2f} to {ratios[-1]:.2f} |")
    print("\nquick against full")
    both = [(full["bpm"], quick["bpm"]) for full, quick in pairs if full.get("bpm") and quick.get("bpm")]
    same = sum(near(quick, full) for full, quick in both)
    octave = sum(near(quick, full, OCTAVES) for full, quick in both)
    print(f"| tempo within 4 %, and octave aside | {same} and {octave} of {len(both)} |")
    keys = [(full["key"], quick["key"]) for full, quick in pairs if full.get("key") and quick.get("key")]
    print(f"| same key | {sum(full == quick for full, quick in keys)} of {len(keys)} |")
    numbers = ["loudness_lufs", "loudness_range_lu", "true_peak_dbtp", "energy", "danceability", "valence", "acousticness",
               "instrumentalness", "brightness", "spectral_centroid_hz"]
    for name in numbers:
        errors = [abs(full[name] - quick[name]) for full, quick in pairs
                  if full.get(name) is not None and quick.get(name) is not None]
        if errors:
            errors.sort()
            p90 = errors[min(len(errors) - 1, math.ceil(0.9 * len(errors)) - 1)]
            print(f"| {name}, difference: median, 90 % | {statistics.median(errors):.3g}, {p90:.3g} |")
    print("\nagainst the labels: full, quick")
    full, quick = accuracy(found["full"], labels), accuracy(found["quick"], labels)
    for name, (right, of) in full.items():
        print(f"| {name} | {right} of {of} | {quick[name][0]} of {of} |")


sys.exit(main())
