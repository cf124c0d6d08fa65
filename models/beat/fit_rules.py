"""Fits the small rules (tempo choice, confidences, pulse) and reports cross-validated scores.

    python fit_rules.py FEATURES_DIR beat.bin rules.json [--predictions cv.csv] [--jobs 2]

FEATURES_DIR holds index.csv and log-mel clips of real music. Folds leave out one group at a
time: a source of clips, for GTZAN one genre of it. Predictions written are those of the fold
that did not see the clip, once with the pulse decision (also out of fold) and once (.forced.csv)
as if every clip had a pulse. The shipped rules are then fitted on all clips. Fewer than 50
numbers are fitted; the standardisation (mean, scale) of inputs comes from all clips.
"""
import argparse
import csv
import json
import zlib
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import mir_eval
import numpy as np
from scipy.optimize import minimize

import frontend
import harmony
import network
import reference_rhythm as rhythm
import sound

TEMPO_RIDGE, LOGISTIC_RIDGE = 2.0, 0.5
TOLERANCE = 0.04
NO_PULSE_KINDS = ("noise", "tone", "drone", "speech", "rain", "silence", "pad")
NO_PULSE_CLIPS = 42


def read_index(folder):
    """Rows of index.csv with numbers parsed and a `group`."""
    with (folder / "index.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row["group"] = row["set"] + ("/" + row["genre"] if row["set"] == "gtzan100" else "")
        row["bpm"] = float(row["tempo_bpm"] or "nan")
        row["tempo_counts"] = row["tempo_kind"] not in ("variable", "unverified")
    return rows


def evidence_of(mel, weights):
    return rhythm.gather(network.activations(mel, weights), rhythm.onset_bands(mel))


def examine(row, folder, weights):
    """The row with evidence, candidate tempi and their features, and reference beats."""
    with np.load(folder / row["path"]) as stored:
        mel, beats = stored["rhythm"].astype(np.float32), stored["beats"]
        chroma = harmony.chroma(stored["tonal"].astype(np.float32))
    evidence = evidence_of(mel, weights)
    tempi, features = rhythm.tempo_candidates(evidence)
    return row | {"evidence": evidence, "tempi": tempi, "features": features, "true_beats": beats, "kept": (network.activations(mel, weights), rhythm.onset_bands(mel)), "chroma": chroma, "rise": rhythm.magnitude_rise(mel)}


def silent_clip(number, weights):
    """Pulse features of one generated sound without a beat."""
    kind = NO_PULSE_KINDS[number % len(NO_PULSE_KINDS)]
    samples = sound.no_pulse(kind, zlib.crc32(f"rule-{number}".encode()), 20.0)
    evidence = evidence_of(frontend.log_mel(samples), weights)
    tempi, features = rhythm.tempo_candidates(evidence)
    period = 60.0 * frontend.FPS / tempi[np.argmax(evidence.activation_scores[[np.argmin(np.abs(rhythm.TEMPI - t)) for t in tempi]])]
    return rhythm.pulse_features(evidence, period, rhythm.track(evidence.strength, period))


def standardisation(values):
    return {"mean": values.mean(axis=0).tolist(), "scale": (values.std(axis=0) + 1e-6).tolist()}


def fit_tempo(clips, standard):
    """Weights of the conditional logit: the probability of any candidate within TOLERANCE of the label is maximised."""
    mean, scale = np.array(standard["mean"]), np.array(standard["scale"])
    data = []
    for clip in clips:
        right = np.abs(clip["tempi"] / clip["bpm"] - 1.0) < TOLERANCE
        if clip["tempo_counts"] and right.any():
            data.append(((clip["features"] - mean) / scale, right))

    def cost(w):
        value, slope = TEMPO_RIDGE * w @ w, 2.0 * TEMPO_RIDGE * w
        for x, right in data:
            p = rhythm.softmax(x @ w)
            mass = p[right].sum() + 1e-12
            value -= np.log(mass)
            slope -= (p * right / mass - p) @ x
        return value, slope

    weights = minimize(cost, np.zeros(len(mean)), jac=True, method="L-BFGS-B").x
    return standard | {"weights": weights.tolist(), "bias": 0.0, "sharpness": 1.0}


def fit_logistic(x, y, ridge=LOGISTIC_RIDGE, balance=False):
    """Logistic rule for targets y in 0..1."""
    x, y = np.asarray(x), np.asarray(y, float)
    standard = standardisation(x)
    z = (x - standard["mean"]) / standard["scale"]
    importance = np.where(y > 0.5, 0.5 / max(1e-9, np.mean(y > 0.5)), 0.5 / max(1e-9, np.mean(y <= 0.5))) if balance else np.ones(len(y))

    def cost(w):
        p = np.clip(rhythm.logistic(z @ w[1:] + w[0]), 1e-9, 1 - 1e-9)
        value = -np.sum(importance * (y * np.log(p) + (1 - y) * np.log(1 - p))) + ridge * np.sum(w[1:] ** 2)
        error = importance * (p - y)
        return value, np.concatenate([[error.sum()], error @ z + 2 * ridge * w[1:]])

    w = minimize(cost, np.zeros(1 + x.shape[1]), jac=True, method="L-BFGS-B").x
    return standard | {"weights": w[1:].tolist(), "bias": float(w[0])}





def open_rules(tempo, pulse_count, tempo_count, beat_count):
    """Rules that always see a pulse and claim certainty: for measuring tempo and beats alone."""
    sure = lambda n: {"mean": [0.0] * n, "scale": [1.0] * n, "weights": [0.0] * n, "bias": 30.0}
    return {"tempo": tempo, "pulse": sure(pulse_count), "tempo_confidence": sure(tempo_count), "beat_confidence": sure(beat_count)}


def measure(clip, tempo_rule):
    """What the confidences are fitted on: result, features, correctness, beat F-measure of one clip."""
    rules = open_rules(tempo_rule, len(rhythm.PULSE_FEATURES), 3, 4)
    found = rhythm.analyse_kept(*clip["kept"], rules, clip["chroma"], clip["rise"])
    tempi, share = rhythm.choose_tempo(clip["evidence"], rules)
    period = 60.0 * frontend.FPS / found.bpm
    frames = np.round(found.beats * frontend.FPS).astype(int)
    pulse = rhythm.pulse_features(clip["evidence"], period, frames)
    right = abs(found.bpm / clip["bpm"] - 1.0) < TOLERANCE
    reference = clip["true_beats"]
    f = mir_eval.beat.f_measure(reference, found.beats) if len(reference) > 4 else np.nan
    return {"path": clip["path"], "group": clip["group"], "found": found, "share": share, "pulse": pulse, "right": right, "f": f, "counts": clip["tempo_counts"],
            "tempo_x": rhythm.tempo_confidence_features(share, pulse), "beat_x": rhythm.beat_confidence_features(share, pulse, 0.0)}


def cross_validated(x, y, groups, fit):
    """Predictions for each row by a rule fitted on the other groups."""
    out = np.zeros(len(y))
    for group in sorted(set(groups)):
        inside = np.array([g == group for g in groups])
        rule = fit(x[~inside], y[~inside])
        out[inside] = [rhythm.logistic(rhythm.linear(row, rule)) for row in x[inside]]
    return out


def reliability(predicted, observed, edges=(0, 0.25, 0.5, 0.65, 0.8, 0.9, 1.0001)):
    """Lines: predicted range, clips, mean predicted, mean observed."""
    lines = []
    for low, high in zip(edges, edges[1:]):
        inside = (predicted >= low) & (predicted < high)
        if inside.any():
            lines.append(f"{low:.2f}-{min(high, 1):.2f}  {inside.sum():3d}  {predicted[inside].mean():.2f}  {observed[inside].mean():.2f}")
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("features", type=Path)
    parser.add_argument("weights", type=Path)
    parser.add_argument("rules", type=Path)
    parser.add_argument("--predictions", type=Path)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    weights = network.load_weights(options.weights)
    rows = read_index(options.features)
    with ProcessPoolExecutor(options.jobs) as pool:
        clips = list(pool.map(partial(examine, folder=options.features, weights=weights), rows))
        silent = np.array(list(pool.map(partial(silent_clip, weights=weights), range(NO_PULSE_CLIPS))))
        standard = standardisation(np.concatenate([clip["features"] for clip in clips]))
        groups = sorted({clip["group"] for clip in clips})
        rule_of = {g: fit_tempo([c for c in clips if c["group"] != g], standard) for g in groups}
        measured = list(pool.map(measure, clips, [rule_of[c["group"]] for c in clips]))

    rules = {"tempo": fit_tempo(clips, standard)}
    counted = [m for m in measured if m["counts"]]
    x, y = np.array([m["tempo_x"] for m in counted]), np.array([m["right"] for m in counted], float)
    print("tempo confidence, out of fold: range, clips, predicted, observed")
    print("\n".join(reliability(cross_validated(x, y, [m["group"] for m in counted], fit_logistic), y)))
    rules["tempo_confidence"] = fit_logistic(x, y)
    counted = [m for m in measured if np.isfinite(m["f"])]
    x, y = np.array([m["beat_x"] for m in counted]), np.array([m["f"] for m in counted])
    print("beat confidence, out of fold: range, clips, predicted, observed F70")
    print("\n".join(reliability(cross_validated(x, y, [m["group"] for m in counted], fit_logistic), y)))
    rules["beat_confidence"] = fit_logistic(x, y)
    x = np.concatenate([[m["pulse"] for m in measured], silent])
    y = np.concatenate([np.ones(len(measured)), np.zeros(len(silent))])
    names = [m["group"] for m in measured] + [f"none{i % len(NO_PULSE_KINDS)}" for i in range(len(silent))]
    balanced = partial(fit_logistic, balance=True)
    found = cross_validated(x, y, names, balanced)
    if options.predictions:
        write_predictions(options.predictions, measured, found)
        write_predictions(options.predictions.with_suffix(".forced.csv"), measured, np.ones(len(measured)))
    print(f"pulse, out of fold: seen in {np.mean(found[y == 1] >= rhythm.PULSE_THRESHOLD):.3f} of the music, {np.mean(found[y == 0] >= rhythm.PULSE_THRESHOLD):.3f} of the rest")
    print("  missed:", [m["path"] for m, p in zip(measured, found) if p < rhythm.PULSE_THRESHOLD], "claimed:", [NO_PULSE_KINDS[i % len(NO_PULSE_KINDS)] for i in np.flatnonzero(found[y == 0] >= rhythm.PULSE_THRESHOLD)])
    rules["pulse"] = balanced(x, y)
    print("tempo rule:", {n: round(w, 2) for n, w in zip(rhythm.FEATURES, rules["tempo"]["weights"])})
    print("pulse rule:", {n: round(w, 2) for n, w in zip(rhythm.PULSE_FEATURES, rules["pulse"]["weights"])})
    options.rules.write_text(json.dumps(rules, indent=1) + "\n")


def write_predictions(path, measured, pulse):
    """A predictions file: path, bpm, beats, downbeats; empty where the pulse is below the threshold."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["path", "bpm", "beats", "downbeats"])
        times = lambda t: " ".join(f"{v:.4f}" for v in t)
        for m, p in zip(measured, pulse):
            if p < rhythm.PULSE_THRESHOLD:
                writer.writerow([m["path"], "", "", ""])
                continue
            writer.writerow([m["path"], f"{m['found'].bpm:.4f}", times(m["found"].beats), times(m["found"].downbeats)])


if __name__ == "__main__":
    main()
