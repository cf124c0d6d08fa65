"""Scores distances between labelled tracks: does the neighbour carry the same label, and are there hubs?

    python benches/score_neighbours.py NEIGHBOURS.jsonl MANIFEST.csv [--label genre] [--artist artist]
        [--bliss BLISS.tsv] [--set NAME] [--weights]

NEIGHBOURS.jsonl is what `examples/neighbours.rs` or `similar_of_library.py` writes. Rows without a label are part of the library but are
not scored. With --artist, tracks of the same artist are no neighbours (an empty artist is unknown). BLISS.tsv:
path, tab, the numbers of bliss-audio's analysis, compared by their Euclidean distance as bliss does.
--weights scores other weights of the aspects too, by leaving one label out.

1NN: share of tracks whose nearest neighbour has their label; P@5: mean share among the five nearest, over what
is possible (a label with three tracks has two at most); N5: how often a track is among the five nearest of
another; skewness and largest N5; orphans: tracks with N5 = 0. Half-widths: 1.96 standard errors over tracks.
"""
import argparse
import csv
import json

import numpy as np


def normal_sf(z):
    from math import erfc
    return 0.5 * np.vectorize(erfc)(z / np.sqrt(2))


def mutual_proximity(distances):
    others = ~np.eye(len(distances), dtype=bool)
    mean = np.array([row[o].mean() for row, o in zip(distances, others)])
    sd = np.array([row[o].std() for row, o in zip(distances, others)]) + 1e-9
    farther = normal_sf((distances - mean[:, None]) / sd[:, None])
    result = 1 - farther * farther.T
    np.fill_diagonal(result, 0)
    return result


def euclidean(x):
    squares = (x**2).sum(1)
    return np.sqrt(np.maximum(squares[:, None] + squares - 2 * x @ x.T, 0))


def symmetric_kl(tracks):
    size = 20
    at = np.triu_indices(size)
    means, covariances = [], []
    for track in tracks:
        covariance = np.zeros((size, size))
        covariance[at] = track["mfcc_covariance"]
        covariance = covariance + np.triu(covariance, 1).T + 1e-3 * np.eye(size)
        means.append(np.array(track["mfcc_mean"]))
        covariances.append(covariance)
    inverses = [np.linalg.inv(c) for c in covariances]
    n = len(tracks)
    d = np.zeros((n, n))
    for i in range(n):
        for j in range(i):
            apart = means[i] - means[j]
            traces = np.sum(covariances[i] * inverses[j]) + np.sum(covariances[j] * inverses[i])
            d[i, j] = d[j, i] = 0.25 * (traces - 2 * size + apart @ (inverses[i] + inverses[j]) @ apart)
    return np.sqrt(np.maximum(d, 0))


def sixty(tracks):
    diagonal = [i * 20 - i * (i - 1) // 2 for i in range(20)]
    rows = [np.r_[t["mfcc_mean"], np.sqrt(np.array(t["mfcc_covariance"])[diagonal]), t["mfcc_delta_mean"]] for t in tracks]
    x = np.array(rows)
    return euclidean((x - x.mean(0)) / (x.std(0) + 1e-9))


def score(distances, labels, artists):
    n = len(labels)
    d = distances.astype(float).copy()
    same = (artists[:, None] == artists[None, :]) & (artists[:, None] != "")
    d[same] = np.inf
    np.fill_diagonal(d, np.inf)
    order = np.argsort(d, axis=1, kind="stable")[:, :5]
    allowed = np.isfinite(d)
    relevant = (labels[:, None] == labels[None, :]) & allowed & (labels[:, None] != "")
    possible = relevant.sum(1)
    scored = possible > 0
    hits = np.take_along_axis(relevant, order, 1)
    first = hits[scored, 0]
    five = hits[scored].sum(1) / np.minimum(5, possible[scored])
    n5 = np.bincount(order.ravel(), minlength=n)
    skew = np.mean((n5 - n5.mean()) ** 3) / (n5.std() ** 3 + 1e-12)
    half = lambda x: 1.96 * x.std() / np.sqrt(len(x))
    return 100 * first.mean(), 100 * half(first), 100 * five.mean(), 100 * half(five), skew, n5.max(), np.sum(n5 == 0), int(scored.sum())


def show(name, distances, labels, artists):
    one, one_half, five, five_half, skew, worst, orphans, n = score(distances, labels, artists)
    print(f"| {name} | {one:.0f} ± {one_half:.0f} | {five:.1f} ± {five_half:.1f} | {skew:.2f} | {worst} | {orphans} |")


def cross_validated(parts, names, labels, artists):
    """Weights chosen without a label, scored on it."""
    grid = [0.0, 0.3, 0.5, 1.0]
    from itertools import product
    candidates = [w for w in product([1.0], *[grid] * (len(names) - 1))]
    tables = []
    for weights in candidates:
        d = mutual_proximity(sum(w * p for w, p in zip(weights, parts)))
        one, _, five, *_ = score(d, labels, artists)
        per = {l: score(d, np.where(labels == l, labels, ""), artists)[:3:2] for l in set(labels) - {""} if np.sum(labels == l) > 1}
        tables.append((weights, five, one, per))
    best = max(tables, key=lambda t: t[1])
    print(f"best of {len(candidates)} weights on all (optimistic): {dict(zip(names, best[0]))}: 1NN {best[2]:.0f}, P@5 {best[1]:.1f}")
    held = []
    for label in sorted(tables[0][3]):
        size = lambda l: np.sum(labels == l)
        others = lambda t: sum(size(l) * t[3][l][1] for l in t[3] if l != label)
        chosen = max(tables, key=others)
        held.append((size(label), *chosen[3][label]))
    total = sum(h[0] for h in held)
    print(f"weights chosen on the other labels: 1NN {sum(h[0] * h[1] for h in held) / total:.0f}, P@5 {sum(h[0] * h[2] for h in held) / total:.1f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("neighbours")
    parser.add_argument("manifest")
    parser.add_argument("--label", default="genre")
    parser.add_argument("--artist")
    parser.add_argument("--bliss")
    parser.add_argument("--set")
    parser.add_argument("--weights", action="store_true")
    options = parser.parse_args()
    rows = {row["path"]: row for row in csv.DictReader(open(options.manifest, newline="", encoding="utf-8"))}
    tracks = [json.loads(line) for line in open(options.neighbours, encoding="utf-8")]
    keep = [i for i, t in enumerate(tracks) if not options.set or rows[t["path"]]["set"] == options.set]
    at = np.ix_(keep, keep)
    aspects = {name: np.array([t["aspects"][name] for t in tracks])[at] for name in tracks[0]["aspects"]}
    ours = np.array([t.get("ranked") or t["proximity"] for t in tracks])
    weighted = np.array([t["weighted"] for t in tracks])[at]
    tracks = [tracks[i] for i in keep]
    labels = np.array([rows[t["path"]].get(options.label) or "" for t in tracks])
    artists = np.array([(rows[t["path"]].get(options.artist) or "") if options.artist else "" for t in tracks])
    print(f"{len(tracks)} tracks, {len(set(labels) - {''})} labels\n")
    print("| distance | 1NN % | P@5 % | skewness N5 | largest N5 | orphans |\n|---|---|---|---|---|---|")
    if options.bliss:
        table = dict(line.rstrip("\n").split("\t") for line in open(options.bliss, encoding="utf-8"))
        table = {path.split("/")[-1]: np.array(v.split(), float) for path, v in table.items()}
        bliss = euclidean(np.array([table[t["path"].split("/")[-1]] for t in tracks]))
        show("bliss-audio 0.13", bliss, labels, artists)
        show("bliss-audio + MP", mutual_proximity(bliss), labels, artists)
    if "mfcc_mean" in tracks[0]:
        show("60-d MFCC", sixty(tracks), labels, artists)
        kl = symmetric_kl(tracks)
        show("sKL", kl, labels, artists)
        show("sKL + MP", mutual_proximity(kl), labels, artists)
    show("ours: timbre alone, no MP", aspects["timbre"], labels, artists)
    for name, distances in aspects.items():
        if distances.max() > 0:
            show(f"ours: {name} alone + MP", mutual_proximity(distances), labels, artists)
    show("ours, weighted, no MP", weighted, labels, artists)
    if len(keep) == len(ours):
        show("**ours**", ours, labels, artists)
    else:
        show("**ours** (MP within the set)", mutual_proximity(weighted), labels, artists)
    if options.weights:
        parts = [(n, d) for n, d in aspects.items() if d.max() > 0]
        cross_validated([d for _, d in parts], [n for n, _ in parts], labels, artists)


if __name__ == "__main__":
    main()
