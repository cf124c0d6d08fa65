#!/usr/bin/env python3
"""Measures what share of the processor `analyze --max-cpu` takes: (user + system) / (wall x cores).

Usage: benches/cpu_share.py PROGRAM [SHARE ...]      e.g. target/release/phonolite 25% 50%

Each share gets 60 s over files of noise made for it. On a machine that others keep busy the share can only
come out lower: run it on a quiet one. Exit code 1 when a share is missed by more than a tenth of it.
"""
import os, resource, subprocess, sys, tempfile, time, wave

SECONDS = 60


def noise(folder, files):
    for number in range(files):
        with wave.open(f"{folder}/{number:03}.wav", "wb") as out:
            out.setnchannels(2)
            out.setsampwidth(2)
            out.setframerate(44_100)
            out.writeframes(os.urandom(44_100 * 4 * 120))


def used():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def main(program, shares):
    cores, missed = len(os.sched_getaffinity(0)), False
    with tempfile.TemporaryDirectory() as folder:
        os.mkdir(f"{folder}/music")
        noise(f"{folder}/music", 240)  # two minutes each: more than half of two cores hears in time
        for share in shares:
            command = [program, "analyze", "--quiet", "--force", "--max-duration", f"{SECONDS}s",
                       "--max-cpu", share, "--db", f"{folder}/library.db", f"{folder}/music"]
            before, start = used(), time.monotonic()
            subprocess.run(command, check=True, env={"HOME": folder})
            wall, cpu = time.monotonic() - start, used() - before
            got, wanted = cpu / wall / cores, float(share.rstrip("%")) / 100
            missed |= abs(got / wanted - 1) > 0.1
            done = "stopped by time" if wall >= SECONDS else "ran out of files: not a measurement"
            print(f"--max-cpu {share}: {100 * got:.1f} % of {cores} cores over {wall:.1f} s ({done})")
    return int(missed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:] or ["50%"]))
