//! The descriptors of the family.

use crate::feature::catalogue::{Field, Kind};

/// The descriptors, in storage order.
pub const FIELDS: &[Field] = &[
    Field::new(
        "bpm",
        Kind::Real,
        "beats per minute",
        "about 30..=300; null without a pulse",
        "beat network and onset functions; octave by a learned rule; refined by long lags and a line \
         through the beats",
    ),
    Field::new(
        "bpm_confidence",
        Kind::Real,
        "",
        "0..=1; null without a pulse",
        "calibrated probability that a listener taps this tempo, within 4 %",
    ),
    Field::new(
        "bpm_candidates",
        Kind::Json,
        "beats per minute",
        "[{bpm, share}], the chosen tempo first; shares are probabilities",
        "conditional logit over peaks of comb scores and their simple ratios",
    ),
    Field::new(
        "tempo_stability",
        Kind::Real,
        "",
        "0..=1; null below 30 s of beats",
        "1 - IQR/median of the tempo over spans of 20 s",
    ),
    Field::new(
        "tempo_kind",
        Kind::Text,
        "",
        "constant, variable; null without a pulse",
        "constant where a perfectly steady grid explains the beats, whose slow deviations stay below \
         30 ms",
    ),
    Field::new(
        "beats",
        Kind::Times,
        "seconds",
        "0..=duration, ascending; null without a pulse",
        "dynamic programming, Ellis 2007, over the activation of the beat network, or a steady grid",
    ),
    Field::new(
        "downbeats",
        Kind::Times,
        "seconds",
        "0..=duration, ascending, a subset of beats; null without a pulse",
        "Viterbi path over positions in the bar, downbeat activation of the network",
    ),
    Field::new(
        "onset_count",
        Kind::Integer,
        "",
        ">= 0",
        "peaks of the SuperFlux onset function, Böck & Widmer 2013",
    ),
    Field::new(
        "onset_rate_hz",
        Kind::Real,
        "per second",
        "0..=17; null for an empty file",
        "onset_count over the duration",
    ),
    Field::new(
        "onsets",
        Kind::Times,
        "seconds",
        "0..=duration, ascending, 60 ms apart or more",
        "Böck, Krebs & Schedl 2012",
    ),
    Field::new(
        "beat_confidence",
        Kind::Real,
        "",
        "0..=1; null without a pulse",
        "calibrated expectation of the F-measure of the beats at 70 ms",
    ),
    Field::new(
        "metre",
        Kind::Integer,
        "beats per bar",
        "2..=7; null without a pulse",
        "the metre whose bars explain the downbeat activation best",
    ),
    Field::new(
        "tempo_curve",
        Kind::Vector,
        "beats per minute",
        "a value every 10 s from the first beat on; null without a pulse",
        "slope of a line through the beats of 20 s",
    ),
    Field::new(
        "grid_bpm",
        Kind::Real,
        "beats per minute",
        "about 30..=300; null unless the tempo is constant",
        "slope of a line through all beats",
    ),
    Field::new(
        "grid_offset_s",
        Kind::Real,
        "seconds",
        "time of the first beat; null unless the tempo is constant",
        "intercept of the same line",
    ),
];
