"""Scores sections against known form: boundary F at 0.5 and 3 s, pairwise label F, edges and fades, beside baselines.

    python evaluate.py DATA --program phonolite [--split dev|test]

DATA is a folder made by render.py. Figures of mir_eval 0.8 (segment.detection with trim=True, segment.pairwise).
"""
import argparse
import json
import os
import subprocess
import tempfile
from pathlib import Path

import mir_eval
import numpy as np


def by_stem(lines):
    rows = map(json.loads, lines.splitlines())
    return {Path(row["path"]).stem: row for row in rows}


def analyse(program, folder):
    """Rows of all files by stem."""
    with tempfile.TemporaryDirectory() as scratch:
        environment = dict(os.environ, PHONOLITE_DB=f"{scratch}/a.db")
        subprocess.run([program, "analyze", "--quiet", folder], check=True, env=environment)
        lines = subprocess.run([program, "export"], check=True, env=environment, capture_output=True, text=True).stdout
    return by_stem(lines)


def merged(sections):
    """Neighbours of one label as one."""
    out = []
    for start, end, label in sections:
        if out and out[-1][2] == label:
            out[-1][1] = end
        else:
            out.append([start, end, label])
    return out


def score(truth, found):
    """Boundary F at 0.5 s and 3 s, pairwise F."""
    split = lambda rows: (np.array([r[:2] for r in rows], float), [r[2] for r in rows])
    (ti, tl), (fi, fl) = split(truth), split(found)
    end = float(ti.max())
    ti, tl = mir_eval.util.adjust_intervals(ti, tl, t_min=0.0, t_max=end)
    fi, fl = mir_eval.util.adjust_intervals(fi, fl, t_min=0.0, t_max=end)
    near, far = (mir_eval.segment.detection(ti, fi, window=w, trim=True)[2] for w in (0.5, 3.0))
    return near, far, mir_eval.segment.pairwise(ti, tl, fi, fl)[2]


def regular(row, bars):
    """Cuts every so many bars (or 2 s each without downbeats), a label each."""
    starts = (row.get("downbeats") or list(np.arange(0, row["duration_s"], 2.0)))[::bars]
    edges = [0.0] + [s for s in starts if s > 0.5] + [row["duration_s"]]
    return [(a, b, str(i)) for i, (a, b) in enumerate(zip(edges, edges[1:])) if b > a]


def random_cuts(row, rng):
    """As many sections as one every 18 s, four labels by chance."""
    length = row["duration_s"]
    edges = [0.0, *sorted(rng.uniform(0, length, max(1, int(length / 18)) - 1)), length]
    return [(a, b, str(rng.integers(4))) for a, b in zip(edges, edges[1:]) if b > a]


def times(rows, truths, name):
    """Of a time that is or is not there: found within 3 s, missed or elsewhere, invented."""
    right = wrong = invented = none = 0
    for stem, truth in truths.items():
        found, real = rows[stem].get(name), truth[name]
        if real is None:
            invented, none = invented + (found is not None), none + 1
        else:
            hit = found is not None and abs(found - real) <= 3.0
            right, wrong = right + hit, wrong + (not hit)
    return f"{name}: {right} of {right + wrong} within 3 s; {invented} invented where there is none ({none})"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path)
    parser.add_argument("--program", default="phonolite")
    parser.add_argument("--split")
    parser.add_argument("--rows", type=Path, help="what `phonolite export` printed, in place of a run")
    parser.add_argument("--each", action="store_true")
    options = parser.parse_args()
    rows = by_stem(options.rows.read_text()) if options.rows else analyse(options.program, options.data)
    rng = np.random.default_rng(1)
    truths = {p.stem: json.loads(p.read_text()) for p in sorted(options.data.glob("*.json"))}
    truths = {s: t for s, t in truths.items() if s in rows and options.split in (None, t["split"])}
    methods = {
        "phonolite": lambda row: [(s["start_s"], s["end_s"], s["label"]) for s in row["sections"]],
        "every 16 bars": lambda row: regular(row, 16),
        "every 8 bars": lambda row: regular(row, 8),
        "random": lambda row: random_cuts(row, rng),
    }
    for prefix in ("song", "pop909"):
        names = [stem for stem in truths if stem.startswith(prefix)]
        for title, method in methods.items():
            scores = [score(merged([s for s in truths[n]["sections"] if s[1] > s[0]]), method(rows[n])) for n in names]
            if options.each and title == "phonolite":
                for name, values in zip(names, scores):
                    print("  ", name, np.round(values, 2))
            if scores:
                near, far, labels = np.mean(scores, axis=0)
                print(f"| {prefix} ({len(names)}) | {title} | {near:.3f} | {far:.3f} | {labels:.3f} |")
    songs = {s: t for s, t in truths.items() if s.startswith("song")}
    for name in ("intro_end_s", "outro_start_s", "fade_in_s", "fade_out_s"):
        print(times(rows, songs, name))


if __name__ == "__main__":
    main()
