"""Notes -> audio: FluidSynth, a synthetic drum kit, effects, codec round trip; and sounds without a pulse."""
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pretty_midi
import soundfile
from scipy.signal import fftconvolve, lfilter, sosfilt, butter

import frontend

RATE = frontend.RATE_HZ
CODECS = (None, None, ("mp3", "libmp3lame", "64k"), ("mp3", "libmp3lame", "128k"), ("ogg", "libvorbis", "64k"), ("ogg", "libvorbis", "48k"))


def to_midi(tracks, duration, rng, skip_drums=False):
    """PrettyMIDI of the tracks, with vibrato where asked for."""
    midi = pretty_midi.PrettyMIDI(resolution=960)
    for track in tracks:
        if track.is_drum and skip_drums or not track.notes:
            continue
        instrument = pretty_midi.Instrument(track.program, track.is_drum)
        instrument.notes = [pretty_midi.Note(v, p, s, e) for s, e, p, v in track.notes]
        if track.vibrato:
            rate, depth = rng.uniform(4.5, 6.5), rng.uniform(200, 900)
            instrument.pitch_bends = [pretty_midi.PitchBend(int(depth * np.sin(2 * np.pi * rate * t)), t) for t in np.arange(0, duration, 0.02)]
        midi.instruments.append(instrument)
    return midi


def fluidsynth(midi, soundfont, reverb, gain):
    """Stereo float32 [n, 2] at RATE."""
    with tempfile.TemporaryDirectory() as folder:
        source, wav = f"{folder}/a.mid", f"{folder}/a.wav"
        midi.write(source)
        options = ["-o", f"synth.reverb.active={int(reverb)}", "-o", f"synth.chorus.active={int(reverb)}", "-O", "s16"]
        command = ["fluidsynth", "-ni", "-q", "-g", f"{gain:.2f}", "-r", str(RATE), *options, "-F", wav, str(soundfont), source]
        subprocess.run(command, check=True, capture_output=True)
        return soundfile.read(wav, dtype="float32", always_2d=True)[0]


def kick_sound(rng):
    """A sine falling in pitch, with a click."""
    t = np.arange(int(0.35 * RATE)) / RATE
    low, high, fall = rng.uniform(40, 65), rng.uniform(80, 260), rng.uniform(15, 50)
    phase = 2 * np.pi * np.cumsum(low + high * np.exp(-t * fall)) / RATE
    return np.sin(phase) * np.exp(-t * rng.uniform(6, 20)) + 0.3 * np.exp(-t * 400) * rng.normal(size=len(t))


def snare_sound(rng):
    """Filtered noise over a short tone."""
    t = np.arange(int(0.3 * RATE)) / RATE
    noise = sosfilt(butter(2, rng.uniform(400, 1800), "high", fs=RATE, output="sos"), rng.normal(size=len(t)))
    return 0.6 * noise * np.exp(-t * rng.uniform(10, 30)) + 0.6 * np.sin(2 * np.pi * rng.uniform(150, 240) * t) * np.exp(-t * 30)


def hat_sound(rng, decay):
    """High noise."""
    t = np.arange(int(0.25 * RATE)) / RATE
    high = sosfilt(butter(2, rng.uniform(4000, 7500), "high", fs=RATE, output="sos"), rng.normal(size=len(t)))
    return high * np.exp(-t * decay)


def synthetic_drums(tracks, samples, rng):
    """Drum tracks played by a synthetic kit, [samples]; also the kick times."""
    out, kicks = np.zeros(samples + RATE), []
    kick, snare, closed, opened = kick_sound(rng), snare_sound(rng), hat_sound(rng, rng.uniform(40, 90)), hat_sound(rng, rng.uniform(10, 25))
    crash = np.concatenate([hat_sound(rng, 5)] * 1)
    sounds = {36: kick, 38: snare, 37: 0.5 * snare, 39: snare, 42: 0.35 * closed, 44: 0.3 * closed, 46: 0.4 * opened, 51: 0.35 * opened,
              49: 0.8 * crash, 54: 0.3 * closed, 70: 0.2 * closed, 56: 0.3 * closed, 45: 0.7 * kick, 47: 0.7 * kick, 50: 0.7 * kick}
    for track in tracks:
        for start, _, pitch, velocity in track.notes if track.is_drum else ():
            sound, at = sounds.get(pitch, closed), int(start * RATE)
            if at + len(sound) < len(out):
                out[at : at + len(sound)] += (velocity / 127) ** 1.5 * sound
            if pitch == 36:
                kicks.append(start)
    return out[:samples], kicks


def pump(samples, kicks, rng):
    """Side-chain: ducks the signal after every kick."""
    gain, length = np.ones(samples), int(rng.uniform(0.12, 0.4) * RATE)
    dip = 1.0 - rng.uniform(0.4, 0.9) * (1.0 - np.linspace(0, 1, length)) ** 1.5
    for kick in kicks:
        at = int(kick * RATE)
        piece = gain[at : at + length]
        np.minimum(piece, dip[: len(piece)], out=piece)
    return gain


def room(x, rng):
    """Adds decaying noise as reverberation; the direct sound stays where it was."""
    seconds, wet = rng.uniform(0.15, 1.6), rng.uniform(0.05, 0.5)
    t = np.arange(int(seconds * RATE)) / RATE
    response = rng.normal(size=len(t)) * np.exp(-6.9 * t / seconds)
    response[: int(rng.uniform(0.001, 0.02) * RATE)] = 0.0
    response = lfilter([1 - 0.6], [1, -0.6], response)
    response /= np.sqrt(np.sum(response**2)) + 1e-9
    return x + wet * fftconvolve(x, response)[: len(x)]


def compress(x, rng):
    """Feed-forward compressor and, half the time, saturation."""
    level = np.abs(x)
    envelope = lfilter([1 - 0.9995], [1, -0.9995], level) + 1e-4
    ratio = rng.uniform(0.2, 0.75)
    y = x * envelope ** (-ratio)
    y = y / (np.percentile(np.abs(y), 99.9) + 1e-9)
    return np.tanh(rng.uniform(1.0, 4.0) * y) if rng.random() < 0.5 else y


def equalise(x, rng):
    """Random low, high and band emphasis."""
    if rng.random() < 0.3:
        x = sosfilt(butter(1, rng.uniform(40, 200), "high", fs=RATE, output="sos"), x)
    if rng.random() < 0.3:
        x = sosfilt(butter(1, rng.uniform(2500, 9000), "low", fs=RATE, output="sos"), x)
    low, high = np.sort(np.exp(rng.uniform(np.log(80), np.log(8000), 2)))
    if high > 1.3 * low:
        band = sosfilt(butter(1, (low, min(high, 0.45 * RATE)), "band", fs=RATE, output="sos"), x)
        x = x + rng.uniform(-0.6, 1.5) * band
    return x


def round_trip(x, codec):
    """Through a lossy codec and back, same length."""
    if codec is None:
        return x
    suffix, encoder, rate = codec
    with tempfile.TemporaryDirectory() as folder:
        first, coded, last = f"{folder}/a.wav", f"{folder}/a.{suffix}", f"{folder}/b.wav"
        soundfile.write(first, np.clip(x, -1, 1), RATE, subtype="PCM_16")
        run = lambda *a: subprocess.run(["ffmpeg", "-y", "-v", "error", *a], check=True)
        run("-i", first, "-threads", "1", "-c:a", encoder, "-b:a", rate, coded)
        run("-i", coded, "-ar", str(RATE), last)
        y = soundfile.read(last, dtype="float32")[0]
    return np.pad(y, (0, max(0, len(x) - len(y))))[: len(x)]


def master(x, rng):
    """Room, equaliser, compression, noise, codec, level: what lies between players and file."""
    x = x / (np.abs(x).max() + 1e-6)
    for effect, share in ((room, 0.5), (equalise, 0.6), (compress, 0.65)):
        if rng.random() < share:
            x = effect(x, rng)
            x = x / (np.abs(x).max() + 1e-6)
    if rng.random() < 0.2:
        x = x + 10 ** rng.uniform(-4, -2) * rng.normal(size=len(x))
    x = round_trip(x * rng.uniform(0.5, 0.98), CODECS[rng.integers(len(CODECS))])
    return (x * 10 ** (rng.uniform(-18, 0) / 20)).astype(np.float32)


def render(piece, soundfont, seed, duration):
    """Mono samples of a Piece after all effects."""
    rng = np.random.default_rng(seed)
    count = int(duration * RATE)
    own_kit = rng.random() < 0.4 and any(t.is_drum for t in piece.tracks)
    stereo = fluidsynth(to_midi(piece.tracks, duration, rng, own_kit), soundfont, rng.random() < 0.6, 0.5)
    mix = np.pad(stereo.mean(axis=1), (0, max(0, count - len(stereo))))[:count]
    mix = mix / (np.abs(mix).max() + 1e-6)
    if own_kit:
        drums, kicks = synthetic_drums(piece.tracks, count, rng)
        drums = drums / (np.abs(drums).max() + 1e-6)
        if rng.random() < 0.4:
            mix = mix * pump(count, kicks, rng)
        mix = mix * rng.uniform(0.3, 1.2) + drums
    return master(mix, rng)


def no_pulse(kind, seed, duration):
    """Sound without a beat: `noise`, `tone`, `drone`, `speech`, `rain` (random onsets), `silence`, `pad`."""
    rng = np.random.default_rng(seed)
    count = int(duration * RATE)
    t = np.arange(count) / RATE
    if kind == "silence":
        return (rng.normal(size=count) * 10 ** rng.uniform(-7, -4)).astype(np.float32)
    if kind == "noise":
        swell = 1 + 0.5 * np.interp(t, np.arange(0, duration + 5, 5), rng.uniform(-1, 1, len(np.arange(0, duration + 5, 5))))
        return master(swell * lfilter([1], [1, -rng.uniform(0, 0.98)], rng.normal(size=count)), rng)
    if kind == "tone":
        x = sum(np.sin(2 * np.pi * f * t + rng.uniform(0, 6)) for f in rng.uniform(60, 3000, rng.integers(1, 4)))
        return (0.3 * x / np.abs(x).max()).astype(np.float32)
    if kind == "drone":
        f = rng.uniform(40, 200)
        slow = lambda: np.interp(t, np.arange(0, duration + 4, 4), rng.uniform(0, 1, len(np.arange(0, duration + 4, 4))))
        return master(sum(slow() / h * np.sin(2 * np.pi * f * h * t * (1 + 0.001 * h)) for h in range(1, 12)), rng)
    if kind == "pad":
        out = np.zeros(count)
        at = 0.0
        while at < duration:
            length = rng.uniform(2.0, 7.0)
            part = t[(t >= at) & (t < at + length)] - at
            window = np.hanning(len(part))
            f = 110 * 2 ** (rng.integers(0, 24) / 12)
            begin = int(np.ceil(at * RATE))
            out[begin : begin + len(part)] += window * sum(np.sin(2 * np.pi * f * h * part) / h for h in (1, 2, 3, 4))
            at += length * rng.uniform(0.3, 0.8)
        return master(out, rng)
    if kind == "rain":
        out = np.zeros(count + RATE)
        at = 0.0
        sounds = [kick_sound(rng), snare_sound(rng), hat_sound(rng, 30)]
        rate = rng.uniform(1, 10)
        while at < duration:
            sound = sounds[rng.integers(3)] * rng.uniform(0.1, 1)
            out[int(at * RATE) : int(at * RATE) + len(sound)] += sound
            at += rng.exponential(1 / rate)
        return master(out[:count], rng)
    return master(speech(t, rng), rng)


def speech(t, rng):
    """Syllables of irregular length: a buzzing or hissing source through moving resonances, with pauses."""
    out = np.zeros(len(t))
    at, pitch = 0.0, rng.uniform(90, 220)
    while at < t[-1]:
        if rng.random() < 0.15:
            at += rng.uniform(0.2, 1.0)
        length = rng.uniform(0.08, 0.35)
        begin, n = int(at * RATE), int(length * RATE)
        f0 = pitch * np.linspace(rng.uniform(0.8, 1.3), rng.uniform(0.8, 1.3), n)
        source = (np.cumsum(f0) / RATE) % 1.0 - 0.5 if rng.random() < 0.75 else 0.3 * rng.normal(size=n)
        for formant in (rng.uniform(250, 850), rng.uniform(900, 2400), rng.uniform(2400, 3500)):
            r = np.exp(-np.pi * 90 / RATE)
            source = source + 0.5 * lfilter([1 - r], [1, -2 * r * np.cos(2 * np.pi * formant / RATE), r * r], source)
        piece = source * np.hanning(n) ** 0.5 * rng.uniform(0.3, 1.0)
        out[begin : begin + n] += piece[: max(0, len(out) - begin)][: n]
        at += length
    return out
