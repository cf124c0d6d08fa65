//! The catalogue rows of the family.

use crate::feature::catalogue::{Field, Kind};

/// The descriptors, in storage order.
pub const FIELDS: &[Field] = &[
    Field::real(
        "loudness_lufs",
        "LUFS",
        "-70 .. about +5; null in silence and below 0.4 s",
        "integrated loudness, both gates: ITU-R BS.1770-5 Annex 1, EBU R 128",
    ),
    Field::real(
        "loudness_range_lu",
        "LU",
        "0 .. about 60; null below 3 s and in silence",
        "loudness range, short-term values every 100 ms, nearest rank: EBU Tech 3342",
    ),
    Field::real(
        "loudness_momentary_max_lufs",
        "LUFS",
        "up to about +5; null in digital silence and below 0.4 s",
        "largest loudness of 400 ms, looked at every 20 ms: EBU Tech 3341",
    ),
    Field::real(
        "loudness_short_term_max_lufs",
        "LUFS",
        "up to about +5; null in digital silence and below 3 s",
        "largest loudness of 3 s, looked at every 100 ms: EBU Tech 3341",
    ),
    Field::real(
        "true_peak_dbtp",
        "dBTP",
        "at least sample_peak_dbfs; null in digital silence",
        "largest magnitude between the samples, all channels: ITU-R BS.1770-5 Annex 2 (4x below 96 kHz, 2x below 192 kHz)",
    ),
    Field::real(
        "sample_peak_dbfs",
        "dBFS",
        "up to 0, above in files of floating-point samples and lossy codecs; null in digital silence",
        "largest magnitude of a sample, all channels",
    ),
    Field::real(
        "replaygain_track_db",
        "dB",
        "about -23 .. +52; null where loudness_lufs is",
        "gain to -18 LUFS: ReplayGain 2.0",
    ),
    Field {
        name: "r128_track_gain_db",
        kind: Kind::Real,
        unit: "dB",
        range: "multiples of 1/256 within -128 .. 128; null where loudness_lufs is",
        reference: "gain to -23 LUFS as R128_TRACK_GAIN holds it (times 256): RFC 7845 section 5.2.1",
    },
    Field::real(
        "plr_db",
        "dB",
        "about 3 .. 30; null where loudness_lufs is",
        "peak to loudness ratio: true_peak_dbtp - loudness_lufs (AES TD1004)",
    ),
    Field::new(
        "loudness_histogram",
        Kind::Bytes,
        "",
        "u16 LE number of the first bin of 0.05 LU above -70 LUFS, then LEB128 counts of blocks, at most 4096; null where loudness_lufs is",
        "400 ms blocks every 100 ms above -70 LUFS, for gating over several tracks: ITU-R BS.1770-5 Annex 1",
    ),
    Field::new(
        "true_peak_overs",
        Kind::Integer,
        "overs",
        "0 and more",
        "runs of magnitudes above 0 dBTP, between samples (interpolated as for true_peak_dbtp) or at them, all channels",
    ),
    Field::new(
        "loudness_curve_lufs",
        Kind::Vector,
        "LUFS",
        "-70 (and below) .. about +5, one value every loudness_curve_step_s, at most 14400; null in silence and below 1 s",
        "K-weighted loudness of consecutive pieces, ungated: ITU-R BS.1770-5 Annex 1",
    ),
    Field::real(
        "loudness_curve_step_s",
        "s",
        "1; 2, 4, 8 .. above 4 hours; null where loudness_curve_lufs is",
        "length of the pieces of loudness_curve_lufs",
    ),
];
