//! Front ends against librosa, torchaudio and the published formulas (tests/fixtures/models/make.py).

use super::*;
use crate::model::slot::presets::preset;
use crate::model::slot::spec::{Pad, PatchNorm, PatchOf, Placed};
use crate::model::slot::tests::{GOLDEN, golden, signal};

/// Largest difference of any band, in the unit of the front end.
const TOLERANCE: f64 = 1e-4;

fn rows(spec: &Spec, samples: &[f32], cut: usize) -> Vec<f32> {
    let mut front_end = FrontEnd::new(spec).expect("has a spectrum");
    let mut rows = Vec::new();
    samples.chunks(cut).for_each(|part| front_end.push(part, &mut rows));
    front_end.finish(&mut rows);
    rows
}

#[test]
fn front_ends_are_those_of_librosa_and_torchaudio() {
    for name in GOLDEN {
        let golden = golden(name);
        let Some(frames) = golden["frames"].as_u64() else { continue };
        let spec = preset(name).expect("known");
        let mut samples = signal(spec.input.rate_hz, golden["seconds"].as_f64().expect("a number"));
        if spec.patch.of == PatchOf::Samples {
            samples.truncate(spec.patch.length);
        }
        let mut rows = rows(&spec, &samples, 5000);
        if let Some(log) = spec.log.as_ref().filter(|_| spec.patch.of == PatchOf::Samples) {
            let cut = crate::model::slot::spec::Patch {
                norm: PatchNorm::default(),
                ..spec.patch.clone()
            };
            crate::model::slot::patches::normalise(&mut rows, Some(log), &cut);
        }
        let width = spec.width();
        assert_eq!(rows.len() as u64, frames * width as u64, "{name}: frames");
        let mut worst = 0.0_f64;
        for (row, expected) in golden["rows"].as_object().expect("rows") {
            let row: usize = row.parse().expect("a number");
            for (band, expected) in expected.as_array().expect("bands").iter().enumerate() {
                let expected = expected.as_f64().expect("a number");
                worst = worst.max((f64::from(rows[row * width + band]) - expected).abs());
            }
        }
        println!("{name}: {frames} frames of {width}, worst difference {worst:.2e}");
        assert!(worst < TOLERANCE, "{name}: {worst}");
    }
}

#[test]
fn the_cut_does_not_show() {
    let samples = signal(16_000, 0.8);
    for name in ["musicnn", "vggish", "clap", "openl3", "beat_this"] {
        let spec = preset(name).expect("known");
        let whole = rows(&spec, &samples, samples.len());
        for cut in [1, 160, 511, 4097] {
            assert!(rows(&spec, &samples, cut) == whole, "{name} in pieces of {cut}");
        }
    }
}

#[test]
fn short_signals_have_the_frames_that_are_promised() {
    for name in ["musicnn", "vggish", "clap", "openl3"] {
        let base = preset(name).expect("known");
        for pad in [Pad::Zero, Pad::Reflect, Pad::Edge] {
            for placed in [Placed::Middle, Placed::Start] {
                let mut spec = base.clone();
                let spectrum = spec.spectrum.as_mut().expect("has one");
                (spectrum.pad, spectrum.placed) = (pad, placed);
                let spectrum = spectrum.clone();
                for length in [0, 1, 2, 63, 255, 256, 257, 399, 400, 401, 1023, 2048, 5000] {
                    let rows = rows(&spec, &vec![0.25; length], 77);
                    let frames = frames_of(&spectrum, length);
                    assert_eq!(rows.len(), frames * spec.width(), "{name} {pad:?} {length}");
                    assert!(rows.iter().all(|x| x.is_finite()));
                }
            }
        }
    }
}

#[test]
fn a_signal_is_mirrored_as_often_as_it_takes() {
    // As numpy.pad(…, mode="reflect"), walking away from the first sample.
    let found: Vec<f32> = (1..=7).map(|back| frames::mirrored(&[1.0, 2.0, 3.0], back)).collect();
    assert_eq!(found, [2.0, 3.0, 2.0, 1.0, 2.0, 3.0, 2.0]);
    assert_eq!(frames::mirrored(&[5.0], 9).to_bits(), 5.0_f32.to_bits());
}

#[test]
fn memory_stays_within_the_footprint() {
    for name in ["musicnn", "vggish", "beat_this"] {
        let spec = preset(name).expect("known");
        let mut front_end = FrontEnd::new(&spec).expect("has a spectrum");
        let mut rows = Vec::new();
        for _ in 0..20 {
            rows.clear();
            front_end.push(&signal(16_000, 1.0), &mut rows);
        }
        front_end.finish(&mut rows);
        let held = front_end.frames.held() + front_end.finish.bands.as_ref().map_or(0, Bands::held);
        assert!(held <= FrontEnd::footprint(&spec), "{name}: {held}");
    }
}
