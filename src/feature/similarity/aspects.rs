//! The vectors of the aspects, from what other families have measured.

use std::f64::consts::TAU;

use super::modulation::{Energies, RANGES};
use super::{HARMONY, LOUDNESS, MOOD, RHYTHM};
use crate::feature::extractor::Heard;
use crate::feature::loudness::Loudness;
use crate::feature::rhythm::Rhythm;
use crate::feature::rhythm::onset_function::BANDS;
use crate::feature::timbre::Timbre;
use crate::feature::tonal::{Chords, KeyEstimate, Mode, Quality, Tonal};

/// Tempo that says nothing of a mood, in beats per minute: the centre of what people tap.
const NEUTRAL_BPM: f64 = 110.0;

/// Classes of pitch.
const CLASSES: usize = 12;

/// Fourier magnitudes of twelve classes, the sum left out.
const MAGNITUDES: usize = CLASSES / 2;

/// Numbers from an iterator of as many; `None` when one of them is not finite.
fn finite<const N: usize>(numbers: impl IntoIterator<Item = f64>) -> Option<[f32; N]> {
    let mut vector = [0.0; N];
    let mut numbers = numbers.into_iter();
    for slot in &mut vector {
        *slot = numbers.next()? as f32;
    }
    vector.iter().all(|x| x.is_finite()).then_some(vector)
}

/// Modulation energies, tempo on its circle, density, and how clear the beat is.
pub(super) fn rhythm(energies: &Energies, rhythm: &Rhythm) -> [f32; RHYTHM] {
    let confidence = rhythm.beat_confidence.unwrap_or(0.0);
    let angle = TAU * rhythm.bpm.unwrap_or(NEUTRAL_BPM).log2();
    let rest = [confidence * angle.cos(), confidence * angle.sin(), density(rhythm), confidence];
    const { assert!(BANDS * RANGES + 4 == RHYTHM) };
    let all = energies.as_flattened().iter().copied().chain(rest);
    finite(all).unwrap_or([0.0; RHYTHM])
}

/// ln(onsets per second + 0.1).
fn density(rhythm: &Rhythm) -> f64 {
    (rhythm.onset_rate_hz.unwrap_or(0.0) + 0.1).ln()
}

/// Intervals and chords.
pub(super) fn harmony(tonal: &Tonal) -> Option<[f32; HARMONY]> {
    let magnitudes = magnitudes(tonal.chroma.as_ref()?)?;
    let (shares, pace) = tonal.chords.as_ref().map_or(([0.0; 7], 0.0), |chords| {
        (shares(chords), chords.changes_per_minute().unwrap_or(0.0))
    });
    let none = 1.0 - shares.iter().sum::<f64>();
    let rest = [none, (1.0 + pace).ln(), majority(tonal.key.as_ref())];
    const { assert!(MAGNITUDES + 7 + 3 == HARMONY) };
    finite(magnitudes.into_iter().chain(shares).chain(rest))
}

/// Magnitudes of the Fourier transform of the chroma over its sum: the same in every key.
fn magnitudes(chroma: &[f32; CLASSES]) -> Option<[f64; MAGNITUDES]> {
    let sum: f64 = chroma.iter().map(|&c| f64::from(c)).sum();
    let magnitude = |k: usize| {
        let (mut re, mut im) = (0.0, 0.0);
        for (class, &c) in chroma.iter().enumerate() {
            let (sin, cos) = (TAU * (k * class) as f64 / CLASSES as f64).sin_cos();
            (re, im) = (re + f64::from(c) * cos, im + f64::from(c) * sin);
        }
        re.hypot(im) / sum
    };
    (sum > 0.0).then(|| std::array::from_fn(|i| magnitude(i + 1)))
}

/// Share of the time of each quality of chord, in the order of [`Quality::ALL`].
fn shares(chords: &Chords) -> [f64; 7] {
    let total: f64 = chords.events.iter().map(crate::feature::tonal::ChordEvent::length_s).sum();
    let share = |quality: Quality| -> f64 {
        let of_it =
            chords.events.iter().filter(|e| e.chord.is_some_and(|c| c.quality() == quality));
        of_it.map(crate::feature::tonal::ChordEvent::length_s).sum()
    };
    if total > 0.0 { Quality::ALL.map(|quality| share(quality) / total) } else { [0.0; 7] }
}

/// Probability of major less that of minor, over the candidates; 0 without a key.
fn majority(key: Option<&KeyEstimate>) -> f64 {
    let signed = |c: &crate::feature::tonal::Candidate| match c.key.mode() {
        Mode::Major => c.probability,
        Mode::Minor => -c.probability,
    };
    key.map_or(0.0, |key| key.candidates.iter().map(signed).sum())
}

/// Cues of arousal and valence; `None` for silence.
pub(super) fn mood(heard: &Heard<'_>) -> Option<[f32; MOOD]> {
    let Heard { rhythm, tonal, timbre, .. } = heard;
    let Timbre { centroid_hz, flatness, flux, contrast_db, .. } = timbre;
    let contrast = contrast_db.map_or(0.0, |bands| bands.iter().sum::<f64>() / bands.len() as f64);
    let doubtful = rhythm.bpm_confidence.unwrap_or(0.0);
    let tempo = doubtful * (rhythm.bpm.unwrap_or(NEUTRAL_BPM) / NEUTRAL_BPM).ln();
    let rich = tonal.chords.as_ref().map_or(0.0, |chords| {
        let [_, _, seventh, major, minor, _, suspended] = shares(chords);
        seventh + major + minor + suspended
    });
    finite([
        density(rhythm),
        NEUTRAL_BPM.ln() + tempo,
        (centroid_hz.as_ref()?.mean + 1.0).ln(),
        (flatness.as_ref()?.mean + 1e-4).ln(),
        (flux.map_or(0.0, |flux| flux.mean) + 1e-3).ln(),
        contrast,
        majority(tonal.key.as_ref()),
        rich,
    ])
}

/// Level and dynamics; `None` where there is no loudness.
pub(super) fn loudness(loudness: &Loudness) -> Option<[f32; LOUDNESS]> {
    let level = loudness.loudness_lufs?;
    let above = |maximum: Option<f64>| maximum.map_or(0.0, |maximum| maximum - level);
    finite([
        level,
        loudness.loudness_range_lu.unwrap_or(0.0),
        loudness.plr_db().unwrap_or(0.0),
        above(loudness.loudness_momentary_max_lufs),
        above(loudness.loudness_short_term_max_lufs),
    ])
}
