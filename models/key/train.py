"""Trains the chord and key models and writes their numbers as Rust constants.

    python train.py CLIPS FEATURES ../../src/feature/tonal/weights.rs

The grammar goes to grammar_weights.rs beside it.

CLIPS holds train/ and validation/ as written by render.py. Weights come from CLIPS/train alone
(rendered POP909, MIT), for the key from whole clips and their halves, songs whose key is doubtful
counting less. Four numbers (how much the learned key model, the two templates and a
bias for major count) are fitted on both CLIPS/train and the real music of FEATURES; what is
printed for FEATURES leaves the clip out that is scored. About five minutes, deterministic.
"""
import sys
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

import frontend
from frontend import FPS

QUALITIES = ["maj", "min", "7", "maj7", "min7", "dim", "sus4"]
QUALITY_OF = {"maj": 0, "min": 1, "7": 2, "maj7": 3, "min7": 4, "dim": 5, "hdim7": 5, "dim7": 5, "sus4": 6,
              "sus4(b7)": 6, "maj6": 0, "min6": 1}
CHORDS = 12 * len(QUALITIES)  # and one more: no chord
TRIAD_OF = [0, 1, 0, 0, 1, -1, -1]
FLATS = {"Db": 1, "Eb": 3, "Gb": 6, "Ab": 8, "Bb": 10, "Cb": 11, "Fb": 4, "E#": 5, "B#": 0}
CHORD_L2, KEY_L2, STACK_L2 = 1e-3, 0.02, 0.005
GRAMMAR_SCALE = 0.5  # smaller: the grammar is regularised more strongly than the profile
GRAMMAR_STEPS = 10_000
DOUBTFUL = 0.15  # weight of a song that does not end on the triad of its key
FOLDS = 8
REAL_SHARE = 0.5
TEMPLATE_SCALE = 6.0
STAY, KEY_FAVOUR = 0.4, 0.3
BGATE = [(1.00, 0.00, 0.42, 0.00, 0.53, 0.37, 0.00, 0.77, 0.00, 0.38, 0.21, 0.30),
         (1.00, 0.00, 0.36, 0.39, 0.00, 0.38, 0.00, 0.74, 0.27, 0.00, 0.42, 0.23)]


def log_softmax(x):
    x = x - x.max(axis=-1, keepdims=True)
    return x - np.log(np.exp(x).sum(axis=-1, keepdims=True))


def from_tonics(blocks):
    """[n, blocks, 12] -> [n, 12, blocks * 12]: the same, seen from each of the 12 tonics."""
    return np.stack([np.roll(blocks, -t, axis=2).reshape(len(blocks), -1) for t in range(12)], axis=1)


# ---- chords -------------------------------------------------------------------------------------

def chord_number(label):
    """root + 12 * quality, 84 for no chord, -1 for what is not told apart."""
    if label in ("N", "X"):
        return CHORDS if label == "N" else -1
    root, _, quality = label.partition(":")
    quality = QUALITY_OF.get((quality or "maj").split("/")[0], -1)
    root = root.split("/")[0]
    pitch = FLATS[root] if root in FLATS else frontend.NAMES.index(root)
    return pitch + 12 * quality if quality >= 0 else -1


def segments(chromas, beats):
    """Edges [n + 1] and mean chromas [n, 2, 12] (melody, bass) between beats; 0.5 s without beats."""
    frames = len(chromas["melody"])
    end = frames / FPS
    beats = np.asarray(beats) if len(beats) >= 4 else np.arange(0, end, 0.5)
    edges = np.r_[beats[beats < end - 0.05], end]
    edges = np.r_[0.0, edges] if edges[0] > 0.3 else edges
    out = []
    for start, stop in zip(edges[:-1], edges[1:]):
        first, last = int(np.ceil(start * FPS)), int(np.ceil(stop * FPS))
        if last <= first:
            first = min(int(round((start + stop) / 2 * FPS)), frames - 1)
            last = first + 1
        out.append([chromas[name][first:last].mean(axis=0) for name in ("melody", "bass")])
    return edges, np.array(out)


def chord_features(means):
    """[n, 12, 48]: (melody, bass, their roots), scaled to maximum 1, from every tonic."""
    scaled = means / (means.max(axis=2, keepdims=True) + 1e-9)
    return from_tonics(np.concatenate([scaled, np.sqrt(scaled)], axis=1))


def silence_features(means):
    """[n, 3]: 1 and the entropies of melody and bass."""
    shares = means / (means.sum(axis=2, keepdims=True) + 1e-9)
    return np.concatenate([np.ones((len(means), 1)), -(shares * np.log(shares + 1e-9)).sum(axis=2)], axis=1)


def chord_log_probabilities(model, means):
    weights, bias, none = model
    logits = (chord_features(means) @ weights.T).transpose(0, 2, 1) + bias[None, :, None]
    return log_softmax(np.concatenate([logits.reshape(len(means), CHORDS), (silence_features(means) @ none)[:, None]], axis=1))


def fit_chords(means, labels):
    features, silence = chord_features(means), silence_features(means)
    n, width, kinds = len(labels), features.shape[2], len(QUALITIES)
    kind = np.where(labels == CHORDS, kinds, labels // 12)
    share = np.bincount(kind, minlength=kinds + 1) / n
    importance = (1.0 / np.maximum(share, 0.004))[kind] ** 0.35  # rare qualities count a little more
    importance /= importance.sum()

    def unpack(p):
        cut = kinds * width
        return p[:cut].reshape(kinds, width), p[cut : cut + kinds], p[cut + kinds :]

    def loss_and_gradient(p):
        log_p = chord_log_probabilities(unpack(p), means)
        weights = unpack(p)[0]
        loss = -(importance * log_p[np.arange(n), labels]).sum() + CHORD_L2 * (weights**2).sum()
        error = np.exp(log_p)
        error[np.arange(n), labels] -= 1.0
        error *= importance[:, None]
        tonal = error[:, :CHORDS].reshape(n, kinds, 12)
        gradient = tonal.transpose(1, 0, 2).reshape(kinds, -1) @ features.reshape(-1, width) + 2 * CHORD_L2 * weights
        return loss, np.concatenate([gradient.ravel(), tonal.sum(axis=(0, 2)), silence.T @ error[:, CHORDS]])

    start = np.zeros(kinds * width + kinds + silence.shape[1])
    return unpack(minimize(loss_and_gradient, start, jac=True, method="L-BFGS-B", options={"maxiter": 80}).x)


def chord_clips(clips):
    out = []
    for chromas, labels in clips:
        edges, means = segments(chromas, labels["beats"])
        middle, truth = (edges[:-1] + edges[1:]) / 2, np.full(len(means), -1)
        for start, end, label in labels["chords"]:
            truth[(middle >= start) & (middle < end)] = chord_number(label)
        out.append((edges, means, truth, labels))
    return out


def fit_degrees(clips):
    """log P(chord relative to the tonic | mode) / P(quality): [2 modes, 85]."""
    counts = np.full((2, CHORDS + 1), 0.5)
    for _, _, truth, labels in clips:
        if len(labels["keys"]) == 1:
            key = frontend.key_number(labels["keys"][0][2])
            for chord in truth[truth >= 0]:
                relative = CHORDS if chord == CHORDS else chord // 12 * 12 + (chord % 12 - key % 12) % 12
                counts[key // 12, relative] += 1
    shares = counts / counts.sum(axis=1, keepdims=True)
    overall = counts.sum(axis=0)
    overall = np.r_[np.repeat(overall[:CHORDS].reshape(-1, 12).sum(axis=1) / 12, 12), overall[CHORDS]]
    return np.log(shares / (overall / overall.sum()))


def in_key(degrees, key):
    """[85] of `degrees` for a key 0..23."""
    row = degrees[key // 12]
    return np.r_[np.roll(row[:CHORDS].reshape(-1, 12), key % 12, axis=1).ravel(), row[CHORDS]]


def decode(log_p, favour):
    """Viterbi: a chord stays with STAY, else the next is drawn from softmax(favour)."""
    prior = log_softmax(favour)
    best, back = log_p[0] + prior, np.zeros(log_p.shape, int)
    for i in range(1, len(log_p)):
        source = best.argmax()
        stay, change = best + np.log(STAY), best[source] + np.log(1 - STAY) + prior
        back[i] = np.where(stay >= change, np.arange(len(best)), source)
        best = np.maximum(stay, change) + log_p[i]
    path = [int(best.argmax())]
    for i in range(len(log_p) - 1, 0, -1):
        path.append(int(back[i, path[-1]]))
    return np.array(path[::-1])


def triads(chords):
    triad = np.array(TRIAD_OF + [24])[np.minimum(chords // 12, len(QUALITIES))]
    return np.where(chords < 0, -1, np.where(chords >= CHORDS, 24, np.where(triad < 0, -1, triad * 12 + chords % 12)))


def wcsr(clips, paths):
    right = total = 0.0
    for (edges, _, truth, _), path in zip(clips, paths):
        length, known = np.diff(edges), triads(truth) >= 0
        right += (length * (triads(path) == triads(truth)))[known].sum()
        total += length[known].sum()
    return 100 * right / total


# ---- keys ---------------------------------------------------------------------------------------

def pieces(chromas, chord_model):
    """Probabilities of major and minor triads [n, 24] in the audible pieces of 3 frames (0.6 s)."""
    frames = len(chromas["melody"]) // 3 * 3
    means = np.stack([chromas[name][:frames].reshape(-1, 3, 12).mean(axis=1) for name in ("melody", "bass")], axis=1)
    means = means[chromas["audible"][:frames].reshape(-1, 3).any(axis=1)]
    if len(means) == 0:
        return np.zeros((0, 24))
    kinds = np.exp(chord_log_probabilities(chord_model, means))[:, :CHORDS].reshape(len(means), -1, 12)
    return np.concatenate([kinds[:, [0, 2, 3]].sum(axis=1), kinds[:, [1, 4]].sum(axis=1)], axis=1)


def moves(triads):
    """[24, 24]: how often one triad gives way to another, of all such moves, times 24."""
    counts = triads[:-1].T @ triads[1:]
    np.fill_diagonal(counts, 0.0)
    return 24 * counts / (counts.sum() + 1e-9)


def summary(chromas, chord_model):
    """What the key model hears of a track: (blocks [6, 12], moves [24, 24], two template chromas)."""
    audible = chromas["audible"]
    melody, wide = chromas["melody"][audible], chromas["wide"][audible]
    last = melody[-max(len(melody) // 6, 1) :]
    triads = pieces(chromas, chord_model)
    histogram = triads.sum(axis=0).reshape(2, 12)
    histogram = 12 * histogram / (histogram.sum() + 1e-9)
    share = lambda c: 12 * c / (c.sum() + 1e-9)
    blocks = [share(melody.mean(axis=0)) - 1, np.sqrt(share(melody.mean(axis=0))) - 1,
              np.sqrt(histogram[0]) - 0.6, np.sqrt(histogram[1]) - 0.6,
              share(last.mean(axis=0)) - 1, np.sqrt(share(last.mean(axis=0))) - 1]
    return np.array(blocks), moves(triads), melody.mean(axis=0), wide.mean(axis=0)


def template_scores(chroma):
    standard = lambda x: (np.asarray(x) - np.mean(x)) / (np.std(x) + 1e-9)
    return np.array([np.mean(standard(chroma) * np.roll(standard(t), tonic)) for t in BGATE for tonic in range(12)])


def profile_views(summaries):
    """[n, 12, 72 + 576]: blocks and moves seen from each tonic."""
    blocks = from_tonics(np.array([s[0] for s in summaries]))
    moves = GRAMMAR_SCALE * np.array([s[1] for s in summaries]).reshape(-1, 2, 12, 2, 12)
    turned = [np.roll(moves, (-t, -t), axis=(2, 4)).reshape(len(moves), -1) for t in range(12)]
    return np.concatenate([blocks, np.stack(turned, axis=1)], axis=2)


def profile_logits(views, weights, bias):
    return np.concatenate([views @ weights[0] + bias, views @ weights[1]], axis=1)


def fit_profile(views, labels, importance):
    width = views.shape[2]
    rows = views.reshape(-1, width)

    def loss_and_gradient(p):
        weights = p[:-1].reshape(2, width)
        log_p = log_softmax(profile_logits(views, weights, p[-1]))
        error = np.exp(log_p)
        error[np.arange(len(labels)), labels] -= 1.0
        error *= importance[:, None]
        gradient = [half.ravel() @ rows + 2 * KEY_L2 * w for half, w in zip((error[:, :12], error[:, 12:]), weights)]
        loss = -(importance * log_p[np.arange(len(labels)), labels]).sum()
        return loss + KEY_L2 * (weights**2).sum(), np.r_[gradient[0], gradient[1], error[:, :12].sum()]

    p = minimize(loss_and_gradient, np.zeros(2 * width + 1), jac=True, method="L-BFGS-B").x
    return p[:-1].reshape(2, width), p[-1]


def unheard(views, labels, importance, songs):
    """Logits of clips by profiles that were fitted without their songs."""
    logits, fold = np.empty((len(labels), 24)), songs % FOLDS
    for part in range(FOLDS):
        keep = fold != part
        profile = fit_profile(views[keep], labels[keep], importance[keep] / importance[keep].sum())
        logits[~keep] = profile_logits(views[~keep], *profile)
    return logits


def components(summaries, learned):
    """[n, 4, 24]: what the stack weighs."""
    templates = [TEMPLATE_SCALE * np.array([template_scores(s[i]) for s in summaries]) for i in (2, 3)]
    major = np.tile(np.r_[np.ones(12), np.zeros(12)], (len(summaries), 1))
    return np.stack([learned, *templates, major], axis=1)


def fit_stack(parts, labels, importance):
    def loss_and_gradient(a):
        log_p = log_softmax(np.einsum("c,nck->nk", a, parts))
        error = np.exp(log_p)
        error[np.arange(len(labels)), labels] -= 1.0
        loss = -(importance * log_p[np.arange(len(labels)), labels]).sum() + STACK_L2 * (a**2).sum()
        return loss, np.einsum("n,nk,nck->c", importance, error, parts) + 2 * STACK_L2 * a

    return minimize(loss_and_gradient, np.full(4, 0.3), jac=True, method="L-BFGS-B").x


def mirex(truth, heard):
    if truth == heard:
        return 1.0
    if truth // 12 == heard // 12:
        return 0.5 if (heard - truth) % 12 == 7 else 0.0
    step = (heard % 12 - truth % 12) % 12
    return 0.3 if step == (9 if truth < 12 else 3) else 0.2 if step == 0 else 0.0


def key_scores(log_p, labels):
    best = log_p.argmax(axis=1)
    weighted = 100 * np.mean([mirex(t, h) for t, h in zip(labels, best)])
    return f"weighted {weighted:.1f} exact {100 * np.mean(best == labels):.1f} n {len(labels)}"


def main_key(labels):
    """The key of a clip if it holds for four fifths of it."""
    rows = labels["keys"]
    longest = max(rows, key=lambda row: row[1] - row[0], default=None)
    length = sum(row[1] - row[0] for row in rows)
    if longest is None or longest[1] - longest[0] < max(0.8 * length, 20.0):
        return None
    return frontend.key_number(longest[2])


def piece_of(clip, part, parts):
    chromas, labels = clip
    frames = len(chromas["melody"])
    return {name: values[frames * part // parts : frames * (part + 1) // parts] for name, values in chromas.items()}, labels


def keyed(clips, chord_model, parts=1):
    """(summaries, keys, whether the song ends on the triad of its key, numbers of the songs) of equal parts."""
    clips = [piece_of(clip, part, parts) for clip in clips for part in range(parts) if main_key(clip[1]) is not None]
    array = lambda of: np.array([of(labels) for _, labels in clips])
    return ([summary(chromas, chord_model) for chromas, _ in clips], array(main_key),
            array(lambda labels: labels["ends_on_tonic"]), array(lambda labels: int(labels["song"])))


def report_keys(name, log_p, labels, certain=None):
    line = f"  {name:34s} {key_scores(log_p, labels)}"
    print(line if certain is None else f"{line}   ending on the triad of the key: {key_scores(log_p[certain], labels[certain])}")


# ---- output -------------------------------------------------------------------------------------

def rust_array(name, values, doc):
    values = np.asarray(values, dtype=float)
    shape = "f32"
    for size in reversed(values.shape):
        shape = f"[{shape}; {size}]"
    body = np.array2string(values, separator=", ", threshold=10**9, max_line_width=96, formatter={"float": lambda v: f"{v:.5f}"})
    return f"/// {doc}\npub(super) const {name}: {shape} = {body};\n"


def rust_grammar(grammar):
    rows = np.rint(grammar * GRAMMAR_STEPS).astype(int).tolist()
    text = "//! Numbers of the grammar of triads; written by `models/key/train.py`, not by hand.\n\n"
    text += f"/// Steps of one in `GRAMMAR`.\npub(super) const STEPS: f32 = {GRAMMAR_STEPS:.1f};\n\n"
    text += "/// Per mode of the key: for each move from a triad (major, minor; degree) to another, in steps.\n"
    nested = np.array(rows).reshape(2, 2, 12, 2, 12).tolist()
    return text + f"pub(super) const GRAMMAR: [[[[[i16; 12]; 2]; 12]; 2]; 2] = {nested};\n"


def main():
    folder, features, output = map(Path, sys.argv[1:4])
    train, validation = frontend.rendered(folder / "train"), frontend.rendered(folder / "validation")
    real = frontend.real(features)

    chord_train, chord_valid = chord_clips(train), chord_clips(validation)
    means = np.concatenate([c[1] for c in chord_train])
    truth = np.concatenate([c[2] for c in chord_train])
    chord_model = fit_chords(means[truth >= 0], truth[truth >= 0])
    degrees = fit_degrees(chord_train)
    log_p = [chord_log_probabilities(chord_model, c[1]) for c in chord_valid]
    print(f"chords: {len(train)} training clips; validation ({len(validation)} clips) maj/min WCSR")
    print(f"  frame by frame {wcsr(chord_valid, [p.argmax(axis=1) for p in log_p]):.1f}")
    print(f"  Viterbi        {wcsr(chord_valid, [decode(p, np.zeros(85)) for p in log_p]):.1f}")
    favours = [np.array([np.exp(p).mean(axis=0) @ in_key(degrees, k) for k in range(24)]).argmax() for p in log_p]
    print(f"  key favoured   {wcsr(chord_valid, [decode(p, KEY_FAVOUR * in_key(degrees, k)) for p, k in zip(log_p, favours)]):.1f}")

    whole, halves = keyed(train, chord_model), keyed(train, chord_model, parts=2)
    heard, labels, certain, songs = (whole[0] + halves[0], *(np.concatenate([a, b]) for a, b in zip(whole[1:], halves[1:])))
    importance = np.where(certain, 1.0, DOUBTFUL) * np.r_[np.ones(len(whole[0])), np.full(len(halves[0]), 0.5)]
    importance /= importance.sum()
    views = profile_views(heard)
    profile = fit_profile(views, labels, importance)
    parts_train = components(heard, unheard(views, labels, importance, songs))
    parts = lambda summaries: components(summaries, profile_logits(profile_views(summaries), *profile))
    real_labels = np.array([frontend.key_number(r["key"]) for _, r in real])
    parts_real = parts([summary(c, chord_model) for c, _ in real])

    def stack_without(clip):
        keep = np.arange(len(real_labels)) != clip
        shares = np.r_[np.full(keep.sum(), REAL_SHARE / keep.sum()), (1 - REAL_SHARE) * importance]
        return fit_stack(np.concatenate([parts_real[keep], parts_train]), np.r_[real_labels[keep], labels], shares)

    stack = stack_without(-1)
    apply = lambda a, p: log_softmax(np.einsum("c,nck->nk", a, p))
    left_out = np.array([apply(stack_without(i), parts_real[i : i + 1])[0] for i in range(len(real_labels))])
    print(f"keys: stack {np.round(stack, 3)} (learned, template melody, template wide, major); {len(whole[0])} training clips in one key")
    for index, name in ((1, "bgate, melody chroma"), (2, "bgate, wide chroma"), (0, "learned alone")):
        report_keys(f"{name}, real", parts_real[:, index], real_labels)
    report_keys("stack, real, the clip left out", left_out, real_labels)
    print(f"  mean log likelihood of the real clips left out: {left_out[np.arange(len(left_out)), real_labels].mean():.3f}")
    count = len(whole[0])
    report_keys("learned, training songs left out", parts_train[:count, 0], labels[:count], certain[:count])
    report_keys("stack, training songs left out", apply(stack, parts_train)[:count], labels[:count], certain[:count])
    for name, clips, cuts in (("60 s", validation, 1), ("30 s", validation, 2), ("whole songs", frontend.rendered(folder / "full"), 1)):
        summaries, truth, sure, _ = keyed(clips, chord_model, cuts)
        found = parts(summaries)
        report_keys(f"learned, validation, {name}", found[:, 0], truth, sure)
        report_keys(f"stack, validation, {name}", apply(stack, found), truth, sure)
    blocks = profile[0][:, :72]
    grammar = GRAMMAR_SCALE * profile[0][:, 72:]
    np.savez(folder / "models.npz", chord_weights=chord_model[0], chord_bias=chord_model[1], none=chord_model[2], degrees=degrees,
             profile=blocks, grammar=grammar, profile_bias=profile[1], stack=stack)

    text = "//! Numbers of the chord and key models; written by `models/key/train.py`, not by hand.\n\n"
    text += rust_array("CHORD_WEIGHTS", chord_model[0].reshape(7, 4, 12), "Per quality: melody, bass and their square roots, root of the chord first.")
    text += rust_array("CHORD_BIAS", chord_model[1], "Per quality.")
    text += rust_array("NO_CHORD", chord_model[2], "Constant, entropy of the melody, entropy of the bass.")
    text += rust_array("DEGREES", degrees[:, :CHORDS].reshape(2, 7, 12), "Per mode and quality: log of how much likelier a chord on this degree is than elsewhere.")
    text += rust_array("NO_CHORD_DEGREE", degrees[:, CHORDS], "The same for no chord.")
    text += rust_array("PROFILE", blocks.reshape(2, 6, 12), "Per mode: the blocks of `key_model`, tonic first.")
    text += rust_array("PROFILE_MAJOR", profile[1], "Bias of major in the profile.").replace("[f32; 0]", "f32")
    text += rust_array("STACK", stack, "Weights of profile, template (melody), template (wide) and major.")
    output.write_text(text)
    output.with_name("grammar_weights.rs").write_text(rust_grammar(grammar))


if __name__ == "__main__":
    main()
