"""Says what the program's confidences were worth: python reliability.py PREDICTIONS.jsonl FEATURES > reliability.md

PREDICTIONS comes from `examples/evaluate.rs --frames` over FEATURES/index.csv. Tempo: share of clips within 4 % of
the label; beats: mean F-measure at 70 ms. A clip without a tempo is not in the tables but counted.
"""
import csv
import json
import sys
from pathlib import Path

import mir_eval
import numpy as np

EDGES = (0.0, 0.5, 0.65, 0.8, 0.9, 1.0001)


def table(title, said, seen):
    said, seen = np.array(said), np.array(seen)
    print(f"\n## {title}\n\nBrier score {np.mean((said - seen) ** 2):.3f}, of a constant {np.var(seen):.3f}; {len(said)} clips\n")
    print("| confidence | clips | mean said | mean seen |\n|---|---|---|---|")
    for low, high in zip(EDGES, EDGES[1:]):
        inside = (said >= low) & (said < high)
        if inside.any():
            print(f"| {low:.2f} to {min(high, 1):.2f} | {inside.sum()} | {said[inside].mean():.2f} | {seen[inside].mean():.2f} |")


def main():
    predictions, folder = Path(sys.argv[1]), Path(sys.argv[2])
    rows = {row["path"]: row for row in map(json.loads, predictions.read_text().splitlines())}
    tempo, beats, unknown = ([], []), ([], []), 0
    with (folder / "index.csv").open(newline="", encoding="utf-8") as file:
        for label in csv.DictReader(file):
            found = rows[label["path"]]
            if found["bpm"] is None:
                unknown += 1
                continue
            if label["tempo_bpm"] and label["tempo_kind"] not in ("variable", "unverified"):
                tempo[0].append(found["bpm_confidence"])
                tempo[1].append(float(abs(found["bpm"] / float(label["tempo_bpm"]) - 1) <= 0.04))
            with np.load(folder / label["path"]) as clip:
                truth = clip["beats"]
            if len(truth):
                beats[0].append(found["beat_confidence"])
                beats[1].append(mir_eval.beat.f_measure(truth, np.array(found["beats"])))
    print("# Reliability of tempo and beats, as the program says them\n\nMade by `reliability.py`. The rules and confidences have seen these")
    print(f"clips; `SCORES.md` has the table out of fold. Clips without a tempo: {unknown}.")
    table("Tempo, within 4 %", *tempo)
    table("Beats, F-measure at 70 ms", *beats)


if __name__ == "__main__":
    main()
