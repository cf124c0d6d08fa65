"""Long spectrum, peaks, tuning and chromas: the same definitions as src/feature/tonal, in numpy."""
import csv
import json
from pathlib import Path

import numpy as np
import soundfile
from scipy.ndimage import uniform_filter1d

RATE_HZ, WINDOW, HOP, FPS = 22_050, 8192, 4410, 5.0
BIN_HZ = RATE_HZ / WINDOW
FIRST_BIN, LAST_BIN = 18, 781
SILENCE, RELATIVE_SILENCE = 3e-5, 1e-3
NAMES = "C C# D D# E F F# G G# A A# B".split()
RANGES = {"wide": (53.0, 998.0, 1), "melody": (77.0, 1499.0, 3), "bass": (53.0, 222.0, 1)}


def spectra(samples):
    """Linear magnitudes [frames, 764] of bins 18..781."""
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)
    padded = np.concatenate([np.zeros(WINDOW // 2), samples, np.zeros(WINDOW)])
    frames = -(-len(samples) // HOP)
    windows = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP][:frames]
    parts = [np.abs(np.fft.rfft(windows[i : i + 256] * window))[:, FIRST_BIN : LAST_BIN + 1] for i in range(0, frames, 256)]
    return (np.concatenate(parts) * (4.0 / WINDOW)).astype(np.float32)


def find_peaks(magnitudes):
    """(frame, hz, pitch, weight) of the spectral peaks, whitened."""
    envelope = uniform_filter1d(magnitudes.astype(np.float64), 61, axis=1, mode="constant") + 1e-30
    mean = magnitudes.mean(axis=1, keepdims=True) + 1e-30
    top = np.zeros(magnitudes.shape, bool)
    top[:, 1:-1] = (magnitudes[:, 1:-1] > magnitudes[:, :-2]) & (magnitudes[:, 1:-1] >= magnitudes[:, 2:])
    top &= (magnitudes.max(axis=1) >= SILENCE)[:, None]
    frame, column = np.nonzero(top)
    here = magnitudes[frame, column]
    logs = [np.log(np.maximum(magnitudes[frame, column + d], here * 1e-6)) for d in (-1, 0, 1)]
    offset = np.clip(0.5 * (logs[0] - logs[2]) / (logs[0] - 2 * logs[1] + logs[2] - 1e-12), -0.5, 0.5)
    hz = (FIRST_BIN + column + offset) * BIN_HZ
    weight = here / envelope[frame, column] * np.log1p((envelope / mean)[frame, column])
    return frame, hz, 69.0 + 12.0 * np.log2(hz / 440.0), weight


def analyse(magnitudes):
    """Frame chromas [frames, 12] (maximum 1) in each range, and which frames are audible."""
    frame, hz, pitch, weight = find_peaks(magnitudes)
    inside = (hz >= 53.0) & (hz < 998.0)
    tuning = np.angle(np.sum(weight[inside] * np.exp(2j * np.pi * pitch[inside]))) / (2 * np.pi)
    out = {}
    for name, (low, high, harmonics) in RANGES.items():
        inside = (hz >= low) & (hz < high)
        histogram = np.zeros((len(magnitudes), 12))
        for harmonic in range(1, harmonics + 1):
            note = pitch[inside] - tuning - 12.0 * np.log2(harmonic)
            nearest = np.round(note)
            amount = weight[inside] * 0.6 ** (harmonic - 1) * np.cos(np.pi * (note - nearest)) ** 2
            np.add.at(histogram, (frame[inside], nearest.astype(int) % 12), amount)
        out[name] = histogram / (histogram.max(axis=1, keepdims=True) + 1e-12)
    level = magnitudes.max(axis=1)
    out["audible"] = level >= max(SILENCE, level.max() * RELATIVE_SILENCE)
    return out


def key_number(name):
    tonic, mode = name.split()
    return NAMES.index(tonic) + (0 if mode == "major" else 12)


def key_name(number):
    return f"{NAMES[number % 12]} {'major' if number < 12 else 'minor'}"


def rendered(folder):
    """[(chromas, labels)] of the clips of render.py; spectra are cached as chromas beside them."""
    clips = []
    for file in sorted(Path(folder).glob("*.json")):
        cache = file.with_suffix(".npz")
        if not cache.exists():
            samples, _ = soundfile.read(file.with_suffix(".flac"), dtype="float32")
            np.savez(cache, **analyse(spectra(samples)))
        with np.load(cache) as chromas:
            clips.append((dict(chromas), json.loads(file.read_text())))
    return clips


def real(features):
    """[(chromas, row)] of the clips of the feature set that have a key."""
    features = Path(features)
    with (features / "index.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["key"]]
    magnitudes = lambda row: np.expm1(np.load(features / row["path"])["tonal"].astype(np.float32)) / 1000
    return [(analyse(magnitudes(row)), row) for row in rows]
