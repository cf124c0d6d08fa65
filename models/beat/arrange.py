"""Arrangements of existing MIDI: POP909 songs with new instruments, bass and drums, and freedoom pieces.

Bar starts of POP909 are used only where its two annotations (from the MIDI and from the
recording) agree; elsewhere `bars_known` is False and the clip trains beats only.
"""
import random
from pathlib import Path

import numpy as np
import pretty_midi

from compose import CLIP_S, GUITARS, DISTORTED, KEYS, PADS, STRINGS, STYLES, SYNTHS, WINDS, Piece, Track, Writer, bass_line, clip_to, write_drums

AUDIO_LEAD_S = 0.055  # the recording's beat annotations come this much earlier than the MIDI's
AGREEMENT_S = 0.090
DRUM_STYLES = {  # style -> beats per minute it is played at (after an optional doubling)
    "rock": (60, 190), "punk": (140, 230), "metal": (90, 230), "pop": (60, 145), "ballad": (45, 90), "house": (100, 160),
    "fast_edm": (135, 230), "disco": (95, 145), "hiphop": (65, 115), "halftime": (105, 180), "reggae": (115, 180),
    "bossa": (95, 180), "drum_and_bass": (145, 200), "funk": (75, 130), "country": (75, 140), "latin": (80, 200),
    "game": (95, 205), "shuffle": (60, 150), "swing": (85, 230),
}
ROOTS = {name: number for number, names in enumerate(("C B#", "C# Db", "D", "D# Eb", "E Fb", "F E#", "F# Gb", "G", "G# Ab", "A", "A# Bb", "B Cb")) for name in names.split()}


def songs_of(folder, validation):
    """Sorted POP909 song folders of one split: numbers divisible by 5 are for validation."""
    numbers = sorted(p for p in Path(folder).iterdir() if p.name.isdigit())
    return [p for p in numbers if (int(p.name) % 5 == 0) == validation]


def bar_agreement(folder):
    """Beats [s], bar starts, bar length, and per bar whether both annotations agree (None: unusable)."""
    table = np.loadtxt(folder / "beat_midi.txt")
    beats, starts = table[:, 0], np.flatnonzero(table[:, 2] > 0)
    if len(starts) < 10 or np.any(np.diff(beats) < 0.15):
        return None
    length = int(np.median(np.diff(starts)))
    audio = np.loadtxt(folder / "beat_audio.txt")
    audio_starts = audio[audio[:, 1] == 1, 0] + AUDIO_LEAD_S
    same_length = np.median(np.diff(audio[:, 0])) / np.median(np.diff(beats))
    agree = np.array([np.min(np.abs(audio_starts - beats[s])) < AGREEMENT_S for s in starts])
    agree &= np.append(np.diff(starts) == length, False) & (abs(same_length - 1.0) < 0.1) & (length in (3, 4))
    return beats, starts, length, agree


def choose_excerpt(starts, agree, bars, rng):
    """First bar of an excerpt and whether its bar starts can be trusted."""
    last = max(1, len(starts) - bars - 1)
    shares = np.array([agree[i : i + bars].mean() for i in range(last)])
    good = np.flatnonzero(shares > 0.95)
    if len(good):
        return int(rng.choice(list(good))), True
    return rng.randrange(last), False


def chord_roots(folder):
    """(start s, end s, root pitch class) from chord_midi.txt."""
    rows = []
    for line in (folder / "chord_midi.txt").read_text().split("\n"):
        cells = line.split()
        if len(cells) == 3 and cells[2] != "N":
            rows.append((float(cells[0]), float(cells[1]), ROOTS[cells[2].split(":")[0]]))
    return rows


def original_tracks(folder, start, end, transpose, rng):
    """The song's own tracks between two times, with new programs."""
    midi = pretty_midi.PrettyMIDI(str(folder / f"{folder.name}.mid"))
    families = (KEYS, GUITARS, PADS, SYNTHS, STRINGS, WINDS, DISTORTED)
    piano_only = rng.random() < 0.15
    tracks = []
    for instrument in midi.instruments:
        name = instrument.name.upper()
        family = KEYS if name == "PIANO" and rng.random() < 0.5 else rng.choice(families)
        track = Track(0 if piano_only else rng.choice(family), vibrato=name == "MELODY" and rng.random() < 0.5)
        track.notes = [(n.start, n.end, n.pitch + transpose, n.velocity) for n in instrument.notes if start - 4 < n.start < end]
        if name == "PIANO" or rng.random() < 0.85:
            tracks.append(track)
    return tracks


def arrange_pop909(folder, seed, duration=CLIP_S):
    """A Piece from one POP909 song, or None when its beats are unusable."""
    rng = random.Random(f"pop909-{seed}-{folder.name}")
    found = bar_agreement(folder)
    if found is None:
        return None
    beats, starts, length, agree = found
    period = float(np.median(np.diff(beats)))
    stretch = rng.uniform(0.85, 1.2)  # how much slower the excerpt is played
    bars = int(np.ceil((duration / stretch) / (period * length)))
    first, trusted = choose_excerpt(starts, agree, bars, rng)
    begin = starts[first]
    bar_of = (np.arange(len(beats)) - begin) % length == 0
    if not trusted:
        bar_of[:] = False
        bar_of[starts] = True
    origin, end = beats[begin], beats[begin] + duration / stretch + 4
    transpose = rng.randint(-5, 6)
    tracks = original_tracks(folder, origin - 4, end, transpose, rng)
    bpm = 60.0 / (period * stretch)
    doubled = length == 4 and bpm < 110 and rng.random() < 0.35
    if doubled:
        beats = np.interp(np.arange(2 * len(beats) - 1) / 2.0, np.arange(len(beats)), beats)
        wide = np.zeros(len(beats), bool)
        wide[::2] = bar_of
        halves = np.flatnonzero(bar_of) * 2 + 4
        wide[halves[halves < len(wide)]] = True
        bar_of, begin, bpm = wide, begin * 2, bpm * 2
    fitting = [name for name, (low, high) in DRUM_STYLES.items() if low <= bpm <= high]
    with_drums = length == 4 and fitting and (doubled or rng.random() < 0.82)
    style_name = rng.choice(fitting) if with_drums else "none"
    if length == 3 and rng.random() < 0.7:
        with_drums, style_name = True, "waltz"
    name = f"pop909_{style_name}" + ("_doubled" if doubled else "")
    if with_drums:
        tracks += rhythm_section(folder, beats, begin, length, bpm, style_name, transpose, duration / stretch, rng)
    for track in tracks:
        track.notes = [((s - origin) * stretch, (e - origin) * stretch, p, v) for s, e, p, v in track.notes]
    piece = Piece(name, tracks, (beats - origin) * stretch, bar_of, length, False, trusted)
    return clip_to(piece, rng.uniform(0.0, 2 * length * 60 / bpm), duration)


def rhythm_section(folder, beats, begin, length, bpm, style_name, transpose, seconds, rng):
    """Drums of the style and, mostly, a bass on the annotated chord roots."""
    style = STYLES[style_name]
    bars = min(int(seconds * bpm / 60 / length) + 4, (len(beats) - begin - 1) // length)
    writer = Writer(beats, rng.choice((0.0015, 0.004, 0.008)), rng)
    kit, pattern = write_drums(writer, style, bars, length, rng.choice(style.swing), rng, begin)
    if rng.random() > 0.85:
        return [kit]
    bass, kind = Track(rng.choice((32, 33, 34, 38, 39))), rng.choice(style.bass)
    chords = chord_roots(folder)
    root = following = None
    for bar in range(bars):
        start = begin + bar * length
        sounding = [c for c in chords if c[0] - 0.05 <= beats[start] < c[1] - 0.05]
        root = 36 + (sounding[0][2] + transpose) % 12 - 5 if sounding else root
        if root is None:
            continue
        for s, duration, pitch in bass_line(kind, style, length, pattern, root, root, rng):
            at = beats[min(len(beats) - 1, start + int(s))]
            now = [c for c in chords if c[0] - 0.05 <= at < c[1] - 0.05]
            shift = (36 + (now[0][2] + transpose) % 12 - 5) - root if now else 0
            writer.note(bass, start + s, duration, pitch + shift, 98 if s == 0 else 88)
    return [kit, bass]


def arrange_freedoom(path, seed, duration=CLIP_S):
    """A Piece from a freedoom MIDI, or None when its notes do not follow its own tempo map."""
    rng = random.Random(f"freedoom-{seed}-{path.name}")
    try:
        midi = pretty_midi.PrettyMIDI(str(path))
    except (OSError, ValueError, KeyError, IndexError):
        return None
    beats = midi.get_beats()
    onsets = np.sort([n.start for i in midi.instruments for n in i.notes])
    drums = np.sort([n.start for i in midi.instruments if i.is_drum for n in i.notes if n.pitch in (35, 36, 38, 40)])
    if len(beats) < 20 or len(onsets) < 50 or len(drums) < 20:
        return None
    near = lambda times: np.mean([np.min(np.abs(onsets - t)) < 0.03 for t in times])
    bpm = 60.0 / np.median(np.diff(beats))
    halves = (beats[1:] + beats[:-1]) / 2
    if near(beats) < 0.6 or not 60 <= bpm <= 220 or near(beats) < near(halves):
        return None
    # Snares on every second beat tell that the file's quarter note is what people would tap.
    snares = np.sort([n.start for i in midi.instruments if i.is_drum for n in i.notes if n.pitch in (38, 40)])
    if len(snares) > 8:
        spacing = max(1e-3, np.median(np.diff(snares)) * bpm / 60)
        if abs(np.log2(spacing / 2)) > 0.3:
            return None
    start = rng.uniform(0.0, max(0.1, beats[-1] - duration))
    tracks = [Track(i.program, i.is_drum, [(n.start, n.end, n.pitch, n.velocity) for n in i.notes]) for i in midi.instruments]
    piece = Piece("freedoom", tracks, beats, np.zeros(len(beats), bool), 4, False, bars_known=False)
    return clip_to(piece, start, duration)
