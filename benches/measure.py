#!/usr/bin/env python3
"""Speed and memory of the whole program, by CPU seconds and peak resident size.

    cargo build --release --bins --examples
    benches/measure.py ratio FILE...          analyze against a bare decode of the same files, in turns
    benches/measure.py memory MP3             one job over a short file and over ten hours made of it
    benches/measure.py memory MP3 --many DIR  eight jobs over 200 copies of DIR's files in 256 MB
    benches/measure.py unchanged WAV          the second run over 10 000 files

Only the standard library is needed. Everything made lies in target/measure and may be deleted.
"""
import argparse
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = ROOT / "target/release/phonolite"
DECODE = ROOT / "target/release/examples/bare_decode"
WORK = ROOT / "target/measure"
TEN_HOURS_S = 36_000


def measured(*command):
    """Runs a command; returns (exit code, CPU seconds, peak resident MB, wall seconds)."""
    begin = time.monotonic()
    process = subprocess.Popen([str(word) for word in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.monotonic() - begin
    return process.returncode, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, wall


def fresh(name="library.db"):
    """A database path where no database is."""
    WORK.mkdir(parents=True, exist_ok=True)
    database = WORK / name
    for ending in ("", "-wal", "-shm", ".lock"):
        Path(str(database) + ending).unlink(missing_ok=True)
    return database


def analyze(*arguments, database=None):
    return measured(PROGRAM, "analyze", "--quiet", "--db", database or fresh(), *arguments)


def seconds_of(files):
    """Seconds of sound in the files, as analyze finds them."""
    database = fresh()
    analyze(*files, database=database)
    stats = subprocess.run([PROGRAM, "stats", "--json", "--db", database], capture_output=True, check=True)
    import json

    return json.loads(stats.stdout)["audio_s"]


def ratio(options):
    audio_h = seconds_of(options.files) / 3600
    rows = []
    for _ in range(options.turns):
        decode = measured(DECODE, *options.files)
        whole = analyze("--jobs", "1", *options.files)
        assert decode[0] == 0 and whole[0] == 0, "a command failed"
        rows.append((decode[1], whole[1], whole[1] / decode[1], decode[2], whole[2]))
    decode, whole, share, decode_mb, whole_mb = (statistics.median(column) for column in zip(*rows))
    shares = sorted(row[2] for row in rows)
    print(f"{len(options.files)} files, {audio_h:.3f} h of sound, medians of {options.turns} turns, CPU seconds per hour:")
    print(f"  bare decode {decode / audio_h:7.2f}   {3600 * audio_h / decode:6.0f} x real time   {decode_mb:5.1f} MB")
    print(f"  analyze     {whole / audio_h:7.2f}   {3600 * audio_h / whole:6.0f} x real time   {whole_mb:5.1f} MB")
    print(f"  ratio       {share:7.2f}   ({shares[0]:.2f} to {shares[-1]:.2f})")


def memory(options):
    source = options.file
    folder = WORK / "memory"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if options.many:
        sources = [path for path in sorted(options.many.iterdir()) if path.is_file()]
        for number in range(200):
            path = sources[number % len(sources)]
            # The same recordings again and again: --force reads every file all the same.
            shutil.copyfile(path, folder / f"{number:03}-{path.name}")
        code, cpu, mb, wall = analyze("--jobs", "8", "--memory", "256M", "--force", "--dir", folder)
        print(f"200 files, 8 jobs, budget 256 MB: peak {mb:.1f} MB, {cpu:.1f} CPU s, {wall:.1f} s, exit {code}")
        return
    length = seconds_of([source])
    long = folder / "long.mp3"
    data = source.read_bytes()
    with open(long, "wb") as file:
        for _ in range(int(TEN_HOURS_S / length) + 1):
            file.write(data)
    for name, path in (("short", source), ("long", long)):
        code, cpu, mb, wall = analyze("--jobs", "1", path)
        audio = seconds_of([path])
        print(f"{name}: {audio / 3600:.2f} h, 1 job: peak {mb:.1f} MB, {cpu:.1f} CPU s, {wall:.1f} s, exit {code}")


def unchanged(options):
    folder = WORK / "many"
    if not folder.exists():
        data = bytearray(options.file.read_bytes())
        for number in range(10_000):
            place = folder / f"{number // 100:02}"
            place.mkdir(parents=True, exist_ok=True)
            data[-4:] = number.to_bytes(4, "little")
            (place / f"{number:05}{options.file.suffix}").write_bytes(data)
    database = fresh("many.db")
    code, cpu, mb, wall = analyze("--dir", folder, database=database)
    print(f"first run over 10 000 files: {cpu:.2f} CPU s, {1e3 * cpu / 10_000:.2f} ms a file, {wall:.2f} s, peak {mb:.1f} MB, exit {code}")
    for _ in range(options.turns):
        code, cpu, mb, wall = analyze("--dir", folder, database=database)
        print(f"unchanged: {cpu:.3f} CPU s, {wall:.3f} s, peak {mb:.1f} MB, exit {code}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    verbs = parser.add_subparsers(required=True)
    verb = verbs.add_parser("ratio")
    verb.add_argument("files", nargs="+", type=Path)
    verb.set_defaults(run=ratio)
    verb = verbs.add_parser("memory")
    verb.add_argument("file", type=Path)
    verb.add_argument("--many", type=Path)
    verb.set_defaults(run=memory)
    verb = verbs.add_parser("unchanged")
    verb.add_argument("file", type=Path)
    verb.set_defaults(run=unchanged)
    for verb in verbs.choices.values():
        verb.add_argument("--turns", type=int, default=5)
    options = parser.parse_args()
    if not PROGRAM.exists() or not DECODE.exists():
        sys.exit("build first: cargo build --release --bins --examples")
    options.run(options)


if __name__ == "__main__":
    main()
