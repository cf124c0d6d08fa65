"""Tempo, beats, bars and their confidence from front-end frames: the specification of the program's rhythm path.

    python reference_rhythm.py FILE...      one JSON object a line

Input: log-mel [frames, 40] at 50 frames/s. Per frame only the two activations of the
network and four onset bands are kept; everything below works on these six numbers.
T is a beat period in frames, B = 3000 / T the tempo in beats a minute.
"""
import argparse
import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

import harmony
import network
from frontend import FPS, load_mono, log_mel as log_mel_of

HERE = Path(__file__).resolve().parent
BANDS = 4
NORMALISE_HALF_FRAMES = 20  # 0.4 s

STEPS_PER_OCTAVE = 72
SLOWEST, OCTAVES = 30.0, np.log2(10.0)
TEMPI = SLOWEST * 2.0 ** (np.arange(int(OCTAVES * STEPS_PER_OCTAVE) + 1) / STEPS_PER_OCTAVE)  # 30-300 BPM
ONSET_WINDOW, ONSET_HOP, ONSET_EXPONENTS = 300, 75, (0.25, 0.5)
ACTIVATION_WINDOW, ACTIVATION_HOP = 600, 150
ONSET_COMB = ((1, 1.0), (2, 0.8), (4, 0.6), (0.5, 0.3))
ACTIVATION_COMB = ((1, 1.0), (2, 0.6), (4, 0.3))
TAPER_GAIN = 2.5
PEAKS, EXPANDED = 8, 4
RATIOS = (0.5, 2.0, 2 / 3, 1.5, 1 / 3, 3.0)
SLOWEST_ANSWER, FASTEST_ANSWER = 38.0, 262.0
SAME_TEMPO = 0.03

BAND_WEIGHTS = np.array([2.0, 1.0, 0.5, 0.5]) / 4.0
ONSET_SHARE = 0.1  # of the onset function in the strength that beats are placed on
SMOOTHING_FRAMES = 1.0
TIGHTNESS = 100.0
BEAT_OFFSET_S = 0.008


# ---------------------------------------------------------------- onset bands

def onset_bands(frames):
    """Onset strength of log-mel [frames, 40] in BANDS groups of ten: [frames, BANDS], >= 0.

    Each band is compared with the loudest of itself and its neighbours one frame earlier
    (SuperFlux), so that vibrato is no onset.
    """
    before = np.pad(frames[:-1], ((0, 0), (1, 1)), constant_values=-np.inf)
    loudest = np.maximum(np.maximum(before[:, :-2], before[:, 1:-1]), before[:, 2:])
    rise = np.zeros(frames.shape, np.float32)
    rise[1:] = np.maximum(0.0, frames[1:] - loudest)
    return rise.reshape(len(rise), BANDS, -1).mean(axis=2)


RISE_LEAST, RISE_STEPS = 1e-5, 16.0  # companding: 16 steps per power of e
ATTACK_REACH, ATTACK_HALF_SPAN = 2, 3  # frames
IMPULSE_SPREAD_S, IMPULSE_LEAD_S, LEAD_PER_SPREAD = 0.011, 0.0225, 1.1
SHARP_S, BLUNT_S, FARTHEST_S = 0.013, 0.017, 0.020


def magnitude_rise(frames):
    """Sum of the rises of the magnitudes behind log-mel [frames, 40], as companded to one byte: [frames]."""
    magnitudes = np.expm1(np.clip(frames, 0.0, 20.0))
    rise = np.zeros(len(frames))
    rise[1:] = np.maximum(0.0, np.diff(magnitudes, axis=0)).sum(axis=1) / 1000.0
    code = np.where(rise < RISE_LEAST, 0.0, np.minimum(255.0, 1.0 + np.round(RISE_STEPS * np.log(np.maximum(rise, RISE_LEAST) / RISE_LEAST))))
    return np.where(code > 0, RISE_LEAST * np.exp((code - 1.0) / RISE_STEPS), 0.0)


def attack_near(rise, time_s):
    """(attack s, sharpness 0..1) of the highest rise near a beat; None without one.

    The middle of the rise leads a short sound by a known time; its spread tells how short the sound is.
    """
    middle = max(0, int(np.round((time_s - BEAT_OFFSET_S) * FPS)))
    first = max(0, middle - ATTACK_REACH)
    near = rise[first : middle + ATTACK_REACH + 1]
    if not len(near):
        return None
    top = first + int(np.argmax(near))
    frames = np.arange(max(0, top - ATTACK_HALF_SPAN), min(len(rise), top + ATTACK_HALF_SPAN + 1))
    total = rise[frames].sum()
    if total <= 0.0:
        return None
    centre = (rise[frames] * frames).sum() / total
    spread = np.sqrt((rise[frames] * (frames - centre) ** 2).sum() / total) / FPS
    lead = IMPULSE_LEAD_S - LEAD_PER_SPREAD * max(0.0, spread - IMPULSE_SPREAD_S)
    return (centre - 0.5) / FPS + lead, float(np.clip((BLUNT_S - spread) / (BLUNT_S - SHARP_S), 0.0, 1.0))


def attack_shift(rise, times):
    """Seconds by which beats lie before the attacks of short sounds that stand alone; about 0 in music."""
    total = weight = 0.0
    for time in times:
        found = attack_near(rise, time)
        if found and abs(found[0] - time) <= FARTHEST_S:
            total += found[1] * (found[0] - time)
            weight += found[1]
    return total / max(1, len(times)) * weight / max(1, len(times))


def normalised(onsets, half=NORMALISE_HALF_FRAMES):
    """Removes the local mean of onsets [frames] and divides by the local RMS (Hann window)."""
    kernel = np.hanning(2 * half + 1)
    kernel /= kernel.sum()
    centre = lambda x: np.convolve(x, kernel)[half : half + len(x)]
    mean, rms = centre(onsets), np.sqrt(np.maximum(0.0, centre(onsets**2)))
    return np.maximum(0.0, onsets - mean) / (0.3 * rms.mean() + rms + 1e-6)


# ---------------------------------------------------------------- periodicity

def windows_of(x, size, hop):
    """Pieces [size] of x [frames]; one zero-padded piece if x is short."""
    x = np.pad(x, (0, max(0, size - len(x))))
    return [x[start : start + size] for start in range(0, len(x) - size + 1, hop)]


def untapered(acf):
    """Makes up for the shrinking overlap at long lags, by at most TAPER_GAIN."""
    overlap = 1.0 - np.arange(len(acf)) / len(acf)
    return acf * np.minimum(TAPER_GAIN, 1.0 / np.maximum(overlap, 0.1))


def onset_acf(bands):
    """Generalised autocorrelation [ONSET_WINDOW] of normalised onset bands, mean over windows, bands, exponents."""
    total, count = np.zeros(ONSET_WINDOW), 0
    taper = np.hanning(ONSET_WINDOW)
    for band in bands.T:
        for window in windows_of(band, ONSET_WINDOW, ONSET_HOP):
            spectrum = np.abs(np.fft.rfft(window * taper, 2048))
            for exponent in ONSET_EXPONENTS:
                acf = np.fft.irfft(spectrum ** (2 * exponent))[:ONSET_WINDOW]
                total += acf / (acf[0] + 1e-9)
                count += 1
    return untapered(total / count)


def activation_acf(activation):
    """Autocorrelation [ACTIVATION_WINDOW] of an activation, mean over windows weighted by their energy."""
    total, energy = np.zeros(ACTIVATION_WINDOW), 1e-9
    for window in windows_of(activation, min(ACTIVATION_WINDOW, max(200, len(activation))), ACTIVATION_HOP):
        spectrum = np.fft.rfft(window - window.mean(), 2048)
        acf = np.fft.irfft(np.abs(spectrum) ** 2)[: len(window)]
        total[: len(acf)] += untapered(acf)
        energy += acf[0]
    return total / energy


def at(values, positions):
    """Linear interpolation of values [n] at fractional indices; 0 beyond the end."""
    return np.interp(positions, np.arange(len(values)), values, right=0.0)


def comb(acf, weights):
    """Score of every tempo of TEMPI: weighted sum of the autocorrelation at multiples of its period."""
    periods = 60.0 * FPS / TEMPI
    score = sum(weight * at(acf, multiple * periods) for multiple, weight in weights)
    return np.maximum(0.0, score - np.percentile(score, 10))


def local_maxima(values):
    inner = values[1:-1]
    return 1 + np.flatnonzero((inner > values[:-2]) & (inner >= values[2:]))


def candidate_tempi(scores):
    """Tempi [BPM]: the highest peaks of `scores` over TEMPI, and simple ratios of the best few."""
    peaks = local_maxima(scores)
    peaks = peaks[np.argsort(-scores[peaks], kind="stable")][:PEAKS]
    wanted = [TEMPI[p] for p in peaks]
    wanted += [TEMPI[p] * ratio for p in peaks[:EXPANDED] for ratio in RATIOS]
    kept = []
    for bpm in wanted:
        near = any(abs(bpm / other - 1.0) < SAME_TEMPO for other in kept)
        if SLOWEST_ANSWER <= bpm <= FASTEST_ANSWER and not near:
            kept.append(float(bpm))
    return np.array(kept or [120.0])


# ---------------------------------------------------------------- beats

def smoothed(x, width=SMOOTHING_FRAMES):
    reach = int(np.ceil(3 * width))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / width) ** 2)
    return np.convolve(x, kernel / kernel.sum())[reach : reach + len(x)]


def track(strength, periods, tightness=TIGHTNESS):
    """Beat frames by dynamic programming (Ellis 2007) with a period per frame.

    total(k) = s(k) + max(0, max_j total(j) - tightness ln^2((k - j) / T_k)), T/2 <= k - j <= 2T.
    """
    count = len(strength)
    periods = np.broadcast_to(np.asarray(periods, float), count)
    total, previous = strength.astype(float).copy(), np.full(count, -1)
    last_period, steps, penalty = None, None, None
    for k in range(count):
        if periods[k] != last_period:
            last_period = periods[k]
            steps = np.arange(int(np.ceil(2.0 * last_period)), max(1, int(0.5 * last_period)) - 1, -1)
            penalty = tightness * np.log(steps / last_period) ** 2
        skip = int(np.searchsorted(-steps, -k))  # steps longer than k would start before the recording
        if skip == len(steps):
            continue
        values = total[k - steps[skip:]] - penalty[skip:]
        best = int(np.argmax(values))
        if values[best] > 0.0:
            total[k] += values[best]
            previous[k] = k - steps[skip + best]
    tail = int(1.2 * periods[-1]) + 1 if count else 0
    k = count - 1 - int(np.argmax(total[-tail:][::-1])) if count else -1
    beats = []
    while k >= 0:
        beats.append(k)
        k = previous[k]
    return np.array(beats[::-1], int)


def strength_of(activation, onsets, share=ONSET_SHARE):
    """What beats are placed on: activation plus a share of the onset function, smoothed, unit variance."""
    unit = lambda x: x / (x.std() + 1e-6)
    x = smoothed(unit(activation) + share * unit(onsets))
    return x / (x.std() + 1e-6)


def local_peak(values, positions, reach=1):
    """Largest of values [frames] within `reach` frames of each position (fractional allowed)."""
    centre = np.round(positions).astype(int)
    around = centre[:, None] + np.arange(-reach, reach + 1)
    inside = np.clip(around, 0, len(values) - 1)
    return values[inside].max(axis=1)


# ---------------------------------------------------------------- which tempo

FEATURES = (
    "log_tempo", "log_tempo_squared", "activation_comb", "onset_comb", "activation_at_beats", "activation_between",
    "activation_at_thirds", "activation_alternation", "onsets_at_beats", "onsets_between", "onsets_at_thirds", "onset_alternation",
    "explained", "rate_x_tempo", "low_alternation", "downbeats",
)


@dataclass
class Evidence:
    """What the tempo decision sees."""

    activation: np.ndarray
    downbeat: np.ndarray
    bands: np.ndarray  # normalised, [frames, BANDS]
    onsets: np.ndarray  # weighted mean of them
    activation_scores: np.ndarray  # over TEMPI
    onset_scores: np.ndarray
    strength: np.ndarray


def gather(activations, bands):
    """Evidence from the kept numbers: activations [frames, 2] and onset bands [frames, BANDS]."""
    levelled = np.stack([normalised(band) for band in bands.T], axis=1)
    onsets = levelled @ BAND_WEIGHTS
    activation = activations[:, network.BEAT].astype(float)
    return Evidence(activation, activations[:, network.DOWNBEAT].astype(float), levelled, onsets,
                    comb(activation_acf(activation), ACTIVATION_COMB), comb(onset_acf(levelled), ONSET_COMB),
                    strength_of(activation, onsets))


def alternation(values):
    """How unequal even and odd beats are, 0..1."""
    if len(values) < 4:
        return 0.0
    even, odd = values[::2].mean(), values[1::2].mean()
    return abs(even - odd) / (even + odd + 1e-6)


def at_tempo(evidence, bpm):
    """FEATURES [len] of one candidate tempo."""
    e, period = evidence, 60.0 * FPS / bpm
    beats = track(e.strength, period)
    if len(beats) < 3:
        beats = np.arange(0, len(e.strength), max(1, round(period)))
    gaps = np.diff(beats)
    middles, thirds = beats[:-1] + gaps / 2, np.concatenate([beats[:-1] + gaps / 3, beats[:-1] + 2 * gaps / 3])
    peak_activation = np.percentile(e.activation, 99) + 1e-3
    peak_onset = np.percentile(e.onsets, 97) + 1e-3
    on, between, third = (local_peak(e.activation, p) / peak_activation for p in (beats, middles, thirds))
    hit, hit_between, hit_third = (local_peak(e.onsets, p) / peak_onset for p in (beats, middles, thirds))
    low = local_peak(e.bands[:, 0], beats)
    downbeat = local_peak(e.downbeat, beats)
    near = np.zeros(len(e.activation), bool)
    for shift in range(-2, 3):
        near[np.clip(beats + shift, 0, len(near) - 1)] = True
    explained = e.activation[near].sum() / (e.activation.sum() + 1e-6)
    rate = len(local_maxima(np.where(e.onsets > 0.5, e.onsets, 0.0))) / (len(e.onsets) / FPS)
    where = np.argmin(np.abs(TEMPI - bpm))
    share = lambda scores: scores[where] / (scores.max() + 1e-6)
    octaves = np.log2(bpm / 120.0)
    return np.array([
        octaves, octaves**2, share(e.activation_scores), share(e.onset_scores), on.mean(), between.mean(),
        third.mean(), alternation(on), hit.mean(), hit_between.mean(), hit_third.mean(), alternation(hit),
        explained, np.log2(rate / 5.0 + 0.05) * octaves, alternation(low), alternation(downbeat),
    ])


# ---------------------------------------------------------------- precision and drift

REFINE_MULTIPLES = (1, 2, 4, 8, 16, 32)
GRID_TOLERANCE_S = 0.040
LOCAL_WINDOW, LOCAL_HOP = 400, 100  # 8 s, 2 s
LOCAL_STEPS, LOCAL_RANGE = 41, 0.45  # log grid of +-0.45 octave around the global period
LOCAL_CHANGE_COST = 12.0  # per octave of change between neighbouring windows
LOCAL_AWAY_COST = 0.25  # per octave away from the global period
CURVE_WINDOW_S, CURVE_HOP_S = 20.0, 10.0
CONSTANT_SPREAD = 0.004
GRID_PHASES, GRID_WINDOW, GRID_RANGE = 32, 1000, 0.004
STEADY_MERIT = 0.7
AUDIBLE = 0.1  # of the median activation at beats
DRIFT_FRAMES, DRIFT_BEATS, DRIFT_LEAST_BEATS, DRIFT_NEAR, DRIFT_LEAST_NEAR = 1.5, 8, 40, 0.25, 0.95
OTHER_TEMPO, LEAST_AWAY, AWAY_MERIT = 0.04, 1 / 6, 0.6


def parabola(values, peak):
    """Offset in -0.5..0.5 of the top of the parabola through a peak and its neighbours."""
    if not 0 < peak < len(values) - 1:
        return 0.0
    left, here, right = values[peak - 1 : peak + 2]
    bend = left - 2.0 * here + right
    return float(np.clip(0.5 * (left - right) / bend, -0.5, 0.5)) if bend < 0 else 0.0


def long_lag_period(strength, period):
    """Sharpens a period with the peaks of the whole-file autocorrelation near T, 2T ... 32T."""
    x = strength - strength.mean()
    size = 1 << int(np.ceil(np.log2(2 * len(x))))
    acf = np.fft.irfft(np.abs(np.fft.rfft(x, size)) ** 2)[: len(x)]
    for multiple in REFINE_MULTIPLES:
        radius = max(1.5, 0.018 * period * (2 if multiple == 1 else 1))
        low, high = int(multiple * period - radius), int(np.ceil(multiple * period + radius))
        if high + 2 >= 0.7 * len(x):
            break
        peak = low + int(np.argmax(acf[low : high + 1]))
        if low < peak < high:
            period = (peak + parabola(acf, peak)) / multiple
    return period


def local_periods(strength, period):
    """Period per frame: a Viterbi path over the autocorrelation of 8 s windows, near the global period."""
    factors = 2.0 ** np.linspace(-LOCAL_RANGE, LOCAL_RANGE, LOCAL_STEPS)
    octaves = np.log2(factors)
    pieces = windows_of(strength, LOCAL_WINDOW, LOCAL_HOP)
    if len(pieces) < 3:
        return np.full(len(strength), period)
    change = LOCAL_CHANGE_COST * np.abs(octaves[:, None] - octaves[None, :])
    score, back = np.zeros(LOCAL_STEPS), []
    for piece in pieces:
        x = (piece - piece.mean()) * np.hanning(len(piece))
        acf = np.fft.irfft(np.abs(np.fft.rfft(x, 1024)) ** 2)[:LOCAL_WINDOW]
        acf /= acf[0] + 1e-6
        seen = at(acf, factors * period) + 0.6 * at(acf, 2 * factors * period) - LOCAL_AWAY_COST * np.abs(octaves)
        come = score[None, :] - change
        back.append(np.argmax(come, axis=1))
        score = come.max(axis=1) + seen
    path = [int(np.argmax(score))]
    for step in back[:0:-1]:
        path.append(int(step[path[-1]]))
    centres = np.arange(len(pieces)) * LOCAL_HOP + LOCAL_WINDOW / 2
    return np.interp(np.arange(len(strength)), centres, period * factors[path[::-1]])


def folded(strength, period):
    """Strength per phase of `period`, one profile [GRID_PHASES] per window of GRID_WINDOW frames, and the window centres."""
    phase = (np.arange(len(strength)) / period) % 1.0 * GRID_PHASES
    low = phase.astype(int)
    part = phase - low
    profiles, centres = [], []
    for start in range(0, max(1, len(strength) - GRID_WINDOW // 2), GRID_WINDOW // 2):
        piece = slice(start, start + GRID_WINDOW)
        profile = np.bincount(low[piece], strength[piece] * (1 - part[piece]), GRID_PHASES)
        profile = profile + np.bincount((low[piece] + 1) % GRID_PHASES, strength[piece] * part[piece], GRID_PHASES)
        profiles.append(profile)
        centres.append(start + 0.5 * len(low[piece]))
    return np.array(profiles), np.array(centres)


def constant_grid(strength, period):
    """(period, first beat) in frames of the best perfectly steady grid near `period`.

    A Hough transform: every window votes for its phases; a line phase = a + b time collects
    the votes. Windows that prefer the off-beat are outvoted, as they would not be in `track`.
    """
    profiles, centres = folded(strength, period)
    per_frame = 1.0 / (GRID_PHASES * len(strength))  # one phase step over the recording
    reach = int(np.ceil(GRID_RANGE / period / per_frame))
    best = (-np.inf, 0.0, 0)
    rows = np.arange(len(profiles))[:, None]
    for step in range(-reach, reach + 1):
        drift = np.round(step * per_frame * centres * GRID_PHASES).astype(int)
        votes = profiles[rows, (np.arange(GRID_PHASES)[None, :] + drift[:, None]) % GRID_PHASES].sum(axis=0)
        phase = int(np.argmax(votes))
        if votes[phase] > best[0]:
            best = (votes[phase], step * per_frame, phase)
    _, slope, phase = best
    period = 1.0 / (1.0 / period - slope)
    first = phase / GRID_PHASES * period
    grids = [fitted_grid(strength, period, first + shift * period) for shift in (0.0, 0.5)]
    return max(grids, key=lambda grid: grid_beats(strength, *grid)[1])  # beat or off-beat: the stronger


def fitted_grid(strength, period, first):
    """Least-squares refinement of a grid on the strength's peaks near it."""
    for _ in range(3):
        number = np.arange(int(np.ceil(-first / period)), int((len(strength) - 1 - first) / period) + 1)
        place = first + number * period
        near = np.round(place).astype(int)
        window = strength[np.clip(near[:, None] + np.arange(-2, 3), 0, len(strength) - 1)]
        peak = np.clip(near - 2 + np.argmax(window, axis=1), 0, len(strength) - 1)
        exact = peak + np.array([parabola(strength, p) for p in peak])
        weight = np.maximum(0.0, window.max(axis=1)) * (np.abs(exact - place) < 2.2)
        if weight.sum() < 1e-6 or np.count_nonzero(weight) < 4:
            break
        centre = np.average(number, weights=weight)
        slope = np.average((number - centre) * (exact - place), weights=weight) / (np.average((number - centre) ** 2, weights=weight) + 1e-9)
        shift = np.average(exact - place, weights=weight)
        period += slope
        first += shift - slope * centre
    return period, first % period


def grid_beats(strength, period, first):
    """Fractional frames of a steady grid inside the recording, and the mean strength on them."""
    places = first + period * np.arange(int((len(strength) - 1 - first) / period) + 1)
    return places, float(at(strength, places).mean()) if len(places) else 0.0


def trimmed(beats, activation):
    """Beats without those before the first and after the last audible one (silent lead-in and fade-out)."""
    if len(beats) < 4:
        return beats
    level = local_peak(activation, beats, 2)
    heard = np.flatnonzero(level >= AUDIBLE * np.median(level))
    return beats[heard[0] : heard[-1] + 1]


def drifts(beats, period, first):
    """True when free beats (fractional frames) wander around a steady grid: medians of 8 deviations range over 30 ms."""
    turns = (beats - first) / period
    share = turns - np.round(turns)
    away = share[np.abs(share) < DRIFT_NEAR] * period
    if len(away) < DRIFT_LEAST_BEATS or len(away) < DRIFT_LEAST_NEAR * len(beats):
        return False
    medians = [np.median(away[i : i + DRIFT_BEATS]) for i in range(len(away) - DRIFT_BEATS + 1)]
    return bool(np.subtract(*np.percentile(medians, (90, 10))) >= DRIFT_FRAMES)


def departs(strength, periods, loose, places, steady):
    """True when a part of the recording is at another tempo, where the free beats are much stronger than the grid."""
    away = lambda frames: np.abs(periods[np.asarray(frames, int)] / steady - 1.0) > OTHER_TEMPO
    free, grid = loose[away(loose)], places[away(places)]
    grid_strength = at(strength, grid).mean() if len(grid) else 0.0
    return len(free) >= LEAST_AWAY * len(loose) and len(free) > 0 and grid_strength < AWAY_MERIT * strength[free].mean()


def find_beats(strength, period):
    """(fractional beat frames, whether they are a steady grid, period in frames)."""
    periods = local_periods(strength, period)
    loose = track(strength, periods)
    if len(loose) < 4:
        return loose.astype(float), False, period
    steady, first = constant_grid(strength, period)
    places, merit = grid_beats(strength, steady, first)
    reference = float(strength[loose].mean())
    free = loose + np.array([parabola(strength, k) for k in loose])
    if merit < STEADY_MERIT * reference or drifts(free, steady, first) or departs(strength, periods, loose, places, steady):
        return free, False, period
    inside = (places >= loose[0] - 0.6 * steady) & (places <= loose[-1] + 0.6 * steady)
    return places[inside], True, steady


def fit_grid(times, period_s):
    """Least-squares line of beat time against beat number: (period s, first beat s, share within tolerance, RMS s)."""
    if len(times) < 4:
        return period_s, times[0] if len(times) else 0.0, 0.0, np.inf
    number = np.concatenate([[0], np.cumsum(np.maximum(1, np.round(np.diff(times) / period_s)))])
    keep = np.ones(len(times), bool)
    for _ in range(6):
        slope, start = np.polyfit(number[keep], times[keep], 1)
        error = np.abs(times - (start + slope * number))
        now = error <= max(GRID_TOLERANCE_S, np.median(error))
        if now.sum() < 4 or np.array_equal(now, keep):
            break
        keep = now
    error = times[keep] - (start + slope * number[keep])
    share = np.mean(np.abs(times - (start + slope * number)) <= GRID_TOLERANCE_S)
    return float(slope), float(start), float(share), float(np.sqrt(np.mean(error**2)))


def tempo_curve(times):
    """(centre s, BPM) per window of CURVE_WINDOW_S, from lines through the beats of the window."""
    curve = []
    if len(times) < 4:
        return curve
    starts = np.arange(times[0], max(times[0] + 0.1, times[-1] - CURVE_WINDOW_S + 0.1), CURVE_HOP_S)
    for start in starts:
        inside = times[(times >= start) & (times < start + CURVE_WINDOW_S)]
        if len(inside) >= 4:
            period, _, _, _ = fit_grid(inside, float(np.median(np.diff(inside))))
            curve.append((float(inside.mean()), 60.0 / period))
    return curve


# ---------------------------------------------------------------- bars

METRES = {2: -6.0, 3: -1.0, 4: 0.0, 5: -5.0, 6: -5.0, 7: -5.0}  # log prior
BAR_SLOPE, BAR_BIAS = 0.5, 0.75  # downbeat logit -> log-likelihood ratio
HARMONY_WEIGHT = 0.5
BAR_JUMP_COST = 10.0  # of a bar of another length
BEATS_OF_METRE_EVIDENCE = 30.0  # evidence of longer recordings is not independent


def bar_scores(downbeat, beats, chroma=None):
    """Log-likelihood ratio [beats] of starting a bar: downbeat activation around each beat, harmonic change at it."""
    p = np.clip(local_peak(downbeat, np.asarray(beats), 2), 1e-4, 1 - 1e-4)
    ratio = BAR_SLOPE * (np.log(p / (1 - p)) - BAR_BIAS)
    if chroma is None or len(beats) < 4:
        return ratio
    return ratio + HARMONY_WEIGHT * harmony.change(chroma, np.asarray(beats) / FPS + BEAT_OFFSET_S)


def bars_of_metre(ratio, metre):
    """(score, position in bar [beats]) of the best division into bars of `metre`, jumps allowed at a cost."""
    total = np.zeros(metre)
    back = np.zeros((len(ratio), metre), int)
    for i, value in enumerate(ratio):
        step = np.roll(total, 1)  # position p comes from p - 1
        source = (np.arange(metre) - 1) % metre
        best = int(np.argmax(total))
        jump = total[best] - BAR_JUMP_COST
        if i and jump > step[0]:  # only a bar start may come from anywhere
            step[0], source[0] = jump, best
        total = step.copy()
        total[0] += value
        back[i] = source
    position = [int(np.argmax(total))]
    for i in range(len(ratio) - 1, 0, -1):
        position.append(int(back[i, position[-1]]))
    return float(total.max()), np.array(position[::-1])


def choose_bars(ratio):
    """(metre, position in bar [beats], share of the metre in the posterior)."""
    if len(ratio) < 4:
        return 4, np.arange(len(ratio)) % 4, 0.0
    scale = min(1.0, BEATS_OF_METRE_EVIDENCE / len(ratio))
    found = {metre: bars_of_metre(ratio, metre) for metre in METRES}
    value = {metre: scale * found[metre][0] + METRES[metre] for metre in METRES}
    best = max(value, key=value.get)
    share = 1.0 / sum(np.exp(v - value[best]) for v in value.values())
    return best, found[best][1], float(share)


# ---------------------------------------------------------------- confidence and the whole path

PULSE_THRESHOLD = 0.5  # below: no tempo
PULSE_FEATURES = ("activation_peak", "activation_contrast", "periodicity", "onset_periodicity", "regularity", "duration")


@dataclass
class Rhythm:
    """Result of `analyse`; tempi in BPM, times in seconds. Without a pulse bpm is None and the lists are empty."""

    bpm: float | None
    pulse: float  # probability that there is a beat at all
    tempo_confidence: float  # probability that bpm is what a listener would tap, within 4 %
    beat_confidence: float  # expected F-measure of the beats at 70 ms
    candidates: list = field(default_factory=list)  # (bpm, share)
    constant: bool = False
    stability: float = 0.0
    curve: list = field(default_factory=list)
    grid: tuple = ()  # (first beat s, bpm) of constant tempo
    beats: np.ndarray = field(default_factory=lambda: np.zeros(0))
    downbeats: np.ndarray = field(default_factory=lambda: np.zeros(0))
    metre: int = 0
    metre_share: float = 0.0


def softmax(x):
    e = np.exp(x - np.max(x))
    return e / e.sum()


def logistic(x):
    return 1.0 / (1.0 + np.exp(-x))


def linear(values, rule):
    """Bias plus weighted, standardised values."""
    return rule["bias"] + float(np.sum((np.asarray(values) - rule["mean"]) / rule["scale"] * rule["weights"]))


def tempo_candidates(evidence):
    """Candidate tempi [n] and their FEATURES [n, len]."""
    unit = lambda x: x / (x.max() + 1e-6)
    tempi = candidate_tempi(unit(evidence.activation_scores) + unit(evidence.onset_scores))
    return tempi, np.array([at_tempo(evidence, bpm) for bpm in tempi])


def choose_tempo(evidence, rules):
    """Tempi ordered by probability, and the probabilities (conditional logit over the candidates)."""
    tempi, features = tempo_candidates(evidence)
    utility = np.array([linear(row, rules["tempo"]) for row in features])
    share = softmax(utility * rules["tempo"]["sharpness"])
    order = np.argsort(-share, kind="stable")
    return tempi[order], share[order]


def pulse_features(evidence, period, beats):
    """PULSE_FEATURES [len]: what separates music with a beat from speech, noise and drones."""
    e = evidence
    peak = np.percentile(e.activation, 98)
    contrast = local_peak(e.activation, beats).mean() - e.activation.mean() if len(beats) else 0.0
    activation_r, onset_r = activation_acf(e.activation), onset_acf(e.bands)
    strongest = lambda r: max(at(r, period), at(r, 2 * period), at(r, 4 * period))
    gaps = np.diff(beats)
    regularity = np.std(np.log(gaps)) if len(gaps) > 2 else 1.0
    return np.array([peak, contrast, strongest(activation_r), strongest(onset_r), regularity, np.log(len(e.activation) / FPS)])


def analyse_kept(activations, bands, rules, chroma=None, rise=None):
    """Rhythm from what is kept: activations [frames, 2], onset bands [frames, BANDS], chroma [at 5 a second, 24], magnitude rise [frames]."""
    if len(activations) < 2 * FPS:
        return Rhythm(None, 0.0, 0.0, 0.0)
    evidence = gather(activations, bands)
    tempi, share = choose_tempo(evidence, rules)
    period = long_lag_period(evidence.strength, 60.0 * FPS / tempi[0])
    frames, steady, period = find_beats(evidence.strength, period)
    frames = trimmed(frames, evidence.activation)
    features = pulse_features(evidence, period, frames)
    pulse = logistic(linear(features, rules["pulse"]))
    candidates = [(float(t), float(s)) for t, s in zip(tempi, share)]
    if pulse < PULSE_THRESHOLD or len(frames) < 4:
        return Rhythm(None, pulse, 0.0, 0.0, candidates)
    times = frames / FPS + BEAT_OFFSET_S
    times = times + (0.0 if rise is None else attack_shift(rise, times))
    fitted, start, on_grid, _ = fit_grid(times, period / FPS)
    curve = tempo_curve(times)
    tempi_seen = np.array([bpm for _, bpm in curve])
    spread = float(np.ptp(np.percentile(tempi_seen, (25, 75))) / np.median(tempi_seen)) if len(tempi_seen) else 1.0
    constant = steady
    bpm = 60.0 / fitted if on_grid > 0.5 else float(np.median(tempi_seen))
    ratio = bar_scores(evidence.downbeat, frames, chroma)
    metre, position, metre_share = choose_bars(ratio)
    result = Rhythm(bpm, pulse, 0.0, 0.0, candidates, bool(constant), max(0.0, 1.0 - spread), curve, (start, 60.0 / fitted) if constant else (),
                    times, times[position == 0], metre, metre_share)
    result.tempo_confidence = pulse * logistic(linear(tempo_confidence_features(share, features), rules["tempo_confidence"]))
    result.beat_confidence = pulse * logistic(linear(beat_confidence_features(share, features, on_grid), rules["beat_confidence"]))
    return result


def logit(p):
    p = np.clip(p, 1e-4, 1 - 1e-4)
    return np.log(p / (1 - p))


def tempo_confidence_features(share, pulse_values):
    return np.array([logit(share[0]), pulse_values[1], pulse_values[2]])


def beat_confidence_features(share, pulse_values, on_grid):
    return np.array([logit(share[0]), pulse_values[1], pulse_values[2], pulse_values[4]])


def analyse(frames, weights, rules, chroma=None):
    """Rhythm of log-mel frames [frames, 40] and, for the bars, optional chroma (see harmony.py)."""
    return analyse_kept(network.activations(frames, weights), onset_bands(frames), rules, chroma, magnitude_rise(frames))


def load(folder=HERE):
    """(network weights, rules) from a folder."""
    rules = json.loads((Path(folder) / "rules.json").read_text())
    return network.load_weights(Path(folder) / "beat.bin"), rules


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="+")
    weights, rules = load()
    for file in parser.parse_args().files:
        samples = load_mono(file)
        r = analyse(log_mel_of(samples), weights, rules, harmony.chroma(harmony.tonal_frames(samples)))
        short = lambda times: [round(float(t), 3) for t in times]
        print(json.dumps({"file": file, "bpm": r.bpm, "pulse": round(r.pulse, 3), "tempo_confidence": round(r.tempo_confidence, 3),
                          "beat_confidence": round(r.beat_confidence, 3), "metre": r.metre, "beats": short(r.beats), "downbeats": short(r.downbeats)}))


if __name__ == "__main__":
    main()
