"""Scores of the rhythm path on rendered clips with exact labels.

    python evaluate.py held DATA_DIR/held FOLDER [--by style]
    python evaluate.py audio FOLDER FILE...      (only prints tempo, pulse, metre)
"""
import argparse
from collections import defaultdict
from pathlib import Path

import mir_eval
import numpy as np

import frontend
import reference_rhythm as rhythm


def score(path, weights, rules):
    """Scores of one rendered clip, by name."""
    with np.load(path) as stored:
        clip = {name: stored[name] for name in stored.files}
    found = rhythm.analyse(clip["mel"].astype(np.float32), weights, rules, clip["chroma"].astype(np.float32) if "chroma" in clip else None)
    beats = clip["beats"]
    result = {"style": str(clip["style"]), "pulse seen": float(found.bpm is not None)}
    bpm = 60.0 / np.median(np.diff(beats))
    if bool(clip["constant"]):
        bpm = 60.0 / np.polyfit(np.arange(len(beats)), beats, 1)[0]
    ratio = (found.bpm or 1e-9) / bpm
    result["Acc1"] = float(abs(ratio - 1) < 0.04)
    result["Acc2"] = float(min(abs(ratio * k - 1) for k in (1, 2, 3, 1 / 2, 1 / 3)) < 0.04)
    result["F70"] = mir_eval.beat.f_measure(beats, found.beats)
    result["F25"] = mir_eval.beat.f_measure(beats, found.beats, 0.025)
    if bool(clip["constant"]):
        result["called constant"] = float(found.constant)
        if result["Acc1"]:
            result["tempo error %"] = 100 * abs(ratio - 1)
    else:
        result["variable called constant"] = float(found.constant)
    if bool(clip["bars_known"]):
        result["downF"] = mir_eval.beat.f_measure(clip["downbeats"], found.downbeats)
        if result["F70"] > 0.8:
            result["downF, beats right"] = result["downF"]
            result["metre, beats right"] = float(found.metre == int(clip["beats_per_bar"]))
    if result["Acc1"] and len(found.beats):
        off = found.beats[:, None] - beats[None, :]
        nearest = off[np.arange(len(off)), np.argmin(np.abs(off), axis=1)]
        nearest = nearest[np.abs(nearest) < 0.04]
        if len(nearest):
            result["offset ms"] = 1000 * np.median(nearest)
    return result


def print_means(results, title):
    """Mean of every score (median for errors and offsets)."""
    names = dict.fromkeys(name for result in results for name in result if name != "style")
    print(f"{title} ({len(results)} clips)")
    for name in names:
        values = [result[name] for result in results if name in result]
        plain = name in ("tempo error %", "offset ms")
        print(f"  {name:26s} {np.median(values) if plain else 100 * np.mean(values):8.3f}  n {len(values)}" + (f"  p90 {np.percentile(np.abs(values), 90):.3f}" if plain else ""))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("command", choices=("held", "audio"))
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument("--by", choices=("style",))
    options = parser.parse_args()
    if options.command == "audio":
        weights, rules = rhythm.load(options.paths[0])
        for path in options.paths[1:]:
            r = rhythm.analyse(frontend.log_mel(frontend.load_mono(path)), weights, rules)
            print(path.name, r.bpm, f"pulse {r.pulse:.2f} tempo {r.tempo_confidence:.2f} beats {r.beat_confidence:.2f} metre {r.metre} constant {r.constant}", flush=True)
        return
    weights, rules = rhythm.load(options.paths[1])
    results = {path.name: score(path, weights, rules) for path in sorted(options.paths[0].glob("*.npz"))}
    for prefix, title in (("pop", "POP909 validation songs"), ("own", "own patterns held out")):
        print_means([r for name, r in results.items() if name.startswith(prefix)], title)
    if options.by:
        groups = defaultdict(list)
        for result in results.values():
            groups[result["style"]].append(result)
        for style, group in sorted(groups.items()):
            means = {n: np.mean([g[n] for g in group if n in g]) for n in ("Acc1", "F70", "downF") if any(n in g for g in group)}
            print(f"  {style:28s} n {len(group):2d}  " + "  ".join(f"{n} {100 * v:5.1f}" for n, v in means.items()))


if __name__ == "__main__":
    main()
