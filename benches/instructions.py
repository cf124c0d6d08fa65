#!/usr/bin/env python3
"""Counts instructions of kernels and of small whole runs, and compares them with benches/instructions.toml.

    cargo build --release --bin phonolite --example kernels
    benches/instructions.py                  compare; exit code 1 when something got dearer
    benches/instructions.py --update         write what was counted as the new baseline
    benches/instructions.py -k tonal -k flac only names with one of these words in them

Needs valgrind (Debian: apt-get install valgrind). Instructions do not depend on how busy the machine is; they do on
the compiler, the C library and the processor's features, so a count may be as much above its baseline as `tolerance`
says (a ratio) before it is a regression; what is as much below is told, that the baseline may be lowered. Counts
of kernels are without those of the program that calls them (`nothing`). Standard library only, Python 3.11.
"""
import argparse, re, shutil, subprocess, sys, tempfile, tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BASELINE = ROOT / "benches/instructions.toml"
FILES = {"mp3": "jazz_swing_132.mp3", "flac": "ballad_68.flac", "vorbis": "dnb_175.ogg", "aac": "jig_117.m4a",
         "opus": "prog_five_four_128.opus"}


def count(*command):
    """Instructions of a command, all threads."""
    with tempfile.TemporaryDirectory() as folder:
        valgrind = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/out", "--", *map(str, command)]
        done = subprocess.run(valgrind, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"{' '.join(map(str, command))}\n{done.stderr}")
        return int(re.search(r"Collected\s*:\s*(\d+)", done.stderr)[1])


def whole(program, files, *options):
    with tempfile.TemporaryDirectory() as folder:
        return count(program, "analyze", "--quiet", "--jobs", "1", *options, "--db", f"{folder}/library.db", *files)


def tiny(program, files):
    """Instructions a file of a tenth of a second costs: a hundred more against none."""
    import random, wave

    with tempfile.TemporaryDirectory() as folder:
        for number in range(files):
            noise = random.Random(number)
            with wave.open(f"{folder}/{number:03}.wav", "wb") as out:
                out.setnchannels(1)
                out.setsampwidth(2)
                out.setframerate(22050)
                out.writeframes(noise.randbytes(2 * 2205))
        return whole(program, [folder])


def jobs(folder):
    """Name and how to count it, cheap ones first."""
    program, kernels = folder / "phonolite", folder / "examples/kernels"
    for path in (program, kernels):
        if not path.exists():
            sys.exit(f"{path} is missing: cargo build --release --bin phonolite --example kernels")
    names = subprocess.run([kernels, "list"], capture_output=True, text=True, check=True).stdout.split()
    bare = []

    def kernel(name):
        if not bare:
            bare.append(count(kernels, "nothing"))
        return count(kernels, name) - bare[0]

    for name in names:
        if name not in ("nothing", "decode"):
            yield f"kernel_{name}", lambda name=name: kernel(name)
    for codec, file in FILES.items():
        yield f"decode_{codec}", lambda file=file: count(kernels, "decode", ROOT / "samples" / file)
    for codec in ("mp3", "flac"):
        yield f"analyze_{codec}", lambda codec=codec: whole(program, [ROOT / "samples" / FILES[codec]])
    yield "tiny_file", lambda: (tiny(program, 110) - tiny(program, 10)) // 100


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--update", action="store_true")
    parser.add_argument("-k", dest="words", action="append", default=[])
    parser.add_argument("--build", type=Path, default=ROOT / "target/release", help="folder of the programs")
    options = parser.parse_args()
    if not shutil.which("valgrind"):
        sys.exit("valgrind is missing: apt-get install valgrind")
    baseline = tomllib.loads(BASELINE.read_text()) if BASELINE.exists() else {}
    known, tolerance = baseline.get("instructions", {}), baseline.get("tolerance", 1.1)
    counted, dearer, cheaper = dict(known), [], []
    print(f"{'':22}{'instructions':>16}{'baseline':>16}{'ratio':>8}")
    for name, counting in jobs(options.build):
        if options.words and not any(word in name for word in options.words):
            continue
        counted[name] = counting()
        before = known.get(name)
        ratio = counted[name] / before if before else None
        shown = f"{before:>16,}{ratio:>8.3f}" if before else f"{'new':>16}"
        print(f"{name:22}{counted[name]:>16,}{shown}", flush=True)
        if ratio and ratio > tolerance:
            dearer.append(name)
        if ratio and ratio < 1 / tolerance:
            cheaper.append(name)
    if options.update:
        rustc = subprocess.run(["rustc", "--version"], capture_output=True, text=True, cwd=ROOT).stdout.strip()
        lines = ["# Instructions (callgrind), written by `benches/instructions.py --update`; compared by the same without.",
                 f"# {rustc}", f"tolerance = {tolerance}", "", "[instructions]"]
        BASELINE.write_text("\n".join(lines + [f"{name} = {number}" for name, number in counted.items()]) + "\n")
        return 0
    if cheaper:
        print(f"cheaper by more than the tolerance, lower the baseline with --update: {', '.join(cheaper)}")
    if dearer:
        print(f"dearer by more than the tolerance of {tolerance}: {', '.join(dearer)}")
    return 1 if dearer else 0


sys.exit(main())
