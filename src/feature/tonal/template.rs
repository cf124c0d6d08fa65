//! Keys by templates.

use super::chroma::{CLASSES, Chroma};
use super::key::{Key, Mode};

/// How strongly each step above the tonic is heard in electronic and popular music: "bgate",
/// Faraldo, Gómez, Jordà and Herrera, "Key estimation in electronic dance music", ECIR 2016.
const MAJOR: Chroma = [1.00, 0.00, 0.42, 0.00, 0.53, 0.37, 0.00, 0.77, 0.00, 0.38, 0.21, 0.30];
const MINOR: Chroma = [1.00, 0.00, 0.36, 0.39, 0.00, 0.38, 0.00, 0.74, 0.27, 0.00, 0.42, 0.23];

/// Pearson correlation of a chroma with the template of each key, in the order of [`Key::index`];
/// −1..=1, 0 for a constant chroma.
pub(super) fn correlations(chroma: &Chroma) -> [f64; Key::COUNT] {
    let observed = standardised(chroma);
    let (major, minor) = (standardised(&MAJOR), standardised(&MINOR));
    let mut scores = [0.0; Key::COUNT];
    for key in Key::all() {
        let template = if key.mode() == Mode::Major { &major } else { &minor };
        let tonic = usize::from(key.tonic());
        let products = (0..CLASSES).map(|step| observed[(tonic + step) % CLASSES] * template[step]);
        scores[key.index()] = products.sum::<f64>() / CLASSES as f64;
    }
    scores
}

/// Mean 0, variance 1; a constant becomes 0.
fn standardised(values: &Chroma) -> [f64; CLASSES] {
    let values = values.map(f64::from);
    let mean = values.iter().sum::<f64>() / CLASSES as f64;
    let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / CLASSES as f64;
    values.map(|v| (v - mean) / variance.sqrt().max(1e-9))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_recognises_itself_in_every_key() {
        for key in Key::all() {
            let template = if key.mode() == Mode::Major { MAJOR } else { MINOR };
            let mut chroma = template;
            chroma.rotate_right(usize::from(key.tonic()));
            let scores = correlations(&chroma);
            assert!((scores[key.index()] - 1.0).abs() < 1e-6, "{key}");
            assert!(Key::all().all(|k| k == key || scores[k.index()] < 0.99), "{key}");
        }
    }

    #[test]
    fn a_constant_chroma_fits_nothing() {
        assert!(correlations(&[0.5; CLASSES]).iter().all(|s| s.abs() < 1e-6));
    }
}
