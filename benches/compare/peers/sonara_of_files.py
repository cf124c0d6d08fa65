"""sonara over files: python sonara_of_files.py compact|playlist|full|full+loudness FILE..."""
import sys

import sonara

# What its mode "full" computes, by name, since loudness is to be had by naming features only.
FULL = """bpm beats onsets rms dynamic_range centroid zcr onset_density bandwidth rolloff flatness contrast mfcc chroma chords
dissonance energy danceability key valence acousticness tempo_curve time_signature""".split()

mode, *files = sys.argv[1:]
wish = {"features": [*FULL, "loudness"]} if mode == "full+loudness" else {"mode": mode}
for result in sonara.analyze_batch(files, **wish):
    if result.failed:
        sys.exit(f"{result['path']}: {result['error']}")
    print(result["path"], result["bpm"], len(result))
