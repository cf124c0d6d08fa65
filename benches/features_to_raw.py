"""Turns spectral clips (npz) into the plain files that `examples/evaluate.rs --frames` reads.

    python benches/features_to_raw.py CLIPS_FOLDER OUT_FOLDER

For every ID.npz: ID.rhythm.f32, the array `rhythm` [frames, 40], and ID.tonal.f32, the array `tonal`
[frames, 764], both as little-endian f32.
"""
import sys
from pathlib import Path

import numpy as np


def main():
    source, target = map(Path, sys.argv[1:3])
    target.mkdir(parents=True, exist_ok=True)
    for path in sorted(source.glob("*.npz")):
        with np.load(path, allow_pickle=False) as clip:
            for name in ("rhythm", "tonal"):
                (target / f"{path.stem}.{name}.f32").write_bytes(clip[name].astype("<f4").tobytes())


if __name__ == "__main__":
    main()
