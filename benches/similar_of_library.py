"""Asks `phonolite similar` about every file of a folder, for `score_neighbours.py`.

    phonolite analyze FOLDER --db DATABASE
    python benches/similar_of_library.py PHONOLITE DATABASE FOLDER OUT.jsonl [options of similar]

Writes the distances by which the program ranks, as `examples/neighbours.rs` does, without the MFCC statistics.
"""
import json
import subprocess
import sys
from pathlib import Path


def ask(program, database, path, options):
    command = [program, "similar", str(path), "-n", "10000", "--no-artist-filter", "--json", "--db", database]
    done = subprocess.run([*command, *options], capture_output=True, text=True)
    return json.loads(done.stdout)["similar"] if done.returncode == 0 else None


def main():
    program, database, folder, out, *options = sys.argv[1:]
    paths = [p for p in sorted(Path(folder).iterdir()) if p.suffix != ".csv"]
    answers = [(p, ask(program, database, p.resolve(), options)) for p in paths]
    answers = [(p, found) for p, found in answers if found is not None]
    place = {str(p.resolve()): i for i, (p, _) in enumerate(answers)}
    with open(out, "w", encoding="utf-8") as lines:
        for path, found in answers:
            row = {"path": path.name, "proximity": [0.0] * len(answers), "weighted": [0.0] * len(answers), "aspects": {}}
            for one in found:
                if (at := place.get(one["path"])) is None:
                    continue
                row["proximity"][at], row["weighted"][at] = one["distance"], one["weighted"]
                for name, distance in one["aspects"].items():
                    row["aspects"].setdefault(name, [0.0] * len(answers))[at] = distance
            lines.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    main()
