"""Renders pieces whose form is known: composed songs, and POP909 songs with human phrase labels.

    python render.py OUTPUT --soundfont FluidR3_GM.sf2 [--composed 40] [--pop909 FOLDER --phrases FOLDER]

Writes NAME.flac and NAME.json: {"sections": [[start_s, end_s, label]], "split", "intro_end_s", "outro_start_s",
"fade_in_s", "fade_out_s"}; a missing time is null. `--phrases` holds NNN.txt with lines such as i4A8B8b4o2 (letter,
bars; Dai, Zhang and Dannenberg, "Automatic detection of hierarchical structure …", 2020; their human_label2).
"""
import argparse
import json
import random
import re
import sys
from pathlib import Path

import numpy as np
import soundfile

sys.path.insert(0, str(Path(__file__).parent.parent / "beat"))
import arrange  # noqa: E402
import compose  # noqa: E402
import sound  # noqa: E402

FORMS = (  # letter, bars; I intro, O outro, everything else a theme
    "I4 A16 B8 A16 B8 C8 B8 B8 O4", "I8 A8 A8 B8 A8 B8 C8 A8 O8", "A8 A8 B8 A8 A8 B8 A8", "I4 A8 B8 C8 A8 B8 C8 D8 C8 C8",
    "I8 A16 B16 A16 B16 O8", "A16 B16 A16 C16 A16", "I4 A8 A8 B8 B8 A8 B8 C8 B8 O4", "I16 A16 B16 C8 A16 B16 O16",
    "A8 B8 A8 B8 C16 A8 B8", "I4 A12 B8 A12 B8 C8 B8 B8", "A8 A8 B8 A8", "I8 A8 B8 A8 B8 D16 B8 O8",
)
STYLES = ("rock", "pop", "ballad", "house", "disco", "hiphop", "funk", "swing", "shuffle", "country", "waltz", "piano", "piano_waltz",
          "orchestra", "acoustic", "drum_and_bass", "reggae", "baroque", "bossa", "metal")


def section_rng(seed, letter, tonic, scale):
    """A generator for write_harmony whose first two draws are this key."""
    for attempt in range(10_000):
        name = f"form-{seed}-{letter}-{attempt}"
        probe = random.Random(name)
        if (probe.randint(-5, 6), probe.choice(compose.SCALES)) == (tonic, scale):
            return random.Random(name)
    raise ValueError("no such key")


def write_section(writer, style, letter, bars, seed, palette):
    """Tracks of one section, always the same notes for the same letter."""
    rng = section_rng(seed, letter, *palette["key"])
    choice = random.Random(f"palette-{seed}-{letter}")
    tracks, pattern = [], None
    drop = {"I": 0.5, "O": 0.4, "C": 0.3, "D": 0.3}.get(letter, 0.08)
    with_drums, new_sound, with_lead = choice.random() > drop, choice.random() < 0.3, letter not in "IO" or choice.random() < 0.3
    if style.drums:
        pattern = palette["drums"] if choice.random() < 0.5 else choice.choice(style.drums)
        if with_drums:
            drums, _ = compose.write_drums(writer, style, bars, style.bar, palette["swing"], random.Random(f"kit-{seed}-{letter}"), 0, pattern)
            drums.program = palette["kit"]
            tracks.append(drums)
    harmony = compose.write_harmony(writer, style, bars, style.bar, pattern, rng)
    if not new_sound:
        for track, program in zip(harmony, palette["programs"]):
            track.program = program
    return tracks + (harmony if with_lead else harmony[:3])


def compose_song(seed):
    """A Piece of 1 to 5 minutes, its sections, and its length in seconds."""
    rng = random.Random(f"song-{seed}")
    name = STYLES[seed % len(STYLES)]
    style, form = compose.STYLES[name], [(part[0], int(part[1:])) for part in FORMS[(seed * 5 + seed // 12) % len(FORMS)].split()]
    bpm = 2.0 ** rng.uniform(*np.log2(style.bpm))
    bars = sum(count for _, count in form)
    beats = compose.tempo_curve(bpm, bars * style.bar + 9, rng.choice(("steady", "steady", "human")), rng)
    palette = {"key": (rng.randint(-5, 6), rng.choice(compose.SCALES)), "swing": rng.choice(style.swing), "kit": rng.choice(style.kits),
               "drums": rng.choice(style.drums) if style.drums else None,
               "programs": (rng.choice((32, 33, 35)), rng.choice(style.programs), rng.choice(style.programs), rng.choice(style.lead))}
    tracks, sections, at = [], [], 0
    for letter, count in form:
        local = beats[at * style.bar :]
        writer = compose.Writer(local, 0.004, random.Random(f"play-{seed}-{at}"))
        tracks += write_section(writer, style, letter, count, seed, palette)
        sections.append([float(beats[at * style.bar]), float(beats[(at + count) * style.bar]), letter])
        at += count
    lead_in = rng.choice((0.0, 0.0, 0.3, 1.2))
    for track in tracks:
        track.notes = [(s + lead_in, e + lead_in, p, v) for s, e, p, v in track.notes if s + lead_in >= 0]
    sections = [[s + lead_in, e + lead_in, label] for s, e, label in sections]
    end = sections[-1][1] + rng.choice((1.0, 3.0))
    return compose.Piece(name, tracks, beats, None, style.bar, True), sections, end


def fades(samples, rng, rate):
    """Fades of random length at either end; their ends in seconds, or None."""
    seconds = len(samples) / rate
    t = np.arange(len(samples)) / rate
    out = rng.uniform(6, 16) if rng.random() < 0.35 else None
    into = rng.uniform(4, 10) if rng.random() < 0.15 else None
    if out:
        gone = seconds - rng.uniform(0.5, 2.0)
        gain = np.clip((gone - t) / out, 0, 1)
        samples = samples * (gain if rng.random() < 0.5 else np.where(gain > 0, 10 ** ((gain - 1) * 50 / 20), 0.0))
        out = gone - out
    if into:
        samples = samples * np.clip(t / into, 0, 1)
    return samples, into, out


def edges(sections):
    """End of the intro and start of the outro, or None."""
    first, last = sections[0], sections[-1]
    return (first[1] if first[2] == "I" else None), (last[0] if last[2] == "O" else None)


def bar_times(folder):
    """Starts of all bars of a POP909 song, continued at both ends."""
    table = np.loadtxt(folder / "beat_midi.txt")
    starts = table[table[:, 2] > 0, 0]
    bar = float(np.median(np.diff(starts)))
    return np.concatenate([starts[0] + bar * np.arange(-8, 0), starts, starts[-1] + bar * np.arange(1, 40)])


def align(phrases, bars, melody):
    """Bar at which the labels begin: where phrases with a melody best meet bars with one."""
    sung = np.array([any(a - 0.1 <= s < b - 0.1 for s in melody) for a, b in zip(bars, bars[1:])], float)
    told = np.concatenate([np.full(n, letter.isupper()) for letter, n in phrases]).astype(float)
    scores = [np.corrcoef(np.r_[np.zeros(o), told, np.zeros(max(0, len(sung) - o - len(told)))][: len(sung)], sung)[0, 1] for o in range(4, 20)]
    return 4 + int(np.argmax(scores)), float(np.max(scores))


def pop_song(folder, text, seed):
    """A POP909 song with its own tracks, every second time with drums and bass; sections by phrase letter."""
    import pretty_midi
    rng = random.Random(f"form-{folder.name}-{seed}")
    phrases = [(letter, int(n)) for letter, n in re.findall(r"([A-Za-z])(\d+)", text)]
    midi = pretty_midi.PrettyMIDI(str(folder / f"{folder.name}.mid"))
    melody = [n.start for i in midi.instruments if i.name.upper() == "MELODY" for n in i.notes]
    bars = bar_times(folder)
    at, score = align(phrases, bars, melody)
    end = midi.get_end_time() + 1.0
    tracks = arrange.original_tracks(folder, -5.0, end, 0, rng)
    table = np.loadtxt(folder / "beat_midi.txt")
    beats, period = table[:, 0], float(np.median(np.diff(table[:, 0])))
    length = int(round(float(np.median(np.diff(bars))) / period))
    if rng.random() < 0.5 and length == 4:
        fitting = [n for n, (low, high) in arrange.DRUM_STYLES.items() if low <= 60 / period <= high] or ["pop"]
        first = int(np.flatnonzero(table[:, 2] > 0)[0])
        tracks += arrange.rhythm_section(folder, beats, first, 4, 60 / period, rng.choice(fitting), 0, end, rng)
    sections = []
    for letter, count in phrases:
        kind = letter.upper() if letter in "ioxX" else letter
        sections.append([float(bars[at]), float(bars[at + count]), kind])
        at += count
    for track in tracks:
        track.notes = [n for n in track.notes if n[0] >= 0]
    sections = [s for s in sections if s[1] > 0 and s[0] < end]
    sections[0][0] = max(0.0, sections[0][0])
    return compose.Piece("pop909", tracks, beats, None, length, True), sections, end, score


def save(name, output, piece, sections, end, soundfont, seed, split, with_fades):
    """Renders, fades and writes; every third piece goes through room, compressor and codec."""
    if (output / f"{name}.json").exists():
        return
    if seed % 3 == 0:
        samples = sound.render(piece, soundfont, seed, end)
    else:
        stereo = sound.fluidsynth(sound.to_midi(piece.tracks, end, np.random.default_rng(seed)), soundfont, seed % 2 == 0, 0.5)
        samples = np.pad(stereo.mean(axis=1), (0, max(0, int(end * sound.RATE) - len(stereo))))[: int(end * sound.RATE)]
        samples = 0.7 * samples / (np.abs(samples).max() + 1e-6)
    into = out = None
    if with_fades:
        samples, into, out = fades(samples, random.Random(f"fade-{seed}"), sound.RATE)
    intro, outro = edges(sections)
    sections[-1][1] = min(sections[-1][1], len(samples) / sound.RATE)
    truth = {"sections": sections, "split": split, "style": piece.style, "intro_end_s": intro, "outro_start_s": outro, "fade_in_s": into, "fade_out_s": out}
    soundfile.write(output / f"{name}.flac", samples, sound.RATE, subtype="PCM_16")
    (output / f"{name}.json").write_text(json.dumps(truth))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("output", type=Path)
    parser.add_argument("--soundfont", default="/usr/share/sounds/sf2/FluidR3_GM.sf2")
    parser.add_argument("--composed", type=int, default=40)
    parser.add_argument("--pop909", type=Path)
    parser.add_argument("--phrases", type=Path)
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    for number, path in enumerate(sorted(options.phrases.glob("*.txt")) if options.phrases else ()):
        piece, sections, end, score = pop_song(options.pop909 / path.stem, path.read_text(), 1)
        if score < 0.6:
            print("left out, labels do not meet the melody:", path.stem, round(score, 2), flush=True)
            continue
        save(f"pop909_{path.stem}", options.output, piece, sections, end, options.soundfont, number, ("dev", "test")[number % 2], False)
        print(path.stem, round(score, 2), flush=True)
    for seed in range(options.composed):
        piece, sections, end = compose_song(seed)
        save(f"song_{seed:02}_{piece.style}", options.output, piece, sections, end, options.soundfont, seed, ("dev", "test")[seed % 2], True)
        print(seed, piece.style, flush=True)


if __name__ == "__main__":
    main()
