#!/usr/bin/env python3
"""Recall and precision of the search for duplicates: makes transcodes, runs examples/duplicates.rs.

    cargo build --release --example duplicates
    python3 benches/duplicates.py --music DIR [DIR ...] --others DIR [DIR ...] --work DIR \
        [--strangers 0] [--alone 1000000]

--music: recordings of ten seconds and more (samples/ at least); each becomes the copies of KINDS.
--others: music that plays no part in --music; each file is played at 21 speeds (-10 .. +10 semitones),
which gives as many strangers in other keys and tempi. Files of --music are added to the strangers in the
same way, without the original speed. Needs ffmpeg with libmp3lame, libvorbis, libopus and aac.
"""

import argparse
import concurrent.futures
import pathlib
import subprocess
import sys

SOUND = {".flac", ".wav", ".ogg", ".mp3", ".m4a", ".opus"}
MP3 = ["-c:a", "libmp3lame"]
KINDS = {
    **{f"mp3-{rate}": (".mp3", [*MP3, "-b:a", rate]) for rate in ("64k", "96k", "128k", "192k", "320k")},
    "mp3-vbr": (".mp3", [*MP3, "-q:a", "4"]),
    "ogg-q3": (".ogg", ["-c:a", "libvorbis", "-q:a", "3"]),
    "opus-64k": (".opus", ["-c:a", "libopus", "-b:a", "64k"]),
    "aac-96k": (".m4a", ["-c:a", "aac", "-b:a", "96k"]),
    "flac-48k": (".flac", ["-c:a", "flac", "-ar", "48000"]),
    "minus-6db": (".flac", ["-c:a", "flac", "-af", "volume=-6dB"]),
    "cut-3s": (".flac", ["-c:a", "flac", "-af", "atrim=start=3"]),
    "cut-half-hop": (".flac", ["-c:a", "flac", "-af", "atrim=start=3.0335"]),
    "cut-3s-mp3-128k": (".mp3", ["-af", "atrim=start=3", *MP3, "-b:a", "128k"]),
    "cut-3s-minus-6db-opus-64k": (".opus", ["-af", "atrim=start=3,volume=-6dB", "-c:a", "libopus", "-b:a", "64k"]),
}


def sound_files(folders):
    paths = [p for folder in folders for p in (sorted(folder.rglob("*")) if folder.is_dir() else [folder])]
    return [p.resolve() for p in paths if p.suffix.lower() in SOUND]


def duration(path):
    command = ["ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", str(path)]
    try:
        return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    except (ValueError, subprocess.CalledProcessError):
        return 0.0


def transcode(source, target, options):
    """Writes beside the target and renames, so that a stopped run can be taken up again."""
    if target.exists():
        return True
    part = target.with_name(f"part-{target.name}")
    command = ["ffmpeg", "-nostdin", "-v", "error", "-y", "-i", str(source), "-map", "0:a:0"]
    done = subprocess.run([*command, *options, str(part)], capture_output=True, text=True)
    if done.returncode != 0:
        print(f"left out: {target.name}: {done.stderr.strip().splitlines()[-1:]}", file=sys.stderr)
        return False
    part.rename(target)
    return True


def copies(source, name, options):
    """Makes the original and all copies of one recording; returns their lines, the original first."""
    original = options.work / f"{name}--original.flac"
    cut = ["-t", str(options.seconds), "-c:a", "flac"]
    if duration(source) < options.shortest or not transcode(source, original, cut):
        return []
    lines = [f"copy\t{name}\toriginal\t{original}"]
    for kind, (suffix, encoder) in KINDS.items():
        copy = options.work / f"{name}--{kind}{suffix}"
        if transcode(original, copy, encoder):
            lines.append(f"copy\t{name}\t{kind}\t{copy}")
    return [*lines, f"shifted\t{original}"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--music", type=pathlib.Path, nargs="+", required=True)
    parser.add_argument("--others", type=pathlib.Path, nargs="*", default=[])
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--program", default="target/release/examples/duplicates")
    parser.add_argument("--strangers", type=int, default=0, help="made-up tracks beside the others")
    parser.add_argument("--alone", type=int, help="search so many made-up tracks instead")
    parser.add_argument("--jobs", type=int, default=2, help="transcodes at once")
    parser.add_argument("--transcode-only", action="store_true")
    parser.add_argument("--seconds", type=float, default=150.0, help="length of what is transcoded")
    parser.add_argument("--shortest", type=float, default=10.0, help="seconds")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    sources = sound_files(options.music)
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        tasks = [pool.submit(copies, path, f"{n:03}-{path.stem}", options) for n, path in enumerate(sources)]
        made = [task.result() for task in tasks]
    lines = [line for group in made for line in group]
    lines += [f"other\t{path}" for path in sound_files(options.others)]
    print(f"{sum(bool(group) for group in made)} recordings", flush=True)
    if options.transcode_only:
        return
    arguments = ["strangers", str(options.strangers)] if options.alone is None else ["alone", str(options.alone)]
    subprocess.run([options.program, *arguments], input="\n".join(lines) + "\n", text=True, check=True)


if __name__ == "__main__":
    main()
