"""Trains the beat network on rendered features (see make_data.py) and writes beat.bin.

    python train.py DATA_DIR OUTPUT.bin --steps 6000 --seed 0

Augmentation acts on the log-mel frames and stands in for recordings we do not have:
time stretch, band shift, gain, equaliser, noise floor, dynamics, gaps.
"""
import argparse
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn

import network
from frontend import BANDS, COMPRESSION, FPS

EXCERPT = 1000  # frames; 20 s
BATCH = 8
TARGET_WIDTH = 0.8  # frames; standard deviation of the target around the exact time
BEAT_WEIGHT, DOWNBEAT_WEIGHT = 4.0, 6.0  # added weight of a positive frame: they are rare
LAST_RATE = 3e-5
AVERAGED = 0.15  # share of the steps, at the end, whose weights are averaged


class BeatNet(nn.Module):
    """The network of network.py with dropout between the two convolutions of a block."""

    def __init__(self, channels, dropout=0.1):
        super().__init__()
        conv = lambda i, o, taps, d=1: nn.Conv1d(i, o, taps, padding=taps // 2 * d, dilation=d)
        self.stem = conv(2 * BANDS, channels, network.STEM_TAPS)
        self.wide = nn.ModuleList(conv(channels, channels, network.BLOCK_TAPS, d) for d in network.DILATIONS)
        self.point = nn.ModuleList(conv(channels, channels, 1) for _ in network.DILATIONS)
        self.head = conv(channels, 2, 1)
        self.drop = nn.Dropout1d(dropout)
        self.act = nn.ELU()

    def forward(self, x):
        """Logits [batch, 2, frames] of inputs [batch, 80, frames]."""
        x = self.act(self.stem(x))
        for wide, point in zip(self.wide, self.point):
            x = x + point(self.drop(self.act(wide(x))))
        return self.head(self.act(x))

    def export(self):
        """The weights by the names of network.py, kernels as [taps, in, out]."""
        layers = {"stem": self.stem}
        for number, (wide, point) in enumerate(zip(self.wide, self.point)):
            layers |= {f"block{number}.wide": wide, f"block{number}.point": point}
        layers["head"] = self.head
        weights = {}
        for name, layer in layers.items():
            weights[f"{name}.kernel"] = layer.weight.detach().numpy().transpose(2, 1, 0).copy()
            weights[f"{name}.bias"] = layer.bias.detach().numpy().copy()
        return weights


def load_clips(folder):
    """List of dictionaries with mel, beats, downbeats, bars_known, style."""
    clips = []
    for path in sorted(Path(folder).glob("*.npz")):
        with np.load(path) as stored:
            clips.append({name: stored[name] for name in stored.files})
    return clips


def resample(mel, speed):
    """Frames read at `speed` frames a frame, linear in the log domain."""
    at = np.arange(0, len(mel) - 1, speed)
    low = at.astype(int)
    part = (at - low)[:, None].astype(np.float32)
    return mel[low] * (1 - part) + mel[low + 1] * part


def shift_bands(mel, bands):
    """Moves the spectrum up (positive) or down by whole bands; the edge repeats, damped."""
    if bands == 0:
        return mel
    source = np.clip(np.arange(BANDS) - bands, 0, BANDS - 1)
    return mel[:, source]


def colour(mel, rng):
    """Gain, equaliser, noise floor and tilt of dynamics, on magnitudes."""
    knots = np.interp(np.arange(BANDS), np.linspace(0, BANDS - 1, 6), rng.normal(0, 0.28, 6))
    magnitude = np.expm1(mel) * 10.0 ** (knots + rng.uniform(-0.8, 0.7)).astype(np.float32)
    if rng.random() < 0.3:
        floor = 10.0 ** rng.uniform(-1.5, 0.8) * np.exp(rng.normal(0, 0.5, BANDS))
        magnitude = magnitude + (floor * rng.exponential(1.0, mel.shape)).astype(np.float32)
    return np.log1p(magnitude)


def augmented(clip, rng):
    """Log-mel and label times of an altered random excerpt."""
    speed = 2.0 ** rng.uniform(-0.3, 0.3) if rng.random() < 0.55 else 1.0
    need = int(EXCERPT * speed) + 3
    mel = clip["mel"]
    start = rng.integers(0, max(1, len(mel) - need + 1))
    mel = resample(mel[start : start + need].astype(np.float32), speed)[:EXCERPT]
    mel = colour(shift_bands(mel, rng.integers(-2, 3)), rng)
    if rng.random() < 0.1:  # a gap, as when everything pauses: the beat goes on
        at = rng.integers(0, EXCERPT - 100)
        mel[at : at + rng.integers(20, 100)] *= rng.uniform(0.0, 0.5)
    times = [(clip[name] * FPS - start) / speed for name in ("beats", "downbeats")]
    return mel, times


def target(times, frames):
    """Bell of width TARGET_WIDTH around each fractional frame, [frames]."""
    out = np.zeros(frames + 16, np.float32)
    for time_ in times[(times > -3) & (times < frames + 3)]:
        at = np.arange(int(np.round(time_)) - 3, int(np.round(time_)) + 4)
        out[at + 8] = np.maximum(out[at + 8], np.exp(-0.5 * ((at - time_) / TARGET_WIDTH) ** 2))
    return out[8:-8]


def batch_of(clips, rng):
    """Inputs [BATCH, 80, EXCERPT], targets and weights [BATCH, 2, EXCERPT]."""
    x = np.zeros((BATCH, 2 * BANDS, EXCERPT), np.float32)
    y, w = np.zeros((BATCH, 2, EXCERPT), np.float32), np.zeros((BATCH, 2, EXCERPT), np.float32)
    for i in range(BATCH):
        clip = clips[rng.integers(len(clips))]
        mel, times = augmented(clip, rng)
        n = len(mel)
        x[i, :, :n] = network.network_input(mel).T
        for row in range(2):
            y[i, row, :n] = target(times[row], n)
        w[i, 0, :n] = 1.0 + BEAT_WEIGHT * y[i, 0, :n]
        w[i, 1, :n] = (1.0 + DOWNBEAT_WEIGHT * y[i, 1, :n]) * bool(clip["bars_known"])
    return torch.from_numpy(x), torch.from_numpy(y), torch.from_numpy(w)


def loss_of(model, batch):
    x, y, w = batch
    entropy = nn.functional.binary_cross_entropy_with_logits(model(x), y, reduction="none")
    return (entropy * w).mean()


def synchronise(model, workers):
    """Averages the gradients of all worker processes."""
    if workers == 1:
        return
    gradient = torch.cat([p.grad.flatten() for p in model.parameters()])
    torch.distributed.all_reduce(gradient)
    at = 0
    for p in model.parameters():
        p.grad.copy_(gradient[at : at + p.numel()].view_as(p) / workers)
        at += p.numel()


def train(rank, options):
    """One worker: `steps` batches, cosine rate, weights averaged over the last AVERAGED share."""
    torch.set_num_threads(1)
    if options.workers > 1:
        torch.distributed.init_process_group("gloo", init_method=f"file://{options.output}.sync", rank=rank, world_size=options.workers)
    clips = load_clips(options.data / "train")
    torch.manual_seed(options.seed)  # the same initial weights in every worker
    model = BeatNet(options.channels)
    if options.init:
        model.load_state_dict(torch.load(options.init))
    torch.manual_seed(1000 * options.seed + rank)
    rng = np.random.default_rng([options.seed, rank])
    optimiser = torch.optim.AdamW(model.parameters(), lr=options.rate, weight_decay=1e-3)
    started, losses, average, averaged = time.time(), [], None, 0
    for step in range(options.steps):
        share = step / options.steps
        rate = LAST_RATE + (options.rate - LAST_RATE) * 0.5 * (1 + np.cos(np.pi * share))
        for group in optimiser.param_groups:
            group["lr"] = rate * min(1.0, (step + 1) / 100)
        loss = loss_of(model, batch_of(clips, rng))
        optimiser.zero_grad()
        loss.backward()
        synchronise(model, options.workers)
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        losses.append(loss.item())
        if share >= 1.0 - AVERAGED:
            averaged += 1
            state = {k: v.detach().clone() for k, v in model.state_dict().items()}
            average = state if average is None else {k: average[k] + (state[k] - average[k]) / averaged for k in state}
        if rank == 0 and (step + 1) % 250 == 0:
            print(f"step {step + 1} of {options.steps}: loss {np.mean(losses[-250:]):.4f}, {time.time() - started:.0f} s", flush=True)
            save(model, average, options.output)
    if rank == 0:
        save(model, average, options.output)
        report(model, load_clips(options.data / "held"))


def save(model, average, output):
    """Writes the averaged weights (the current ones before there is an average)."""
    state = {k: v.detach().clone() for k, v in model.state_dict().items()}
    model.load_state_dict(average or state)
    network.save_weights(output, model.export())
    torch.save(model.state_dict(), f"{output}.pt")
    model.load_state_dict(state)


def report(model, held):
    """Prints the loss on clips that were not trained on."""
    model.load_state_dict(model.state_dict())
    model.eval()
    rng = np.random.default_rng(1)
    with torch.no_grad():
        print("held-out loss", np.mean([loss_of(model, batch_of(held, rng)).item() for _ in range(40)]))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--steps", type=int, default=6000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--channels", type=int, default=32)
    parser.add_argument("--rate", type=float, default=3e-3, help="highest learning rate")
    parser.add_argument("--workers", type=int, default=2, help="processes; the batch is this times 8")
    parser.add_argument("--init", type=Path, help="weights to start from (.pt)")
    options = parser.parse_args()
    options.output = options.output.resolve()
    Path(f"{options.output}.sync").unlink(missing_ok=True)
    if options.workers == 1:
        train(0, options)
    else:
        torch.multiprocessing.spawn(train, (options,), options.workers)


if __name__ == "__main__":
    main()
