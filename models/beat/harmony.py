"""Chroma for finding bar starts: whole and bass, 5 frames a second, from mono samples at 22 050 Hz.

Front end: Hann window of 8192 samples, hop 4410, frame k centred on sample 4410 k,
magnitudes times 2 / sum of the window, ln(1 + 1000 A) of bins 18..781 (48.4-2102 Hz).
The program may use the chroma it computes for key and chords instead.
"""
import numpy as np

from frontend import RATE_HZ

WINDOW, HOP = 8192, 4410
FPS = RATE_HZ / HOP  # 5
FIRST_BIN, LAST_BIN = 18, 781
HZ = np.arange(FIRST_BIN, LAST_BIN + 1) * RATE_HZ / WINDOW
PITCH_CLASS = np.round(69 + 12 * np.log2(HZ / 440.0)).astype(int) % 12
WHITEN_BINS = 31  # +-40 Hz
RANGES_HZ = ((100.0, 1100.0), (50.0, 220.0))  # whole, bass


def tonal_frames(samples):
    """Log spectrum, float32 [frames, 764], 5 frames a second."""
    samples = np.asarray(samples, np.float32)
    frames = -(-len(samples) // HOP)
    padded = np.pad(samples, (WINDOW // 2, WINDOW))
    hann = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)).astype(np.float32)
    out = np.empty((frames, len(HZ)), np.float32)
    for k in range(frames):
        spectrum = np.abs(np.fft.rfft(padded[k * HOP : k * HOP + WINDOW] * hann))
        out[k] = spectrum[FIRST_BIN : LAST_BIN + 1] * (2.0 / hann.sum())
    return np.log1p(1000.0 * out)


def chroma(frames):
    """Whole and bass chroma, float32 [frames, 24], of log spectra [frames, 764]."""
    kernel = np.ones(WHITEN_BINS) / WHITEN_BINS
    local = np.apply_along_axis(lambda row: np.convolve(row, kernel, "same"), 1, frames)
    peaks = np.maximum(0.0, frames - local)
    out = np.zeros((len(frames), 24), np.float32)
    for part, (low, high) in enumerate(RANGES_HZ):
        for pitch in range(12):
            out[:, 12 * part + pitch] = peaks[:, (HZ >= low) & (HZ < high) & (PITCH_CLASS == pitch)].sum(axis=1)
    return out


def beat_chroma(chroma_frames, times):
    """Mean chroma [beats, 24] from each beat [s] to the next; the nearest frame where none lies between."""
    ends = np.append(times[1:], 2 * times[-1] - times[-2])
    out = np.empty((len(times), chroma_frames.shape[1]))
    for i, (start, end) in enumerate(zip(times, ends)):
        first, last = int(np.ceil(start * FPS)), int(np.ceil(end * FPS))
        if last <= first:
            first = int(round(0.5 * (start + end) * FPS))
            last = first + 1
        first = min(max(0, first), len(chroma_frames) - 1)
        out[i] = chroma_frames[first : max(first + 1, last)].mean(axis=0)
    return out


def change(chroma_frames, times):
    """Harmonic change [beats] at each beat [s]: cosine distance of the two beats before and after, whole and bass.

    Each of the two is standardised over the recording, limited to +-3, and they are averaged.
    """
    beats = beat_chroma(chroma_frames, times)
    total = np.zeros(len(times))
    for part in (beats[:, :12], beats[:, 12:]):
        novelty = np.zeros(len(times))
        for i in range(1, len(times)):
            before, after = part[max(0, i - 2) : i].sum(axis=0), part[i : i + 2].sum(axis=0)
            novelty[i] = 1.0 - before @ after / (np.linalg.norm(before) * np.linalg.norm(after) + 1e-9)
        total += np.clip((novelty - novelty.mean()) / (novelty.std() + 1e-6), -3.0, 3.0)
    return total / 2.0
