"""Calibrates the confidences on labelled music: python calibrate.py OUTPUT CALIBRATION_RS > reliability.md

OUTPUT holds the JSON lines of evaluate.py; CALIBRATION_RS is src/feature/tonal/calibration.rs with the
numbers that were in use, which are undone first. Prints two pairs of numbers for that file and, with
five-fold cross-validation, tables of predicted against observed correctness.
"""
import json
import re
import sys
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

L2 = 0.01


def read(folder):
    rows = []
    for name in ("features", "corpus", "validation", "full"):
        path = folder / f"{name}.jsonl"
        for line in path.read_text().splitlines() if path.exists() else []:
            row = json.loads(line)
            row["real"] = name == "features" or "mir_samples" in row["path"]
            rows.append(row)
    return rows


def logit(p):
    p = np.clip(p, 1e-6, 1 - 1e-6)
    return np.log(p / (1 - p))


def fit(p, y, weight):
    """a, b of logistic(a + b logit(p)), close to 0, 1 where little is known."""
    def loss(ab):
        q = 1 / (1 + np.exp(-(ab[0] + ab[1] * logit(p))))
        q = np.clip(q, 1e-9, 1 - 1e-9)
        return -(weight * (y * np.log(q) + (1 - y) * np.log(1 - q))).sum() / weight.sum() + L2 * (ab[0] ** 2 + (ab[1] - 1) ** 2)
    return minimize(loss, [0.0, 1.0]).x


def cross_validated(p, y, weight, folds=5):
    order, out = np.random.default_rng(0).permutation(len(p)), np.empty(len(p))
    for part in np.array_split(order, folds):
        keep = np.setdiff1d(order, part)
        a, b = fit(p[keep], y[keep], weight[keep])
        out[part] = 1 / (1 + np.exp(-(a + b * logit(p[part]))))
    return out


def table(title, q, y, real):
    print(f"\n### {title}\n\n| predicted | clips | mean predicted | observed | real: clips | mean predicted | observed |\n|---|---|---|---|---|---|---|")
    for low, high in zip((0, 0.3, 0.5, 0.7, 0.85), (0.3, 0.5, 0.7, 0.85, 1.01)):
        cells = []
        for mask in ((q >= low) & (q < high), (q >= low) & (q < high) & real):
            n = int(mask.sum())
            cells += [str(n)] + ([f"{q[mask].mean():.2f}", f"{y[mask].mean():.2f}"] if n else ["", ""])
        print(f"| {low:.2f} to {min(high, 1):.2f} | " + " | ".join(cells) + " |")


def report(title, p, y, real, in_use):
    weight = np.where(real, 1 / max(real.sum(), 1), 1 / max((~real).sum(), 1)) if real.any() else np.ones(len(p))
    a, b = fit(p, y, weight)
    q = cross_validated(p, y, weight)
    print(f"\n## {title}: logistic({a:.3f} + {b:.3f} logit p), {len(p)} clips, {int(real.sum())} of them real")
    brier = lambda x: ((x - y) ** 2 * weight).sum() / weight.sum()
    print(f"\nBrier score (real and rendered weighed equally): raw {brier(p):.3f}, calibrated and cross-validated {brier(q):.3f}, constant {brier(np.full(len(y), (y * weight).sum() / weight.sum())):.3f}")
    table("As the program says it now", in_use, y, real)
    table("Fitted anew, cross-validated", q, y, real)


def raw(confidence, source, name):
    """Undoes the calibration in use."""
    a, b = map(float, re.search(name + r": \[f64; 2\] = \[(.+), (.+)\]", source).groups())
    return 1 / (1 + np.exp(-(logit(confidence) - a) / b))


def main():
    source = Path(sys.argv[2]).read_text()
    rows = read(Path(sys.argv[1]))
    print("# Reliability of the confidences\n\nMade by `calibrate.py` from the output of `evaluate.py`.")
    keyed = [r for r in rows if r["truth_key"] and r["key"]]
    array = lambda f, rows: np.array([f(r) for r in rows])
    report("Key, exactly right", array(lambda r: r["key_candidates"][0]["probability"], keyed),
           array(lambda r: float(r["key"] == r["truth_key"]), keyed), array(lambda r: r["real"], keyed),
           array(lambda r: r["key_confidence"], keyed))
    chorded = [r for r in rows if r.get("wcsr") is not None and r["chord_confidence"] is not None]
    report("Chords, share of time with the right triad", raw(array(lambda r: r["chord_confidence"], chorded), source, "CHORD"),
           array(lambda r: r["wcsr"], chorded), array(lambda r: r["real"], chorded),
           array(lambda r: r["chord_confidence"], chorded))


if __name__ == "__main__":
    main()
