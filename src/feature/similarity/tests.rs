//! The vectors of signals whose nature is known.

use super::*;
use crate::audio::Chunk;
use crate::feature::{Extractor, Families, Family, Lanes, Value};
use crate::units::{ChannelLayout, Hertz, StreamSpec};
use std::f64::consts::TAU;

const RATE: u32 = 22_050;

/// The vectors of mono samples at 22 050 Hz, in the order of [`FIELDS`].
fn vectors(samples: &[f32], chunk_frames: usize) -> Vec<Option<Vec<f32>>> {
    let channels = ChannelLayout::front(1).expect("one channel");
    let spec = StreamSpec { rate: Hertz::new(RATE).expect("a rate"), channels };
    let wanted: Families = [Family::Similarity].into_iter().collect();
    let mut extractor = Extractor::new(&spec, wanted);
    for part in samples.chunks(chunk_frames) {
        extractor.push(&Chunk::from_planes(vec![part.to_vec()]), Lanes::InTurn);
    }
    let records = extractor.finish(Lanes::InTurn);
    let [record] = &records[..] else { panic!("one family was asked for") };
    let vector = |value: &Value| match value {
        Value::Vector(vector) => vector.clone(),
        other => panic!("{other:?}"),
    };
    record.values.iter().map(vector).collect()
}

/// A chord of decaying tones `hz`, struck every `period_s`.
fn struck(hz: &[f64], period_s: f64, seconds: f64) -> Vec<f32> {
    let sample = |n: u32| {
        let t = f64::from(n) / f64::from(RATE);
        let since = t % period_s;
        let tones: f64 = hz.iter().map(|hz| (TAU * hz * t).sin()).sum();
        (0.2 * tones * (-6.0 * since).exp()) as f32
    };
    (0..(seconds * f64::from(RATE)) as u32).map(sample).collect()
}

#[test]
fn values_fit_the_catalogue() {
    for values in [Similarity::default().values(), {
        let full = Similarity {
            rhythm: Some([1.0; RHYTHM]),
            harmony: Some([1.0; HARMONY]),
            mood: Some([1.0; MOOD]),
            loudness: Some([1.0; LOUDNESS]),
        };
        full.values()
    }] {
        let kinds: Vec<Kind> = values.iter().map(Value::kind).collect();
        assert_eq!(kinds, FIELDS.iter().map(|field| field.kind).collect::<Vec<_>>());
    }
}

#[test]
fn the_cut_does_not_show() {
    let samples = struck(&[261.6, 329.6, 392.0], 0.5, 15.0);
    let whole = vectors(&samples, samples.len());
    assert!(whole.iter().all(Option::is_some), "{whole:?}");
    for cut in [441, 16_384] {
        assert_eq!(vectors(&samples, cut), whole, "cut {cut}");
    }
}

#[test]
fn harmony_is_the_same_in_every_key() {
    let triad = |semitones: f64| {
        let factor = 2.0_f64.powf(semitones / 12.0);
        vectors(&struck(&[261.6 * factor, 329.6 * factor, 392.0 * factor], 0.5, 12.0), 16_384)
    };
    let harmony = |vectors: Vec<Option<Vec<f32>>>| vectors[1].clone().expect("a chroma");
    let (c, e) = (harmony(triad(0.0)), harmony(triad(4.0)));
    for (c, e) in c.iter().zip(&e).take(6) {
        assert!((c - e).abs() < 0.1, "{c} {e}");
    }
    let fifths = harmony(vectors(&struck(&[261.6, 392.0], 0.5, 12.0), 16_384));
    assert!(c.iter().zip(&fifths).take(6).any(|(c, f)| (c - f).abs() > 0.1));
}

#[test]
fn what_is_not_there_is_null() {
    assert_eq!(vectors(&[], 1), [None, None, None, None]);
    assert_eq!(vectors(&vec![0.0; 60_000], 16_384), [None, None, None, None]);
    let short = vectors(&struck(&[440.0], 0.5, 0.2), 16_384);
    assert!(short[0].is_some() && short[3].is_none(), "no loudness below 0.4 s: {short:?}");
}

#[test]
fn memory_does_not_grow() {
    assert_eq!(Tracker::footprint(1), Tracker::footprint(u64::MAX));
}
