#!/usr/bin/env python3
"""Ours and the peers over the same files, in one run and in turns.

    benches/compare/setup.sh                                       once
    benches/compare/compare.py FILE... [--turns 5] [--only NAME]... [--results KIND]

For each program: CPU seconds (user and system, of all its processes) per hour of sound, times real time on one core, peak
resident size, the same as a ratio to ours, and for programs that use many cores by themselves the wall time with all of
them. Programs are started with one thread and take all files in one process, but for those that take one file a process;
their start is in the figure. Each turn runs every program once, in order; a figure is the median of the turns, a ratio the median of the
ratios within the turns. Output goes nowhere; ours writes its database. A program that fails is told and has no row.
`--results KIND` puts the table into benches/RESULTS.md, in place of the last one of that kind.
"""
import argparse
import datetime
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
TARGET = ROOT / "target"
WORK = TARGET / "compare"
PYTHON = WORK / "venv/bin/python"
OURS = TARGET / "release/phonolite"
DATABASE = WORK / "compare.db"
ONE_THREAD = {name: "1" for name in ("RAYON_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")}


@dataclass
class Program:
    name: str
    computes: str
    command: list
    each: bool = False  # one process a file
    behind: list = field(default_factory=list)  # arguments behind the files
    parallel: list | None = None  # the command that uses all cores
    exits: tuple = (0,)


def ours(*more):
    return [OURS, "analyze", "--quiet", "--db", DATABASE, *more]


def python(script, *more):
    return [PYTHON, "-W", "ignore", HERE / "peers" / script, *more]


def sonara(mode):
    return python("sonara_of_files.py", mode)


FFMPEG = ["ffmpeg", "-v", "error", "-nostdin", "-threads", "1", "-i"]
ALL = "loudness with true peak, signal, rhythm by network, key, chords, timbre, structure, scores, waveform, similarity, fingerprint; stored"
BASELINE = "phonolite"
PROGRAMS = [
    Program("symphonia, decode only", "nothing: the floor", [TARGET / "release/examples/bare_decode"]),
    Program("ffmpeg, decode only", "nothing", FFMPEG, each=True, behind=["-f", "f32le", "-y", "/dev/null"]),
    Program(BASELINE, ALL, ours("--jobs", "1"), parallel=ours()),
    Program("sonara compact", "BPM, beats, onsets, LUFS, centroid", sonara("compact"), parallel=sonara("compact")),
    Program("sonara playlist", "34 keys: and MFCC, chroma, key, chords, mood", sonara("playlist"), parallel=sonara("playlist")),
    Program("sonara full, loudness", "and metre, tempo curve, R128", sonara("full+loudness"), parallel=sonara("full+loudness")),
    Program("bliss-audio, symphonia", "one vector of 23 numbers", [WORK / "bliss/release/bliss-of-files"]),
    Program("Essentia MusicExtractor", "155 descriptors", python("essentia_of_files.py")),
    Program("librosa", "beats, CQT chroma, MFCC, spectral shape", python("librosa_of_files.py")),
    Program("aubio tempo", "BPM", ["aubio", "tempo"], each=True),
    # fpcalc 1.5.1 takes the end of some MP3 files for an error, after it has printed the fingerprint.
    Program("fpcalc", "fingerprint of the whole file", ["fpcalc", "-length", "0"], each=True, exits=(0, 3)),
    Program("ffmpeg ebur128", "R128 with true peak", FFMPEG, each=True, behind=["-filter:a", "ebur128=peak=true", "-f", "null", "-"]),
]


def run(command, environment, exits):
    """CPU seconds, peak resident MB, wall seconds of one process and its children."""
    begin = time.monotonic()
    words = [str(word) for word in command]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment)
    told = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in exits:
        raise RuntimeError(f"{' '.join(words[:4])} …: exit {process.returncode}: {told.decode(errors='replace')[-300:]}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, time.monotonic() - begin


def once(program, files, command, environment):
    for ending in ("", "-wal", "-shm", ".lock", ".similarity"):
        Path(f"{DATABASE}{ending}").unlink(missing_ok=True)
    calls = [[file] for file in files] if program.each else [files]
    runs = [run([*command, *call, *program.behind], environment, program.exits) for call in calls]
    return sum(r[0] for r in runs), max(r[1] for r in runs), sum(r[2] for r in runs)


def measure(programs, files, turns):
    one, all_cores = {**os.environ, **ONE_THREAD}, dict(os.environ)
    alone, together = {}, {}
    for turn in range(turns):
        for program in list(programs):
            try:
                alone.setdefault(program.name, []).append(once(program, files, program.command, one))
                if program.parallel:
                    together.setdefault(program.name, []).append(once(program, files, program.parallel, all_cores))
            except (RuntimeError, OSError) as error:
                print(f"{program.name}: {error}", file=sys.stderr)
                programs.remove(program)
                alone.pop(program.name, None)
        print(f"turn {turn + 1} of {turns}", file=sys.stderr)
    return alone, together


def hours(files):
    """Hours of sound, from the headers and frames as ffmpeg reads them."""
    rate, total = 8000, 0
    for file in files:
        command = [*FFMPEG, str(file), "-ac", "1", "-ar", str(rate), "-f", "s16le", "-"]
        total += len(subprocess.run(command, capture_output=True, check=True).stdout) / 2 / rate
    return total / 3600


def table(programs, files, alone, together):
    length = hours(files)
    base = [turn[0] for turn in alone[BASELINE]]
    kinds = ", ".join(sorted({file.suffix.lstrip(".").upper() for file in files}))
    lines = [
        f"{len(files)} files ({kinds}), {length:.3f} h of sound; medians of {len(base)} turns.",
        "",
        "| program | computes | CPU s/h | × real time per core | CPU, ours = 1 (range) | peak MB | wall s, all cores |",
        "|---|---|---|---|---|---|---|",
    ]
    for program in programs:
        if program.name not in alone:
            continue
        turns = alone[program.name]
        cpu = statistics.median(turn[0] for turn in turns)
        ratios = sorted(turn[0] / own for turn, own in zip(turns, base))
        wall = together.get(program.name)
        lines.append(
            f"| {program.name} | {program.computes} | {cpu / length:.2f} | {3600 * length / cpu:.0f} | "
            f"{statistics.median(ratios):.2f} ({ratios[0]:.2f}–{ratios[-1]:.2f}) | {max(turn[1] for turn in turns):.0f} | "
            f"{f'{statistics.median(turn[2] for turn in wall):.1f}' if wall else '–'} |"
        )
    return "\n".join(lines)


def machine():
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), platform.machine())
    load = os.getloadavg()[0]
    return f"{datetime.date.today()}, {os.cpu_count()} cores ({model}), {platform.system()} {platform.release()}, load before {load:.1f}."


def publish(kind, report):
    """Replaces what stands between the marks of this kind, or adds it at the end."""
    path = ROOT / "benches/RESULTS.md"
    text = path.read_text()
    begin, end = f"<!-- compare {kind} -->\n", f"<!-- end of compare {kind} -->\n"
    before, mark, rest = text.partition(begin)
    behind = rest.partition(end)[2] if mark else ""
    path.write_text(f"{before}{begin}\n{report}\n{end}{behind}" if mark else f"{text}\n{begin}\n{report}\n{end}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--only", action="append", help="part of a program's name; ours is always run")
    parser.add_argument("--results", metavar="KIND", help="a word, such as MP3")
    options = parser.parse_args()
    if not OURS.exists() or not PYTHON.exists() or not shutil.which("ffmpeg"):
        sys.exit("run benches/compare/setup.sh first")
    wanted = lambda name: not options.only or name == BASELINE or any(part in name for part in options.only)
    programs = [program for program in PROGRAMS if wanted(program.name)]
    head = machine()
    alone, together = measure(programs, options.files, options.turns)
    report = f"{head}\n\n{table(programs, options.files, alone, together)}\n"
    print(report)
    if options.results:
        publish(options.results, report)


if __name__ == "__main__":
    main()
