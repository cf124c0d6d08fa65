//! The catalogue of this family.

use crate::feature::catalogue::{Field, Kind};

const RANGE: &str = "0 .. 1; null for silence and below 3 s of sound";

/// A score in 0..=1.
const fn score(name: &'static str, reference: &'static str) -> Field {
    Field::real(name, "", RANGE, reference)
}

/// The descriptors, in storage order.
///
/// L(z) = 1 / (1 + e^-z); names are those of `perceptual_cues` and of other families. What was
/// checked, and on what, is in `benches/PERCEPTUAL.md`.
pub const FIELDS: &[Field] = &[
    score(
        "energy",
        "L(0.25 (loudness_lufs + 14) + 0.15 (min(onset_rate_hz, 12) - 4) + 0.5 log2(centroid_hz / 1700) - 0.1 (dynamics_db - 2)); \
         cues of arousal after Gabrielsson and Lindstroem 2010, weights by hand; checked: rises with gain, density and brightness, \
         order of genres. It depends on the mastering level: the same song louder has more",
    ),
    score(
        "danceability",
        "0.4 pulse_clarity + 0.3 beat_regularity beat_confidence + 0.2 bass_on_beat + 0.1 (1 in 90-140 BPM, 0 half an octave outside); \
         0 without a pulse; pulse clarity in the sense of Lartillot et al., ISMIR 2008, weights by hand; checked: rises with the \
         beat, falls with its jitter, order of genres; not checked against dancers",
    ),
    Field::real(
        "danceability_dfa",
        "",
        "0 and more, mostly 1 .. 2; null for silence, below 3 s of sound, and where level does not fluctuate",
        "inverse mean slope of a detrended fluctuation analysis of the level, 0.3-8.8 s: Streich and Herrera, AES 118, 2005; \
         checked: within 0.02 of Essentia 2.1b6 Danceability on 7 files",
    ),
    Field::real(
        "valence",
        "",
        "0 .. 1; null for silence, below 3 s of sound, and with neither key nor tempo",
        "L(major + 0.8 tempo_octaves + 0.15 (min(onset_rate_hz, 12) - 4) + 0.3 log2(centroid_hz / 1700)), tempo_octaves within -1..1; \
         directions of cues after Gabrielsson and Lindstroem 2010 and Eerola et al. 2013; checked in direction only (major, faster, denser, \
         brighter); not checked against listeners: take it as a summary of cues, not as a mood",
    ),
    score(
        "acousticness",
        "L(1.2 (texture_db - 5.6) - 0.7 log2(centroid_hz / 1700)): lone partials give rough spectra, distortion, cymbals and dense \
         mixes smooth ones; own; checked: falls with distortion, order of genres. A clean synthesiser counts as acoustic",
    ),
    score(
        "instrumentalness",
        "L(6 - own_syllables / 0.2 - own_motion / 0.12 - 0.5 log_depth): what moves in 300-3400 Hz at 2.5-8 Hz without bass and treble \
         is taken as a voice; own; checked: falls with a voice mixed in, songs against instrumentals. Solo instruments and lead guitars \
         are heard as voices",
    ),
    score(
        "speechiness",
        "L(2 ln(syllables / 0.055) + 10 (pauses - 0.2) + 0.5 - 1.5 beat_confidence): 4 Hz modulation and low-energy frames after \
         Scheirer and Slaney, ICASSP 1997, and Saunders 1996; checked: speech against music, rises as speech is mixed in; little \
         real speech was at hand",
    ),
    score(
        "liveness",
        "L(8 (hiss - 0.25) + 4 (1 - tempo_stability)): noise that never stops in quiet passages, unsteady tempo; own; checked: \
         rises with noise mixed in; never checked on concert recordings. Distorted guitars raise it",
    ),
    score(
        "percussiveness",
        "r / (r + 0.016), r = rising_share: share of the compressed mel spectrum that rises from one 20 ms frame to the next, after SuperFlux \
         (Boeck and Widmer, DAFx 2013); checked: rises with drums",
    ),
    score(
        "brightness",
        "log2(centroid_hz / 200) / log2(40) within 0..1: mean centroid of 40 mel magnitudes up to 8 kHz, 0 at 200 Hz, 1 at 8 kHz; \
         checked: falls with a low-pass filter",
    ),
    Field::new(
        "perceptual_cues",
        Kind::Json,
        "",
        "{centroid_hz, dynamics_db, texture_db, rising_share, syllables, pauses, hiss, own_syllables, log_depth, own_motion, \
         pulse_clarity, bass_on_beat, beat_regularity, tempo_octaves, major}, each a number or null; null as energy",
        "what the scores are computed from, so that they can be weighed otherwise; defined in src/feature/perceptual",
    ),
];
