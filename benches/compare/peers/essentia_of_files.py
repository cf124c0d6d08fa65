"""Essentia's MusicExtractor over files: python essentia_of_files.py FILE..."""
import sys

import essentia
import essentia.standard as es

essentia.log.infoActive = False
essentia.log.warningActive = False
for path in sys.argv[1:]:
    features, _ = es.MusicExtractor()(path)
    print(path, features["rhythm.bpm"], features["tonal.key_edma.key"], features["lowlevel.loudness_ebu128.integrated"])
