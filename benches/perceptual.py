"""How far the perceptual scores can be trusted: writes the tables of PERCEPTUAL.md.

    python benches/features_to_raw.py CLIPS_FOLDER RAW_FOLDER
    cargo build --release --example perceptual_scores
    python benches/perceptual.py target/release/examples/perceptual_scores CORPUS_FOLDER FEATURES_FOLDER RAW_FOLDER

CORPUS_FOLDER and FEATURES_FOLDER hold a manifest.csv and an index.csv. Needs numpy, soundfile and ffmpeg; espeak-ng, if it is
there, adds synthetic speech in eight languages. Prints Markdown.
"""
import csv
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import soundfile

SCORES = "energy danceability danceability_dfa valence acousticness instrumentalness speechiness liveness percussiveness brightness".split()
RATE, SECONDS = 22_050, 20
VOCAL, RENDERED = 5, 5
VOICES = "en-us en-gb+f3 de fr-fr+f2 es+m3 it+f4 pl pt-br+f5".split()
TEXT = """The harbour was quiet that morning. An old man walked along the quay, counted the boats, and sat down on a box. Nobody knew
how long he had been coming here; he himself had stopped counting years ago. When the rain began he pulled up his collar, looked once
more at the water, and went slowly home, thinking about the winter, the price of coal, and what his daughter had written."""


def run(binary, paths, *options):
    rows = {}
    paths = [str(path) for path in paths]
    for at in range(0, len(paths), 20):
        out = subprocess.run([binary, *options, *paths[at : at + 20]], check=True, capture_output=True, text=True).stdout
        for line in out.splitlines():
            row = json.loads(line)
            rows[row["path"]] = row
    return [rows[path] for path in paths]


def auc(high, low, score):
    a = np.array([row[score] for row in high if row[score] is not None])
    b = np.array([row[score] for row in low if row[score] is not None])
    if not len(a) or not len(b):
        return float("nan")
    return float((a[:, None] > b[None]).mean() + 0.5 * (a[:, None] == b[None]).mean())


def table(groups):
    print("| | n | " + " | ".join(SCORES) + " |")
    print("|---" * (len(SCORES) + 2) + "|")
    for name, rows in groups:
        cells = []
        for score in SCORES:
            known = [row[score] for row in rows if row[score] is not None]
            cells.append(f"{np.mean(known):.2f}" if known else "")
        print(f"| {name} | {len(rows)} | " + " | ".join(cells) + " |")
    print()


def orderings(checks):
    print("| score | higher | lower | n | AUC |")
    print("|---|---|---|---|---|")
    for score, (high_name, high), (low_name, low) in checks:
        print(f"| {score} | {high_name} | {low_name} | {len(high)}, {len(low)} | {auc(high, low, score):.2f} |")
    print()


def decode(path, start=0.0):
    command = ["ffmpeg", "-v", "error", "-ss", str(start), "-t", str(SECONDS), "-i", str(path), "-ac", "1", "-ar", str(RATE), "-f", "f32le", "-"]
    return np.frombuffer(subprocess.run(command, check=True, capture_output=True).stdout, "<f4").astype(np.float64)


def stretch(samples, factor):
    raw = samples.astype("<f4").tobytes()
    form = ["-f", "f32le", "-ac", "1", "-ar", str(RATE)]
    command = ["ffmpeg", "-v", "error", *form, "-i", "-", "-af", f"atempo={factor}", *form, "-"]
    return np.frombuffer(subprocess.run(command, input=raw, check=True, capture_output=True).stdout, "<f4").astype(np.float64)


def low_pass(samples, hz):
    spectrum = np.fft.rfft(samples)
    f = np.fft.rfftfreq(len(samples), 1 / RATE)
    return np.fft.irfft(spectrum / np.sqrt(1 + (f / hz) ** 4), len(samples))


def rms(samples):
    return np.sqrt(np.mean(samples**2))


def audience(samples, db):
    """Noise between 500 Hz and 6 kHz that swells slowly, as many hands together sound."""
    noise = np.random.default_rng(1).standard_normal(len(samples))
    noise = low_pass(noise, 6000) - low_pass(noise, 500)
    t = np.arange(len(samples)) / RATE
    noise *= 1 + 0.3 * np.sin(2 * np.pi * 0.13 * t)
    return samples + noise / rms(noise) * rms(samples) * 10 ** (db / 20)


def manipulations(speech):
    """(what, score, direction, steps): the score should move one way from each step to the next."""

    def with_speech(samples, db):
        voice = np.resize(speech, len(samples))
        return samples + voice / rms(voice) * rms(samples) * 10 ** (db / 20)

    same = lambda x: x
    return [
        ("12, 6, 0 dB softer", "energy", 1, [lambda x: x * 0.25, lambda x: x * 0.5, same]),
        ("low-pass 1 kHz, 3 kHz, none", "energy", 1, [lambda x: low_pass(x, 1000), lambda x: low_pass(x, 3000), same]),
        ("low-pass 1 kHz, 3 kHz, none", "brightness", 1, [lambda x: low_pass(x, 1000), lambda x: low_pass(x, 3000), same]),
        ("tempo x 0.8, 1, 1.25", "energy", 1, [lambda x: stretch(x, 0.8), same, lambda x: stretch(x, 1.25)]),
        ("tempo x 0.8, 1, 1.25", "valence", 1, [lambda x: stretch(x, 0.8), same, lambda x: stretch(x, 1.25)]),
        ("clean, distorted 4 x, 20 x", "acousticness", -1, [same, *[lambda x, g=g: np.tanh(g * x / rms(x) / 4) * rms(x) for g in (4, 20)]]),
        ("clean, audience -30, -20, -10 dB", "liveness", 1, [same, *[lambda x, g=g: audience(x, g) for g in (-30, -20, -10)]]),
        ("clean, speech -6, +6, +18 dB", "speechiness", 1, [same, *[lambda x, g=g: with_speech(x, g) for g in (-6, 6, 18)]]),
        ("clean, speech -12, 0 dB", "instrumentalness", -1, [same, *[lambda x, g=g: with_speech(x, g) for g in (-12, 0)]]),
    ]


def monotone(binary, folder, songs, speech):
    print("| change, from step to step | score | should | pieces | steps in the right direction | from first to last |")
    print("|---|---|---|---|---|---|")
    for number, (what, score, direction, steps) in enumerate(manipulations(speech)):
        paths = []
        for song, samples in enumerate(songs):
            for at, step in enumerate(steps):
                path = folder / f"{number}_{song}_{at}.wav"
                soundfile.write(path, np.clip(step(samples) * 0.7, -4, 4), RATE, subtype="FLOAT")
                paths.append(path)
        rows = run(binary, paths)
        values = np.array([[row[score] if row[score] is not None else np.nan for row in rows[at : at + len(steps)]] for at in range(0, len(rows), len(steps))])
        for path in paths:
            path.unlink()
        moves = np.diff(values, axis=1) * direction
        whole = (values[:, -1] - values[:, 0]) * direction
        right, ends = np.mean(moves[~np.isnan(moves)] > 0), np.mean(whole[~np.isnan(whole)] > 0)
        print(f"| {what} | {score} | {'rise' if direction > 0 else 'fall'} | {len(songs)} | {100 * right:.0f} % | {100 * ends:.0f} % |", flush=True)
    print()


def spoken(folder):
    if not shutil.which("espeak-ng"):
        return []
    paths = []
    for voice in VOICES:
        path = folder / f"espeak_{voice}.wav"
        subprocess.run(["espeak-ng", "-v", voice, "-w", str(path), TEXT], check=True)
        paths.append(path)
    return paths


def main():
    binary, corpus, features, raw = sys.argv[1], *map(Path, sys.argv[2:5])
    manifest = [row for row in csv.DictReader((corpus / "manifest.csv").open()) if row["set"] in ("mir_samples", "selfmade", "speech_fsdd")]
    clips = list(csv.DictReader((features / "index.csv").open()))
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        audio = run(binary, [corpus / row["path"] for row in manifest])
        spectra = run(binary, [row["path"] for row in clips], "--frames", str(raw))
        artificial = run(binary, spoken(folder))
        report(manifest, audio, clips, spectra, artificial)
        rendered = [row for row in manifest if row["set"] == "selfmade"]
        wanted = [row for row in manifest if "ultrastar" in row["path"]][:VOCAL] + rendered[:: len(rendered) // RENDERED][:RENDERED]
        songs = [decode(corpus / row["path"], 40.0 if "ultrastar" in row["path"] else 5.0) for row in wanted]
        speech = np.concatenate([decode(corpus / row["path"]) for row in manifest if row["label"] == "speech" and row["set"] == "mir_samples"])
        print("## The same piece, changed\n")
        print(f"{SECONDS} s of each piece at {RATE} Hz: {VOCAL} songs with vocals, {RENDERED} rendered.\n")
        monotone(binary, folder, songs, speech)


def report(manifest, audio, clips, spectra, artificial):
    of = lambda test: [row for source, row in zip(manifest, audio) if test(source)]
    genre = lambda *names: [row for source, row in zip(clips, spectra) if source["genre"] in names]
    of_set = lambda name: [row for source, row in zip(clips, spectra) if source["set"] == name]
    speech = of(lambda s: s["label"] == "speech" or s["set"] == "speech_fsdd")
    songs = of(lambda s: "ultrastar" in s["path"])
    rendered = of(lambda s: s["set"] == "selfmade")
    instrumental = of(lambda s: any(name in s["path"] for name in ("Hungarian", "Sugar_Plum", "Vibe_Ace", "solo-trumpet")))
    names = "classical jazz blues country reggae pop rock disco hiphop metal".split()
    print("## Mean by genre\n\nReal music of which only spectra are at hand (`danceability_dfa` needs samples; the loudness is estimated from the spectra).\n")
    table([(name, genre(name)) for name in names] + [(f"set {name}", of_set(name)) for name in ("beatsaber", "clonehero", "fnf", "stepmania")])
    print("## Mean by kind of audio\n")
    table([("songs with vocals", songs), ("instrumental recordings", instrumental), ("rendered", rendered), ("speech", speech), ("synthetic speech", artificial)])
    print("## Orderings\n\nAUC: how often a piece of the first group has more than one of the second; 0.5 is chance.\n")
    voiced = genre("hiphop", "country", "reggae", "pop", "disco", "blues")
    unvoiced = genre("classical", "jazz")
    games = of_set("fnf")
    music = songs + instrumental + rendered + spectra
    orderings([
        ("energy", ("metal", genre("metal")), ("classical", genre("classical"))),
        ("energy", ("metal, rock, disco, hip hop", genre("metal", "rock", "disco", "hiphop")), ("classical, jazz", unvoiced)),
        ("danceability", ("disco, hip hop, reggae", genre("disco", "hiphop", "reggae")), ("classical, jazz", unvoiced)),
        ("danceability", ("disco, hip hop, reggae", genre("disco", "hiphop", "reggae")), ("metal, rock", genre("metal", "rock"))),
        ("acousticness", ("classical, country, jazz, blues", genre("classical", "country", "jazz", "blues")), ("metal, disco, hip hop", genre("metal", "disco", "hiphop"))),
        ("acousticness", ("classical, country, jazz, blues", genre("classical", "country", "jazz", "blues")), ("game, electronic", games + genre("electronic"))),
        ("instrumentalness", ("classical, jazz", unvoiced), ("songs with vocals", songs)),
        ("instrumentalness", ("classical, jazz", unvoiced), ("genres with vocals", voiced)),
        ("instrumentalness", ("game instrumentals", games), ("songs with vocals", songs)),
        ("instrumentalness", ("game instrumentals", games), ("genres with vocals", voiced)),
        ("instrumentalness", ("rendered", rendered), ("songs with vocals", songs)),
        ("instrumentalness", ("instrumental recordings", instrumental), ("songs with vocals", songs)),
        ("speechiness", ("speech", speech), ("all music", music)),
        ("speechiness", ("synthetic speech", artificial), ("all music", music)),
        ("speechiness", ("speech", speech), ("hip hop", genre("hiphop"))),
        ("valence", ("disco, reggae, country", genre("disco", "reggae", "country")), ("metal, blues, classical", genre("metal", "blues", "classical"))),
    ])


if __name__ == "__main__":
    main()
