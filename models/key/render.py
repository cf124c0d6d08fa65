"""Renders POP909 with labels for key and chord training: MIDI -> arrangement -> FluidSynth -> effects -> FLAC.

    python render.py POP909_DIR OUTPUT_DIR --soundfont FluidR3_GM.sf2 --split train --count 300 [--seed 1]

Writes OUTPUT_DIR/NNN.flac (22 050 Hz, mono) and NNN.json: keys [[start, end, "A minor"]], chords
[[start, end, "A:min7"]], beats [s], style, and whether the song ends on the triad of its
key. The keys of POP909 were estimated from the recordings by a program; its chords come from the MIDI: the
last one is a witness that did not hear that program. Songs divisible by 5 are the validation split. A song's
rendering depends on the seed and its number only. Needs pretty_midi, soundfile, soxr, fluidsynth.
"""
import argparse
import json
import random
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pretty_midi
import soundfile
import soxr

NAMES = "C C# D D# E F F# G G# A A# B".split()
RATE_HZ, OUTPUT_RATE_HZ = 44_100, 22_050
LEAD_IN_S = 4.0
DETUNE_CENTS = (0, 0, 0, 0, -15, 12, 22, -30, 35, -32)
BASS_PROGRAMS = (32, 33, 34, 36, 38, 39)
STYLES = {  # General MIDI programs to choose from for the three tracks of POP909
    "piano": {"MELODY": (0, 4), "BRIDGE": (0,), "PIANO": (0, 1, 4)},
    "band": {"MELODY": (65, 73, 52, 80, 27, 56), "BRIDGE": (48, 27, 29, 18), "PIANO": (25, 4, 26, 0, 16)},
    "rock": {"MELODY": (29, 30, 53, 80, 27), "BRIDGE": (29, 48, 18), "PIANO": (29, 30, 27, 28, 16)},
    "edm": {"MELODY": (80, 81, 62, 54), "BRIDGE": (90, 95, 89), "PIANO": (81, 90, 38, 88, 63)},
    "ballad": {"MELODY": (71, 73, 53, 22), "BRIDGE": (48, 89), "PIANO": (24, 0, 11, 25)},
    "orchestra": {"MELODY": (40, 73, 56, 68), "BRIDGE": (60, 48), "PIANO": (48, 46, 45, 49)},
}
STYLE_WEIGHTS = {"piano": 1, "band": 3, "rock": 3, "edm": 2, "ballad": 1, "orchestra": 1}
FLATS = {"Db": 1, "Eb": 3, "Gb": 6, "Ab": 8, "Bb": 10, "Cb": 11, "Fb": 4, "E#": 5, "B#": 0}


def pitch_class(name):
    return FLATS[name] if name in FLATS else NAMES.index(name)


def read_table(path):
    return [line.split("\t") for line in path.read_text().split("\n") if line.strip()]


def moved(rows, start, end, speed, label):
    """Rows cut to start..end, times from 0, labels by the given function."""
    kept = []
    for row in rows:
        a, b = max(float(row[0]), start), min(float(row[1]), end)
        if b > a:
            kept.append([round((a - start) / speed, 4), round((b - start) / speed, 4), label(row[2].strip())])
    return kept


def transposed_chord(label, semitones):
    if ":" not in label:
        return label
    root, quality = label.split(":", 1)
    return f"{NAMES[(pitch_class(root) + semitones) % 12]}:{quality}"


def transposed_key(label, semitones):
    tonic, mode = label.split(":")
    return f"{NAMES[(pitch_class(tonic) + semitones) % 12]} {'major' if mode.startswith('maj') else 'minor'}"


def ends_on_tonic(keys, chords):
    """Whether the last chord of a whole song is the major or minor triad of its last key."""
    tonic, mode = transposed_key(keys[-1][2].strip(), 0).split()
    labels = [transposed_chord(row[2].strip(), 0) for row in chords if ":" in row[2]]
    root, quality = labels[-1].split(":") if labels else ("", "")
    minor = quality.startswith(("min", "dim", "hdim"))
    return root == tonic and minor == (mode == "minor") and not quality.startswith(("dim", "hdim", "sus"))


def cut(instrument, start, seconds, semitones):
    kept = []
    for note in instrument.notes:
        if start - LEAD_IN_S <= note.start < start + seconds:
            note.start = max(0.0, note.start - start)
            note.end = min(seconds, note.end - start)
            note.pitch = min(127, max(0, note.pitch + semitones))
            if note.end > note.start + 0.02:
                kept.append(note)
    instrument.notes = kept
    instrument.control_changes, instrument.pitch_bends = [], []


def drums(beats, style, rng):
    kit = pretty_midi.Instrument(0, is_drum=True)
    half = rng.random() < 0.25
    loud = rng.uniform(0.7, 1.2)

    def hit(pitch, velocity, time):
        velocity = min(127, int(loud * velocity * rng.uniform(0.8, 1.1)))
        time = max(0.0, time + rng.gauss(0.0, 0.004))
        kit.notes.append(pretty_midi.Note(velocity, pitch, time, time + 0.1))

    for index, (beat, following) in enumerate(zip(beats, beats[1:])):
        offbeat = (beat + following) / 2
        if style == "edm":
            hit(36, 115, beat), hit(46, 85, offbeat)
            if index % 2:
                hit(39, 95, beat)
            continue
        if half and index % 2 == 0:
            hit(36 if index % 4 == 0 else 38, 105, beat)
        elif not half:
            hit(36 if index % 2 == 0 else 38, 105, beat)
        hit(42, 70, beat), hit(42, 55, offbeat)
        if index % 16 == 0:
            hit(49, 90, beat)
    return kit


def bass(piano, rng):
    """Doubles the lowest piano note of each chord, sometimes as repeated eighths."""
    track = pretty_midi.Instrument(rng.choice(BASS_PROGRAMS))
    chords = {}
    for note in piano.notes:
        chords.setdefault(round(note.start, 2), []).append(note)
    for notes in chords.values():
        lowest = min(notes, key=lambda note: note.pitch)
        if lowest.pitch < 60:
            pitch = 28 + (lowest.pitch - 28) % 12
            track.notes.append(pretty_midi.Note(rng.randint(85, 120), pitch, lowest.start, lowest.end))
    return track


def arrange(midi, style, start, seconds, semitones, beats, rng):
    out = pretty_midi.PrettyMIDI()
    for instrument in midi.instruments:
        name = instrument.name.upper()
        instrument.program = rng.choice(STYLES[style].get(name, (0,)))
        cut(instrument, start, seconds, semitones)
        level = rng.uniform(0.6, 1.0) if name != "MELODY" else rng.uniform(0.7, 1.1)
        for note in instrument.notes:
            note.velocity = int(min(127, max(1, note.velocity * level)))
        out.instruments.append(instrument)
        if name == "PIANO" and style != "piano" and rng.random() < 0.8:
            out.instruments.append(bass(instrument, rng))
    if style in ("band", "edm", "rock") or (style == "ballad" and rng.random() < 0.5):
        out.instruments.append(drums(beats, style, rng))
    return out


def synthesise(midi, soundfont, speed, rng):
    """Mono samples at OUTPUT_RATE_HZ: played at `speed`, equalised, compressed, with noise."""
    with tempfile.TemporaryDirectory() as folder:
        file, wav = f"{folder}/c.mid", f"{folder}/c.wav"
        midi.write(file)
        command = ["fluidsynth", "-ni", "-q", "-g", "0.5", "-r", str(RATE_HZ), "-F", wav, str(soundfont), file]
        subprocess.run(command, check=True, capture_output=True)
        samples, _ = soundfile.read(wav, dtype="float32", always_2d=True)
    samples = soxr.resample(samples.mean(axis=1), RATE_HZ * speed, OUTPUT_RATE_HZ)
    samples /= np.abs(samples).max() + 1e-9
    spectrum = np.fft.rfft(samples)  # a smooth random equalisation, +-6 dB, as rooms and producers do
    knots = np.array([rng.uniform(-6, 6) for _ in range(8)])
    octave = np.log2(np.maximum(np.fft.rfftfreq(len(samples), 1 / OUTPUT_RATE_HZ), 30) / 40)
    samples = np.fft.irfft(spectrum * 10 ** (np.interp(octave, range(8), knots) / 20), len(samples))
    samples /= np.abs(samples).max() + 1e-9
    drive = rng.choice((1.0, 2.0, 4.0))
    samples = np.tanh(drive * samples) / np.tanh(drive)
    noise = np.random.default_rng(rng.getrandbits(32)).standard_normal(len(samples))
    return 0.9 * samples + noise * 10 ** (rng.uniform(-70, -35) / 20)


def render(folder, output, soundfont, seed, seconds):
    rng = random.Random(f"{seed}-{folder.name}")
    midi = pretty_midi.PrettyMIDI(str(folder / f"{folder.name}.mid"))
    beats = np.loadtxt(folder / "beat_midi.txt")[:, 0]
    begin = beats[len(beats) // 4] if beats[-1] > 1.4 * seconds else beats[0]
    end = min(begin + seconds, beats[-1])
    semitones = rng.randint(-5, 6)
    style = rng.choices(list(STYLE_WEIGHTS), list(STYLE_WEIGHTS.values()))[0]
    speed = 2.0 ** (rng.choice(DETUNE_CENTS) / 1200)
    inside = beats[(beats >= begin) & (beats < end)] - begin
    samples = synthesise(arrange(midi, style, begin, end - begin, semitones, inside, rng), soundfont, speed, rng)
    samples = samples[: int((end - begin) / speed * OUTPUT_RATE_HZ)]
    soundfile.write(output / f"{folder.name}.flac", samples, OUTPUT_RATE_HZ, subtype="PCM_16")
    keys, chords = read_table(folder / "key_audio.txt"), read_table(folder / "chord_midi.txt")
    labels = {
        "song": folder.name,
        "ends_on_tonic": ends_on_tonic(keys, chords),
        "style": style,
        "cents": 1200 * np.log2(speed),
        "keys": moved(keys, begin, end, speed, lambda k: transposed_key(k, semitones)),
        "chords": moved(chords, begin, end, speed, lambda c: transposed_chord(c, semitones)),
        "beats": [round(b / speed, 4) for b in inside],
    }
    (output / f"{folder.name}.json").write_text(json.dumps(labels))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pop909", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--soundfont", type=Path, default="/usr/share/sounds/sf2/FluidR3_GM.sf2")
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--split", choices=("train", "validation"), default="train")
    options = parser.parse_args()
    folders = sorted(f for f in options.pop909.iterdir() if f.name.isdigit())
    folders = [f for f in folders if (int(f.name) % 5 == 0) == (options.split == "validation")]
    random.Random(options.seed).shuffle(folders)
    options.output.mkdir(parents=True, exist_ok=True)
    for folder in folders[: options.count]:
        if not (options.output / f"{folder.name}.json").exists():
            render(folder, options.output, options.soundfont, options.seed, options.seconds)


if __name__ == "__main__":
    main()
