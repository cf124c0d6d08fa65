"""Renders the training and held-out clips and stores features with labels, one .npz a clip.

    python make_data.py POP909_DIR FREEDOOM_DIR OUTPUT_DIR --soundfont FluidR3_GM.sf2 [--jobs 2]

A clip depends only on its name, so runs can be interrupted and repeated. Stored: mel
(log-mel f16 [frames, 40]), chroma (held-out clips only), beats, downbeats [s], flags. Audio is never kept.
"""
import argparse
import zlib
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np

import arrange
import compose
import frontend
import harmony
import sound

NO_PULSE = ("noise", "tone", "drone", "speech", "rain", "silence", "pad", "speech")


def plan(pop909, freedoom, counts):
    """List of (split, name, source): what to render, interleaved so that any prefix is a fair mix."""
    jobs = []
    train, held = arrange.songs_of(pop909, False), arrange.songs_of(pop909, True)
    order = np.random.default_rng(7)
    order.shuffle(train)
    order.shuffle(held)
    for i in range(counts["train_pop909"]):
        jobs.append((i / counts["train_pop909"], "train", f"pop{i:04d}", ("pop909", train[i % len(train)], i // len(train))))
    for i in range(counts["train_own"]):
        jobs.append((i / counts["train_own"], "train", f"own{i:04d}", ("own", i)))
    doom = sorted(Path(freedoom).glob("*.mid"))
    for i, path in enumerate(doom):
        jobs.append((i / len(doom), "train", f"doom{i:04d}", ("freedoom", path, 0)))
    for i in range(counts["train_none"]):
        jobs.append((i / counts["train_none"], "train", f"none{i:04d}", ("none", i)))
    for i in range(counts["held_pop909"]):
        jobs.append((0.3 + 0.1 * i / counts["held_pop909"], "held", f"pop{i:04d}", ("pop909", held[i % len(held)], 0)))
    for i in range(counts["held_own"]):
        jobs.append((0.3 + 0.1 * i / counts["held_own"], "held", f"own{i:04d}", ("own", 100_000 + i)))
    return [job[1:] for job in sorted(jobs, key=lambda job: job[0])]


def make_piece(source, split):
    """The Piece of a source, None if unusable."""
    if source[0] == "pop909":
        return arrange.arrange_pop909(source[1], f"{split}{source[2]}")
    if source[0] == "freedoom":
        return arrange.arrange_freedoom(source[1], source[2])
    return compose.compose(source[1])


def make_clip(job, output, soundfont):
    """Renders one clip unless it is there; returns a line of report."""
    split, name, source = job
    target = Path(output) / split / f"{name}.npz"
    if target.exists():
        return None
    seed = zlib.crc32(f"{split}/{name}".encode())
    if source[0] == "none":
        kind = NO_PULSE[source[1] % len(NO_PULSE)]
        samples = sound.no_pulse(kind, seed, compose.CLIP_S)
        piece = compose.Piece(f"none_{kind}", [], np.zeros(0), np.zeros(0, bool), 0, False)
    else:
        piece = make_piece(source, split)
        if piece is None or len(piece.beats) < 8:
            return f"{name}: skipped"
        samples = sound.render(piece, soundfont, seed, compose.CLIP_S)
    target.parent.mkdir(parents=True, exist_ok=True)
    chroma = harmony.chroma(harmony.tonal_frames(samples)) if split == "held" else np.zeros((0, 24))
    np.savez_compressed(
        target, mel=frontend.log_mel(samples).astype(np.float16), chroma=chroma.astype(np.float16), beats=piece.beats,
        downbeats=piece.beats[piece.bar_starts],
        style=piece.style, beats_per_bar=piece.beats_per_bar, constant=piece.constant, bars_known=piece.bars_known)
    return f"{name}: {piece.style}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pop909", type=Path)
    parser.add_argument("freedoom", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--soundfont", type=Path, required=True)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--limit", type=int)
    options = parser.parse_args()
    counts = {"train_pop909": 420, "train_own": 700, "train_none": 48, "held_pop909": 60, "held_own": 80}
    jobs = plan(options.pop909, options.freedoom, counts)[: options.limit]
    with ProcessPoolExecutor(options.jobs) as pool:
        work = partial(make_clip, output=options.output, soundfont=options.soundfont)
        for done, line in enumerate(pool.map(work, jobs), 1):
            if done % 50 == 0:
                print(done, "of", len(jobs), line, flush=True)


if __name__ == "__main__":
    main()
