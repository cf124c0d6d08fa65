"""Generative pieces: style -> beats, chords, bass, accompaniment, melody, drums (no audio yet).

Everything is written in beats and turned into seconds by the list of beat times, so
that the labels are exact by construction. All choices come from one random.Random.
"""
import random
from dataclasses import dataclass, field

import numpy as np

CLIP_S = 40.0
KICK, SIDE, SNARE, CLAP, TOM_LOW, HAT, TOM_MID, PEDAL, TOM_HIGH, OPEN = 36, 37, 38, 39, 45, 42, 47, 44, 50, 46
CRASH, RIDE, TAMBOURINE, COWBELL, SHAKER = 49, 51, 54, 56, 70
DRUM_KEYS = {"K": KICK, "R": SIDE, "S": SNARE, "C": CLAP, "H": HAT, "O": OPEN, "P": PEDAL, "D": RIDE,
             "T": TAMBOURINE, "B": COWBELL, "E": SHAKER, "X": CRASH}
DRUM_LEVEL = {"K": 112, "R": 85, "S": 108, "C": 100, "H": 72, "O": 82, "P": 70, "D": 80, "T": 70, "B": 75, "E": 62, "X": 105}


@dataclass
class Track:
    """Notes (start s, end s, pitch, velocity) of one instrument."""

    program: int
    is_drum: bool = False
    notes: list = field(default_factory=list)
    vibrato: bool = False


@dataclass
class Piece:
    """Tracks and labels, in seconds from the start of the clip."""

    style: str
    tracks: list
    beats: np.ndarray
    bar_starts: np.ndarray  # bool per beat
    beats_per_bar: int
    constant: bool
    bars_known: bool = True
    beats_known: bool = True


@dataclass(frozen=True)
class Style:
    """What distinguishes one kind of music; drum lines have `steps` characters a beat."""

    bpm: tuple
    bar: int
    steps: int
    drums: tuple  # of {instrument: line}; empty: no drums
    bass: tuple
    comp: tuple
    programs: tuple = (0, 4, 24, 25, 26, 27, 48, 89)
    lead: tuple = (52, 53, 54, 65, 66, 73, 80, 81, 56, 40, 71, 0, 26)
    kits: tuple = (0, 8, 16)
    swing: tuple = (0.5,)  # position of the second half of a beat (steps == 4 only)
    weight: float = 1.0
    half_bar_chords: float = 0.2


ROCK = (
    {"K": "x.......x.......", "S": "....x.......x...", "H": "x.x.x.x.x.x.x.x."},
    {"K": "x.....x.x.x.....", "S": "....x.......x...", "H": "x.x.x.x.x.x.x.x."},
    {"K": "x..x....x.x....x", "S": "....x.......x...", "H": "x.x.x.x.x.x.x.x."},
    {"K": "x.....x...x.....", "S": "....x.......x...", "D": "x...x...x...x..."},
    {"K": "x.x.....x.x.....", "S": "....x.......x...", "O": "x...x...x...x..."},
)
HOUSE = (
    {"K": "x...x...x...x...", "C": "....x.......x...", "O": "..x...x...x...x.", "H": "x.x.x.x.x.x.x.x."},
    {"K": "x...x...x...x...", "S": "....x.......x...", "O": "..x...x...x...x."},
    {"K": "x...x...x...x...", "C": "....x.......x...", "H": "xxxxxxxxxxxxxxxx", "O": "..x...x...x...x."},
    {"K": "x...x...x...x...", "H": "..x...x...x...x."},
)
HIPHOP = (
    {"K": "x..x......x..x..", "S": "....x.......x...", "H": "x.x.x.x.x.x.x.x."},
    {"K": "x.....xx..x.....", "S": "....x.......x...", "H": "x.xxx.x.x.xxx.x."},
    {"K": "x.x....x..x...x.", "S": "....x.......x...", "H": "x.x.x.x.x.x.x.x."},
)
HALFTIME = (
    {"K": "x.........x.....", "S": "........x.......", "H": "x.x.x.x.x.x.x.x."},
    {"K": "x.....x.........", "C": "........x.......", "H": "x.x.x.xxx.x.x.x."},
    {"K": "x...............", "S": "........x.......", "H": "x...x...x...x..."},
)
ONE_DROP = (
    {"K": "........x.......", "R": "........x.......", "H": "x.x.x.x.x.x.x.x."},
    {"K": "........x.......", "S": "........x.......", "H": "x...x...x...x..."},
    {"K": "x...x...x...x...", "R": "........x.......", "H": "x.x.x.x.x.x.x.x."},
    {"K": "x.......x.......", "R": "........x.......", "H": "x.x.x.x.x.x.x.x."},
)
BOSSA = (
    {"K": "x..xx..xx..xx..x", "R": "x..x..x...x..x..", "H": "xxxxxxxxxxxxxxxx"},
    {"K": "x.....xxx.....xx", "R": "x.....x.....x...", "H": "x.x.x.x.x.x.x.x."},
    {"K": "x.....x.x.....x.", "R": "..x...x...x.....", "E": "x.x.x.x.x.x.x.x."},
)
BREAKS = (
    {"K": "x.........x.....", "S": "....x.......x...", "H": "x.x.x.x.x.x.x.x."},
    {"K": "x.x.......xx....", "S": "....x..x.x..x..x", "H": "x.x.x.x.x.x.x.x."},
    {"K": "x.........x.....", "S": "....x..x.x..x...", "D": "x.x.x.x.x.x.x.x."},
)
METAL = (
    {"K": "x.x.x.x.x.x.x.x.", "S": "....x.......x...", "X": "x...............", "D": "x...x...x...x..."},
    {"K": "xxxxxxxxxxxxxxxx", "S": "....x.......x...", "O": "x...x...x...x..."},
    {"K": "x.x...x.x.x...x.", "S": "....x.......x...", "O": "x.x.x.x.x.x.x.x."},
    {"K": "x...x...x...x...", "S": "..x...x...x...x.", "D": "x...x...x...x..."},
    {"K": "xxx.xxx.xxx.xxx.", "S": "........x.......", "X": "x.......x......."},
)
FUNK = (
    {"K": "x.x.......x..x..", "S": "....x..x.x..x..x", "H": "xxxxxxxxxxxxxxxx"},
    {"K": "x..x..x...x.....", "S": "....x.......x..x", "H": "x.xxx.xxx.xxx.xx"},
)
SWING = (
    {"D": "x..x.xx..x.x", "P": "...x.....x.."},
    {"D": "x..x.xx..x.x", "P": "...x.....x..", "K": "x.....x.....", "S": "..x........."},
    {"D": "x..x.xx..x.x", "P": "...x.....x..", "K": "x..x..x..x.."},
)
SHUFFLE = (
    {"K": "x.....x.....", "S": "...x.....x..", "H": "x.xx.xx.xx.x"},
    {"K": "x....xx....x", "S": "...x.....x..", "D": "x.xx.xx.xx.x"},
    {"K": "x.....x.x...", "S": "...x.....x..", "H": "xxxxxxxxxxxx"},
)
TRAIN = (
    {"K": "x.......x.......", "S": "x.xxx.xxx.xxx.xx"},
    {"K": "x...x...x...x...", "S": "..x...x...x...x.", "H": "x.x.x.x.x.x.x.x."},
    {"K": "x.......x.......", "S": "....x.......x...", "H": "x.x.x.x.x.x.x.x."},
)
LATIN = (
    {"K": "x..x....x..x....", "R": "..x.x...x..x..x.", "B": "x...x...x...x..."},
    {"K": "x...x...x...x...", "S": "...x..x....x..x.", "E": "xxxxxxxxxxxxxxxx"},
    {"B": "x.x.x.xxx.x.x.xx", "R": "x..x..x...x.x..."},
)
WALTZ = (
    {"K": "x...........", "S": "....x...x...", "H": "x...x...x..."},
    {"K": "x.......x...", "S": "....x.......", "D": "x.x.x.x.x.x."},
    {"K": "x...........", "P": "....x...x...", "D": "x...x.x.x..."},
    {"K": "x...........", "R": "....x...x...", "E": "x.x.x.x.x.x."},
)
SIX_EIGHT = (
    {"K": "x.....", "S": "...x..", "H": "xxxxxx"},
    {"K": "x..x..", "T": "x.xx.x"},
    {"K": "x....x", "S": "...x..", "D": "x.xx.x"},
)
TWELVE_EIGHT = (
    {"K": "x.....x.....", "S": "...x.....x..", "H": "xxxxxxxxxxxx"},
    {"K": "x....xx..x..", "S": "...x.....x..", "D": "xxxxxxxxxxxx"},
)
FIVE = (
    {"K": "x.....x...x.........", "S": "........x.......x...", "H": "x.x.x.x.x.x.x.x.x.x."},
    {"K": "x...........x.......", "S": "....x...x.......x...", "D": "x...x...x...x...x..."},
)
SEVEN = (
    {"K": "x.......x...x.......x.......", "S": "....x...........x.......x...", "H": "x.x.x.x.x.x.x.x.x.x.x.x.x.x."},
    {"K": "x.......x.......x...........", "S": "....x.......x.......x...x...", "D": "x...x...x...x...x...x...x..."},
)
SEVEN_FAST = ({"K": "x.....x.......", "S": "........x...x.", "H": "x.x.x.x.x.x.x."}, {"K": "x...x...x.....", "D": "x.x.x.x.x.x.x.", "S": "..........x..."})
MARCH = ({"K": "x...x...", "S": "..x...x."}, {"K": "x.......", "S": "....x...", "H": "x.x.x.x."})

GUITARS, DISTORTED, KEYS, PADS = (24, 25, 26, 27, 28), (29, 30), (0, 1, 2, 4, 5, 16, 18), (48, 49, 50, 89, 90, 91, 94)
SYNTHS, STRINGS, WINDS = (38, 62, 63, 80, 81, 87, 90), (40, 42, 44, 45, 48, 49), (60, 61, 68, 70, 71, 73)

STYLES = {
    "rock": Style((75, 180), 4, 4, ROCK, ("eighths", "kick", "root_beats"), ("strum8", "riff", "block"), GUITARS + DISTORTED + KEYS, weight=3),
    "punk": Style((150, 230), 4, 4, ROCK, ("eighths", "root_beats"), ("riff", "strum8"), DISTORTED, weight=2),
    "metal": Style((90, 230), 4, 4, METAL, ("eighths", "kick"), ("riff", "riff16"), DISTORTED, kits=(16, 0), weight=2.5),
    "pop": Style((70, 140), 4, 4, ROCK + HOUSE, ("kick", "eighths", "root_bar"), ("block", "pad", "arp8", "syncopated"), weight=2.5),
    "ballad": Style((50, 85), 4, 4, ROCK, ("root_bar", "kick"), ("arp8", "pad", "block"), KEYS + PADS + GUITARS, weight=1.5),
    "house": Style((110, 150), 4, 4, HOUSE, ("offbeat", "eighths", "kick", "arp16"), ("pad", "offbeat", "arp16", "syncopated"), SYNTHS + PADS + KEYS, kits=(24, 25, 0), weight=2.5),
    "fast_edm": Style((145, 220), 4, 4, HOUSE + BREAKS, ("offbeat", "eighths", "arp16"), ("arp16", "arp8", "offbeat", "pad"), SYNTHS, kits=(24, 25), weight=3),
    "chiptune": Style((100, 210), 4, 4, ROCK + HOUSE + BREAKS, ("eighths", "arp16", "kick"), ("arp16", "arp8", "block"), (80, 81, 82, 84, 87), (80, 81, 79), (25, 24), weight=2),
    "game": Style((95, 205), 4, 4, ROCK + BREAKS + HOUSE + FUNK, ("kick", "eighths", "offbeat"), ("syncopated", "arp16", "block"), SYNTHS + GUITARS + DISTORTED, kits=(0, 16, 24, 25), weight=3),
    "disco": Style((105, 135), 4, 4, HOUSE, ("octaves", "kick"), ("strum16", "offbeat", "pad"), GUITARS + STRINGS + KEYS, weight=1.5),
    "hiphop": Style((75, 110), 4, 4, HIPHOP, ("kick", "root_bar"), ("pad", "block", "arp8"), KEYS + PADS, kits=(25, 24, 0), swing=(0.5, 0.56, 0.6), weight=2),
    "halftime": Style((110, 170), 4, 4, HALFTIME, ("root_bar", "kick"), ("pad", "riff", "arp8"), SYNTHS + DISTORTED + PADS, kits=(25, 16, 24)),
    "reggae": Style((120, 170), 4, 4, ONE_DROP, ("kick", "root_beats", "melodic"), ("skank24",), KEYS + GUITARS, weight=1.5),
    "reggae_slow": Style((62, 85), 4, 4, ({"K": "....x.......x...", "R": "....x.......x...", "H": "x.x.x.x.x.x.x.x."},), ("melodic", "kick"), ("offbeat",), KEYS + GUITARS, weight=0.5),
    "bossa": Style((105, 170), 4, 4, BOSSA, ("two_beat", "kick"), ("syncopated", "charleston"), (24, 25, 0, 4), kits=(0, 32, 40)),
    "drum_and_bass": Style((160, 182), 4, 4, BREAKS, ("root_bar", "melodic"), ("pad", "arp8", "syncopated"), SYNTHS + PADS, kits=(24, 25, 0), weight=1.5),
    "funk": Style((85, 125), 4, 4, FUNK, ("kick", "melodic"), ("strum16", "syncopated"), GUITARS + KEYS, weight=1.5),
    "swing": Style((90, 250), 4, 3, SWING, ("walking", "two_beat"), ("charleston", "block", "swing_comp"), (0, 26, 24, 11, 61), (65, 66, 56, 57, 71, 11, 0), (32, 40, 0), weight=3),
    "swing_trio": Style((60, 220), 4, 3, (), ("walking",), ("charleston", "swing_comp"), (0, 26), (65, 66, 56, 71), weight=1.5),
    "shuffle": Style((70, 150), 4, 3, SHUFFLE, ("walking", "shuffle"), ("shuffle", "block"), GUITARS + KEYS + DISTORTED, weight=1.5),
    "slow_blues": Style((48, 80), 4, 3, TWELVE_EIGHT, ("walking", "root_bar"), ("arp3", "block"), GUITARS + KEYS),
    "six_eight_ballad": Style((45, 75), 2, 3, SIX_EIGHT, ("root_bar", "root_beats"), ("arp3", "strum3"), KEYS + GUITARS),
    "jig": Style((95, 140), 2, 3, SIX_EIGHT, ("root_beats",), ("strum3", "block"), (24, 25, 21, 0), (73, 40, 22, 21)),
    "country": Style((85, 130), 4, 4, TRAIN, ("two_beat",), ("backbeat", "strum8"), (25, 24, 27, 0), (25, 40, 22, 52), weight=1.5),
    "country_fast": Style((150, 220), 4, 4, ROCK[:1], ("two_beat",), ("backbeat",), (25, 24, 27, 0), (25, 40, 22, 52)),
    "latin": Style((90, 200), 4, 4, LATIN, ("two_beat", "tumbao"), ("syncopated", "arp8"), (0, 24, 61), kits=(0,)),
    "waltz": Style((85, 200), 3, 4, WALTZ, ("root_bar",), ("waltz", "pad", "arp8"), KEYS + STRINGS + GUITARS, weight=1.5),
    "jazz_waltz": Style((100, 200), 3, 3, ({"D": "x..x.xx..", "P": "...x....."}, {"D": "x..x.xx.x", "K": "x........", "P": "...x..x.."}), ("root_bar", "walking"), ("charleston", "waltz"), (0, 26), (65, 66, 73), (32, 40)),
    "five": Style((90, 190), 5, 4, FIVE, ("kick", "eighths"), ("block", "riff", "arp8")),
    "seven": Style((100, 200), 7, 4, SEVEN, ("kick", "eighths"), ("block", "riff", "arp8")),
    "seven_eight": Style((190, 250), 7, 2, SEVEN_FAST, ("kick", "root_beats"), ("block", "arp8"), (24, 25, 0, 21), (71, 73, 40, 21), weight=0.6),
    "march": Style((85, 150), 2, 4, MARCH, ("root_beats", "two_beat"), ("offbeat", "block"), WINDS + (61, 21), (56, 71, 73, 57), (0, 48)),
    "piano": Style((50, 160), 4, 4, (), ("root_bar", "two_beat", "none"), ("arp8", "arp16", "block", "offbeat"), (0, 1, 2), (0, 1), weight=2),
    "piano_waltz": Style((70, 190), 3, 4, (), ("root_bar",), ("waltz", "arp8"), (0, 1), (0, 73, 40)),
    "orchestra": Style((55, 170), 4, 4, (), ("root_beats", "root_bar"), ("pad", "block", "arp8", "offbeat"), STRINGS + WINDS, (40, 73, 68, 60, 56, 71), weight=2),
    "orchestra_three": Style((70, 190), 3, 4, (), ("root_bar",), ("waltz", "pad", "block"), STRINGS + WINDS, (40, 73, 68, 71)),
    "baroque": Style((60, 130), 4, 4, (), ("eighths", "walking"), ("block", "arp16"), (6, 19, 48), (40, 68, 73, 6), weight=1.2),
    "acoustic": Style((60, 150), 4, 4, (), ("none", "two_beat"), ("strum8", "arp8", "strum16"), (24, 25), (52, 53, 73, 22), weight=1.5),
    "ambient": Style((50, 110), 4, 4, (), ("root_bar", "none"), ("pad", "arp8"), PADS, (88, 89, 91, 98, 10), weight=1),
}
PROGRESSIONS = ((0, 4, 5, 3), (0, 5, 3, 4), (5, 3, 0, 4), (0, 3, 4, 3), (0, 3, 0, 4), (1, 4, 0, 0), (0, 5, 1, 4), (0, 6, 3, 0),
                (0, 2, 3, 4), (3, 4, 2, 5), (0, 0, 3, 0), (0, 4, 3, 3), (0, 6, 5, 4))
SCALES = ((0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10))


def tempo_curve(bpm, count, kind, rng):
    """Beat times [count] in seconds from 0: `steady`, `human` (drift and jitter), `rubato`, `ramp` or `jump`."""
    period = np.full(count, 60.0 / bpm)
    noise = np.random.default_rng(rng.getrandbits(32))
    index = np.arange(count)
    if kind == "human":
        drift = np.cumsum(noise.normal(0.0, 0.004, count))
        period *= np.exp(np.clip(drift - drift.mean(), -0.05, 0.05) + noise.normal(0.0, 0.008, count))
    elif kind == "rubato":
        phrase = rng.choice((8, 12, 16))
        depth = rng.uniform(0.04, 0.16)
        swell = np.cos(2.0 * np.pi * index / phrase + rng.uniform(0, 6.28))
        period *= np.exp(depth * swell + noise.normal(0.0, 0.025, count))
    elif kind == "ramp":
        period *= np.exp(np.linspace(0, rng.uniform(-0.2, 0.2), count))
    elif kind == "jump":
        period[rng.randint(count // 3, 2 * count // 3) :] *= rng.uniform(0.75, 1.33)
    return np.concatenate([[0.0], np.cumsum(period)[:-1]])


class Writer:
    """Places notes given in beats; remembers the beat times and how loosely people play."""

    def __init__(self, beats, looseness_s, rng):
        self.beats, self.looseness_s, self.rng = beats, looseness_s, rng

    def second(self, beat):
        """Time of a fractional beat, linear between beats and beyond the ends."""
        last = len(self.beats) - 1
        whole = int(np.clip(np.floor(beat), 0, last - 1))
        return self.beats[whole] + (beat - whole) * (self.beats[whole + 1] - self.beats[whole])

    def note(self, track, beat, length, pitch, velocity):
        start = self.second(beat) + self.rng.gauss(0.0, self.looseness_s)
        end = max(start + 0.04, self.second(beat + length))
        loud = int(np.clip(velocity * self.rng.uniform(0.86, 1.1), 10, 127))
        track.notes.append((start, end, int(np.clip(pitch, 12, 115)), loud))


def swung(step, steps, swing):
    """Position in beats of a step of a beat; `swing` moves the second half (and all in between)."""
    if steps != 4 or swing == 0.5:
        return step / steps
    knots = (0.0, swing / 2 + 0.02, swing, swing + (1 - swing) / 2, 1.0)
    return knots[step]


def thin(line, rng, keep=0.9, add=0.03):
    """A drum line with a few hits dropped and added, the first of the bar kept."""
    hits = [(c == "x" and rng.random() < keep) or (c == "." and rng.random() < add) for c in line]
    hits[0] = line[0] == "x"
    return hits


def write_drums(writer, style, bars, bar, swing, rng, first_beat=0, pattern=None):
    """Drum track over `bars` bars: pattern with variations, a crash and a fill at phrase limits, drop-outs."""
    kit = Track(rng.choice(style.kits), True)
    pattern = pattern or rng.choice(style.drums)
    phrase = rng.choice((4, 8, 8, 16))
    crashes, fills = rng.random() < 0.75, rng.random() < 0.7
    level = rng.uniform(0.75, 1.1)
    loose = rng.random() < 0.3
    for number in range(bars):
        at_phrase = number % phrase == 0
        if at_phrase and rng.random() < 0.25:
            pattern = rng.choice(style.drums)
        if at_phrase:
            silent = {k for k in pattern if rng.random() < 0.08}
            drop_out = rng.random() < 0.07
        if drop_out:
            continue
        start = first_beat + number * bar
        fill_from = bar - rng.choice((1, 2, 1)) if fills and number % phrase == phrase - 1 else bar
        for name, line in pattern.items():
            if name in silent:
                continue
            hits = thin(line, rng) if loose else [c == "x" for c in line]
            for step, hit in enumerate(hits):
                beat = step // style.steps
                if not hit or beat >= bar or (beat >= fill_from and name not in "K"):
                    continue
                accent = 1.0 if step % style.steps == 0 else 0.82
                where = start + beat + swung(step % style.steps, style.steps, swing)
                writer.note(kit, where, 0.2, DRUM_KEYS[name], DRUM_LEVEL[name] * accent * level)
        for step in range(fill_from * style.steps, bar * style.steps):
            if rng.random() < 0.8:
                drum = rng.choice((SNARE, SNARE, TOM_HIGH, TOM_MID, TOM_LOW))
                writer.note(kit, start + step / style.steps, 0.2, drum, rng.uniform(80, 115) * level)
        if crashes and at_phrase:
            writer.note(kit, start, 1.0, CRASH, 110 * level)
    return kit, pattern


def kick_positions(pattern, style, bar):
    """Positions in beats of the kick line of a pattern, at least the first of the bar."""
    line = (pattern or {}).get("K", "x" + "." * (bar * style.steps - 1))
    return sorted({0.0, *(step / style.steps for step, c in enumerate(line) if c == "x" and step < bar * style.steps)})


def bass_line(kind, style, bar, pattern, root, following, rng):
    """(position, length, pitch) of one bar of bass."""
    fifth = root + rng.choice((7, -5))
    if kind == "root_bar":
        return [(0, bar * 0.95, root)]
    if kind == "root_beats":
        return [(b, 0.9, root) for b in range(bar)]
    if kind == "eighths":
        return [(b / 2, 0.45, root) for b in range(2 * bar)]
    if kind == "octaves":
        return [(b / 2, 0.4, root + 12 * (b % 2)) for b in range(2 * bar)]
    if kind == "arp16":
        return [(b / 4, 0.2, root + rng.choice((0, 0, 12, 7))) for b in range(4 * bar)]
    if kind == "offbeat":
        return [(b + 0.5, 0.4, root) for b in range(bar)]
    if kind == "two_beat":
        return [(b, 0.9, root if b % 4 == 0 else fifth) for b in range(0, bar, 2)]
    if kind == "walking":
        steps = [root, root + rng.choice((2, 3, 4)), fifth, following + rng.choice((-1, 1, 2))]
        return [(b, 0.9, steps[min(b, 3)] if b < bar - 1 or bar < 3 else steps[3]) for b in range(bar)]
    if kind == "shuffle":
        return [(b + off, 0.3, root + rng.choice((0, 0, 7, 9))) for b in range(bar) for off in (0, 2 / 3)]
    if kind == "tumbao":
        return [(0, 1.4, root), (1.5, 1.4, fifth), (3, 0.9, root + 12)][: max(1, bar - 1)]
    if kind == "melodic":
        spots = sorted({0.0, *rng.sample([s / 2 for s in range(1, 2 * bar)], min(bar, 3))})
        return [(s, 0.45, root if s == 0 else root + rng.choice((0, 3, 5, 7, 12))) for s in spots]
    if kind == "kick":
        return [(p, 0.45, root) for p in kick_positions(pattern, style, bar)]
    return []


def comp_hits(kind, style, bar, rng):
    """(position, length, which) of one bar of accompaniment; `which` is None for the chord or a note index."""
    if kind == "pad":
        return [(0, bar * 0.98, None)]
    if kind == "block":
        return [(b, 0.9, None) for b in range(bar)]
    if kind == "strum8":
        return [(b / 2, 0.5, None) for b in range(2 * bar) if b % 2 == 0 or rng.random() < 0.8]
    if kind == "strum16":
        return [(b / 4, 0.2, None) for b in range(4 * bar) if b == 0 or rng.random() < 0.6]
    if kind == "riff":
        return [(b / 2, 0.4, -1) for b in range(2 * bar) if b == 0 or rng.random() < 0.85]
    if kind == "riff16":
        return [(b / 4, 0.2, -1) for b in range(4 * bar) if b == 0 or rng.random() < 0.8]
    if kind == "arp8":
        return [(b / 2, 0.6, b) for b in range(2 * bar)]
    if kind == "arp16":
        return [(b / 4, 0.3, b) for b in range(4 * bar)]
    if kind in ("arp3", "strum3"):
        return [(b / 3, 0.4, b if kind == "arp3" else None) for b in range(3 * bar) if kind == "arp3" or b % 3 != 1]
    if kind == "offbeat":
        return [(b + 0.5, 0.35, None) for b in range(bar)]
    if kind in ("skank24", "backbeat"):
        return [(b, 0.35, None) for b in range(1, bar, 2)]
    if kind == "waltz":
        return [(b, 0.6, None) for b in range(1, bar)]
    if kind == "charleston":
        second = 5 / 3 if style.steps == 3 else 1.5
        return [(0, 0.8, None), (second, 0.4, None)] if rng.random() < 0.7 else [(rng.choice((0.66, 1, 1.66, 2)), 0.5, None)]
    if kind == "swing_comp":
        return [(b + rng.choice((0, 2 / 3)), 0.3, None) for b in range(bar) if rng.random() < 0.55]
    if kind == "shuffle":
        return [(b + off, 0.3, -1) for b in range(bar) for off in (0, 2 / 3)]
    if kind == "syncopated":
        spots = [0.0, 0.75, 1.5, 2.5, 3.0, 3.5]
        return [(s, 0.4, None) for s in spots if s < bar and (s == 0 or rng.random() < 0.65)]
    raise ValueError(kind)


def melody_motif(style, bar, rng):
    """(position, length, step) of a one-bar motif; rests and syncopation included."""
    grid = rng.choice((1, 2, 2, 4)) if style.steps != 3 else rng.choice((1, 3, 3))
    density = rng.uniform(0.35, 0.85)
    spots = [s / grid for s in range(bar * grid) if rng.random() < density * (1.0 if s % grid == 0 else 0.75)]
    ends = spots[1:] + [float(bar)]
    return [(s, (e - s) * rng.uniform(0.5, 1.0), rng.randint(-3, 4)) for s, e in zip(spots, ends)]


def write_harmony(writer, style, bars, bar, pattern, rng):
    """Bass, accompaniment, sometimes a second one, and melody over a looped progression."""
    tonic, scale = rng.randint(-5, 6), rng.choice(SCALES)
    progression = rng.choice(PROGRESSIONS)
    chord_bars = rng.choice((1, 1, 1, 2))
    sevenths = rng.random() < 0.3
    bass = Track(rng.choice((32, 33, 33, 34, 35, 38, 39, 43)))
    comp, second, lead = Track(rng.choice(style.programs)), Track(rng.choice(style.programs)), Track(rng.choice(style.lead))
    lead.vibrato = rng.random() < 0.5
    bass_kind, kinds = rng.choice(style.bass), [rng.choice(style.comp), rng.choice(style.comp)]
    has_bass, has_second, has_lead = rng.random() < 0.92, rng.random() < 0.4, rng.random() < 0.75
    motifs = [melody_motif(style, bar, rng) for _ in range(3)]
    comps = [comp_hits(kind, style, bar, rng) for kind in kinds]
    fixed_comp = rng.random() < 0.7
    levels = rng.uniform(75, 110), rng.uniform(60, 95), rng.uniform(75, 112)

    def degree(number):
        return tonic + scale[number % 7] + 12 * (number // 7)

    height = rng.randint(0, 6)
    for number in range(bars):
        place = number // chord_bars
        root = progression[place % len(progression)]
        following = progression[((number + 1) // chord_bars) % len(progression)]
        start = number * bar
        chord = [degree(root + third) for third in ((0, 2, 4, 6) if sevenths else (0, 2, 4))]
        low = 36 + (degree(root) + 4) % 12 - 4
        if has_bass:
            for s, length, pitch in bass_line(bass_kind, style, bar, pattern, low, 36 + degree(following) % 12, rng):
                writer.note(bass, start + s, length, pitch, levels[0] * (1.0 if s == 0 else 0.88))
        for track, kind, hits in ((comp, kinds[0], comps[0]), (second, kinds[1], comps[1]))[: 1 + has_second]:
            hits = hits if fixed_comp else comp_hits(kind, style, bar, rng)
            for s, length, which in hits:
                voices = chord if which is None else [chord[which % len(chord)]]
                if which == -1:
                    voices = [degree(root) - 12, degree(root) - 5]
                for pitch in voices:
                    writer.note(track, start + s, length, 60 + (pitch + 6) % 18 - 6 - (12 if which == -1 else 0), levels[1])
        if has_lead and (number // 4) % 4 != 3:
            for s, length, step in motifs[(0, 1, 0, 2)[number % 4]]:
                height = int(np.clip(height + step, -2, 11))
                target = root + rng.choice((0, 2, 4)) if s == 0 else height
                writer.note(lead, start + s, length, 67 + degree(target) % 24 - 5, levels[2])
    return [bass, comp, second, lead]


def clip_to(piece, start, duration):
    """The same piece seen from `start`, `duration` seconds long."""
    for track in piece.tracks:
        kept = []
        for begin, end, pitch, velocity in track.notes:
            if end - start > 0.05 and begin - start < duration and begin - start > -3.0:
                kept.append((max(0.0, begin - start), min(duration, end - start), pitch, velocity))
        track.notes = [n for n in kept if n[1] > n[0] + 0.02]
    times = piece.beats - start
    inside = (times >= 0) & (times < duration)
    piece.beats, piece.bar_starts = times[inside], piece.bar_starts[inside]
    return piece


def compose(seed, style_name=None, duration=CLIP_S):
    """A Piece of random style."""
    rng = random.Random(f"compose-{seed}")
    name = style_name or rng.choices(list(STYLES), [s.weight for s in STYLES.values()])[0]
    style = STYLES[name]
    bpm = 2.0 ** rng.uniform(*np.log2(style.bpm))
    if rng.random() < 0.06:
        bpm = float(np.clip(bpm * rng.choice((0.75, 0.85, 1.15, 1.25)), 40, 250))
    if style.drums:
        kind = rng.choices(("steady", "human", "ramp", "jump"), (0.7, 0.24, 0.03, 0.03))[0]
    else:
        kind = rng.choices(("steady", "human", "rubato"), (0.35, 0.3, 0.35))[0]
    bar = style.bar
    bars = int(np.ceil(duration * 1.35 * bpm / 60 / bar)) + 3
    beats = tempo_curve(bpm, bars * bar + 1, kind, rng)
    tight = kind == "steady" and rng.random() < 0.5
    writer = Writer(beats, 0.0015 if tight else rng.uniform(0.003, 0.009), rng)
    swing = rng.choice(style.swing)
    tracks, pattern = [], None
    if style.drums:
        kit, pattern = write_drums(writer, style, bars, bar, swing, rng)
        tracks.append(kit)
    tracks += write_harmony(writer, style, bars, bar, pattern, rng)
    piece = Piece(name, tracks, beats, np.arange(len(beats)) % bar == 0, bar, kind == "steady")
    return clip_to(piece, rng.uniform(0.0, 2 * bar * 60 / bpm), duration)
