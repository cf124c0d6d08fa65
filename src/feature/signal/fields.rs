//! The catalogue rows of the family.

use crate::feature::catalogue::{Field, Kind};

/// A count in the catalogue.
const fn count(name: &'static str, unit: &'static str, reference: &'static str) -> Field {
    Field { name, kind: Kind::Integer, unit, range: "0 and more", reference }
}

/// The descriptors, in storage order.
pub const FIELDS: &[Field] = &[
    Field::real("duration_s", "s", "0 and more", "frames decoded / sample rate"),
    count("frames", "frames", "frames decoded, encoder delay and padding trimmed"),
    Field::real(
        "silence_start_s",
        "s",
        "0 .. duration_s; the whole duration for silence",
        "time before the first 20 ms block in which the RMS of a channel exceeds -60 dBFS",
    ),
    Field::real(
        "silence_end_s",
        "s",
        "0 .. duration_s; the whole duration for silence",
        "time after the last 20 ms block in which the RMS of a channel exceeds -60 dBFS",
    ),
    count(
        "clipping_runs",
        "runs",
        "runs of at least 3 samples of a channel with a magnitude of 0.999 or more, all channels",
    ),
    count("clipped_samples", "samples", "samples in the runs of clipping_runs"),
    Field::real(
        "dc_offset",
        "full scale",
        "0 .. 1; null without a frame",
        "magnitude of the mean of a channel, the largest of the channels",
    ),
    Field::real(
        "zero_crossing_rate",
        "crossings per frame",
        "0 .. 1, at the native rate: times sample rate for crossings a second; null below 2 frames",
        "share of neighbours of different sign in the mean of the non-LFE channels, zero positive, below 1e-10 zero: librosa zero_crossing_rate at sr=None",
    ),
    Field::real(
        "rms_dbfs",
        "dBFS",
        "up to 0 (a full-scale sine is -3.01); null in digital silence",
        "root mean square over all channels, unweighted, re a full-scale square wave",
    ),
    Field::real(
        "crest_db",
        "dB",
        "0 and more (a sine is 3.01); null in digital silence",
        "sample peak over rms_dbfs",
    ),
    Field::real(
        "stereo_correlation",
        "",
        "-1 (out of phase) .. 1 (mono); null unless two channels that both vary",
        "Pearson correlation of left and right at lag 0",
    ),
    Field::real(
        "stereo_width",
        "",
        "0 (mono) .. 0.5 (unrelated) .. 1 (out of phase); null unless two channels, and in digital silence",
        "share of the side signal (L-R)/2 in the energy of mid (L+R)/2 and side",
    ),
    Field::real(
        "silence_longest_s",
        "s",
        "0 .. duration_s",
        "longest run of 20 ms blocks at -60 dBFS and below between the first and the last sound",
    ),
    Field::real(
        "dynamic_range_db",
        "dB",
        "-3 (square wave) .. about 25, 0 for a sine; null below 3 s and in silence",
        "second highest peak of the 3 s blocks over the RMS of the loudest 20 % of them, RMS times sqrt 2, mean of the channels; rounded it is the DR of the TT meter (Pleasurize Music Foundation, DR14)",
    ),
    Field::real(
        "out_of_phase_share",
        "",
        "0 .. 1; null unless two channels, and in silence",
        "share of the windows of 400 ms above -60 dBFS with sum L R < 0",
    ),
    Field::real(
        "mono_loss_db",
        "dB",
        "0 (L = R), 3.01 (unrelated, or one channel empty) .. 40 (and more: cancels out); null unless two channels, and in digital silence",
        "mean power of left and right over the power of (L+R)/2",
    ),
    Field::real(
        "mono_loss_max_db",
        "dB",
        "as mono_loss_db; null below 3 s too",
        "mono_loss_db in the worst window of 3 s above -60 dBFS",
    ),
];
