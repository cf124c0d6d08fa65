//! The catalogue rows of the family.

use crate::feature::catalogue::{Field, Kind};

const CENTROID: &str = "first moment of the magnitude spectrum (2048 samples at 22.05 kHz, Hann, 50 per second); Peeters, CUIDADO report, 2004";
const BANDWIDTH: &str =
    "square root of the second central moment of the magnitude spectrum; Peeters 2004";
const ROLLOFF: &str = "frequency below which 85 % of the magnitudes lie; Tzanetakis & Cook, IEEE Trans. SAP 10, 2002, with librosa's share";
const FLATNESS: &str = "geometric over arithmetic mean of the power spectrum, bins raised to -100 dBFS; Johnston, IEEE JSAC 6, 1988";
const FLUX: &str = "sum of the increases of magnitude since the frame before (20 ms) over the sum of magnitudes; after Peeters 2004";
const CONTRAST: &str = "20 log10 of the mean of the largest 2 % over the mean of the smallest 2 % of magnitudes, in 0-200 Hz and six octaves; Jiang et al., ICME 2002, bands as in librosa";
const MFCC: &str = "orthonormal DCT-II of ln(M + 1e-4), M = 40 HTK mel bands 30-8000 Hz of linear magnitude; Davis & Mermelstein 1980";

/// The descriptors, in storage order. All over the frames above -70 dBFS without the quietest (up
/// to 5 %).
pub const FIELDS: &[Field] = &[
    Field::real("spectral_centroid_hz", "Hz", "0..=11025, mean", CENTROID),
    Field::real("spectral_centroid_sd_hz", "Hz", ">= 0, standard deviation", CENTROID),
    Field::real("spectral_bandwidth_hz", "Hz", "0..=5513, mean", BANDWIDTH),
    Field::real("spectral_bandwidth_sd_hz", "Hz", ">= 0, standard deviation", BANDWIDTH),
    Field::real("spectral_rolloff_hz", "Hz", "0..=11025, mean", ROLLOFF),
    Field::real("spectral_rolloff_sd_hz", "Hz", ">= 0, standard deviation", ROLLOFF),
    Field::real("spectral_flatness", "", "0..=1, mean", FLATNESS),
    Field::real("spectral_flatness_sd", "", ">= 0, standard deviation", FLATNESS),
    Field::real("spectral_flux", "", "0..=1, mean", FLUX),
    Field::real("spectral_flux_sd", "", ">= 0, standard deviation", FLUX),
    vector("spectral_contrast_db", "dB", "7 means, each >= 0", CONTRAST),
    vector("mfcc_mean", "", "20 means", MFCC),
    vector("mfcc_covariance", "", "210: upper triangle of 20 x 20, row by row", MFCC),
    vector("mfcc_delta_mean", "", "20 mean absolute differences over 20 ms", MFCC),
];

const fn vector(
    name: &'static str,
    unit: &'static str,
    range: &'static str,
    reference: &'static str,
) -> Field {
    Field { name, kind: Kind::Vector, unit, range, reference }
}
