"""Turns spectral clips (npz) into poor audio, so that other programs can be compared on them. Do not pass the result on.

    python benches/spectra_to_audio.py CLIPS_FOLDER OUT_FOLDER [--seconds 30]

Writes ID.wav, 22 050 Hz, mono, up to 8 kHz: the 40 mel bands give the envelope of every 20 ms, the fine spectra of
every 200 ms the partials below 2.1 kHz within it, and the phases are those that fit best (Griffin & Lim, IEEE
Trans. ASSP 32, 1984). Pitch above 2.1 kHz, stereo and everything above 8 kHz are gone.
"""
import argparse
from pathlib import Path

import numpy as np
from scipy.fft import irfft, rfft
from scipy.io import wavfile

RATE, WINDOW, HOP = 22_050, 2048, 441
BINS, BANDS = WINDOW // 2 + 1, 40
TONAL_BINS = np.arange(18, 782) * RATE / 8192
ROUNDS = 24


def mel_bank():
    """Triangles of height 1, [40, 1025], as in the front end of the clips."""
    top = lambda hz: 2595 * np.log10(1 + hz / 700)
    edges = 700 * (10 ** (np.linspace(top(30), top(8000), BANDS + 2) / 2595) - 1)
    hz = np.arange(BINS) * RATE / WINDOW
    low, centre, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    return np.maximum(0, np.minimum((hz - low) / (centre - low), (high - hz) / (high - centre)))


def magnitudes(rhythm, tonal, bank):
    """Linear magnitudes [frames, 1025] whose mel bands are those of `rhythm`."""
    bands = np.expm1(rhythm.astype(np.float32)) / 1000
    fine = np.expm1(tonal.astype(np.float32)) / 1000
    nearest = np.abs(np.arange(BINS)[:, None] * RATE / WINDOW - TONAL_BINS).argmin(1)
    known = np.arange(BINS) * RATE / WINDOW < TONAL_BINS[-1]
    at = np.minimum(np.round(np.arange(len(bands)) * 0.1).astype(int), len(fine) - 1)
    shape = np.where(known, fine[:, nearest] + 1e-6, 1.0).astype(np.float32)[at]
    # A few multiplicative rounds (non-negative deconvolution) bring the bands where they belong.
    bank = bank.astype(np.float32)
    for _ in range(6):
        shape = shape * ((bands / (shape @ bank.T + 1e-9)) @ bank) / (bank.sum(0) + 1e-6)
    return shape


def resynthesise(shape, rng):
    window = np.hanning(WINDOW + 1)[:-1].astype(np.float32)
    frames = len(shape)
    length = (frames - 1) * HOP + WINDOW
    index = np.arange(frames)[:, None] * HOP + np.arange(WINDOW)

    def overlap(pieces):
        out = np.zeros(length, np.float32)
        for start, piece in zip(range(0, length, HOP), pieces):
            out[start:start + WINDOW] += piece
        return out

    weight = overlap(np.broadcast_to(window**2, (frames, WINDOW))) + 1e-3
    shape = shape * (WINDOW / 4)
    spectrum = shape * np.exp(2j * np.pi * rng.random(shape.shape, np.float32)).astype(np.complex64)
    for _ in range(ROUNDS):
        signal = overlap(irfft(spectrum, WINDOW).astype(np.float32) * window) / weight
        found = rfft(signal[index] * window)
        spectrum = shape * found / (np.abs(found) + 1e-9)
    return signal[WINDOW // 2:-WINDOW // 2]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clips", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seconds", type=float, default=30)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    bank = mel_bank()
    for number, path in enumerate(sorted(options.clips.glob("*.npz"))):
        with np.load(path, allow_pickle=False) as clip:
            count = int(options.seconds * 50)
            shape = magnitudes(clip["rhythm"][:count], clip["tonal"][:count // 10 + 1], bank)
        signal = resynthesise(shape, np.random.default_rng(number))
        wavfile.write(options.out / f"{path.stem}.wav", RATE, signal.astype(np.float32))


if __name__ == "__main__":
    main()
