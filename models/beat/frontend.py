"""Rhythm front end: 40 log-mel bands, 50 frames a second, from mono samples at 22 050 Hz.

Frame k is centred on sample 441 k; samples outside the signal are zero; there is a
frame for every k with 441 k < number of samples. A full-scale sine on a bin is 1.
"""
import numpy as np

RATE_HZ = 22_050
WINDOW = 2048
HOP = 441
FPS = RATE_HZ / HOP  # exactly 50
BANDS = 40
LOW_HZ, HIGH_HZ = 30.0, 8000.0
COMPRESSION = 1000.0


def mel_filters():
    """Triangles [BANDS, bins]: peak 1, edges equidistant in mel(f) = 2595 log10(1 + f/700)."""
    mel_low, mel_high = (2595.0 * np.log10(1.0 + hz / 700.0) for hz in (LOW_HZ, HIGH_HZ))
    edges = 700.0 * (10.0 ** (np.linspace(mel_low, mel_high, BANDS + 2) / 2595.0) - 1.0)
    hz = np.arange(WINDOW // 2 + 1) * RATE_HZ / WINDOW
    left, centre, right = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    slopes = np.minimum((hz - left) / (centre - left), (right - hz) / (right - centre))
    return np.maximum(0.0, slopes).astype(np.float32)


def log_mel(samples):
    """ln(1 + 1000 M), float32 [frames, BANDS], of mono samples [n] with full scale +-1."""
    samples = np.asarray(samples, np.float32)
    frames = -(-len(samples) // HOP)
    padded = np.pad(samples, (WINDOW // 2, WINDOW))
    windows = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP][:frames]
    hann = (0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(WINDOW) / WINDOW)).astype(np.float32)
    filters = mel_filters().T * np.float32(2.0 / hann.sum())
    mel = np.empty((frames, BANDS), np.float32)
    for first in range(0, frames, 512):  # piecewise: an hour of audio must fit in memory
        spectrum = np.fft.rfft(windows[first : first + 512] * hann, axis=1)
        mel[first : first + 512] = np.abs(spectrum) @ filters
    return np.log1p(COMPRESSION * mel)


def load_mono(path):
    """Mono float32 samples at RATE_HZ of an audio file (channels averaged)."""
    import librosa
    import soundfile

    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    mono = samples.mean(axis=1)
    return mono if rate == RATE_HZ else librosa.resample(mono, orig_sr=rate, target_sr=RATE_HZ)
