"""What a script around librosa computes: tempo and beats, constant-Q chroma, MFCC, spectral shape."""
import sys

import librosa

for path in sys.argv[1:]:
    samples, rate = librosa.load(path, sr=22_050)
    tempo, _ = librosa.beat.beat_track(y=samples, sr=rate)
    librosa.feature.chroma_cqt(y=samples, sr=rate)
    librosa.feature.mfcc(y=samples, sr=rate)
    librosa.feature.spectral_centroid(y=samples, sr=rate)
    librosa.feature.spectral_bandwidth(y=samples, sr=rate)
    librosa.feature.spectral_rolloff(y=samples, sr=rate)
    librosa.feature.zero_crossing_rate(samples)
    print(path, tempo)
