use super::super::beat_net;
use super::*;

fn frames(count: usize) -> Vec<[f32; MEL_BANDS]> {
    let value = |k: usize, b: usize| {
        let (k, b) = (k as f32, b as f32);
        (2.5 + 1.5 * (0.37 * k).sin() + (0.9 * b + 0.01 * k).cos()).max(0.0)
    };
    (0..count).map(|k| std::array::from_fn(|b| value(k, b))).collect()
}

fn activations(frames: &[[f32; MEL_BANDS]]) -> Vec<Activation> {
    let mut stream = BeatStream::new(beat_net().unwrap());
    let mut found = Vec::new();
    for frame in frames {
        stream.push(frame, |a| found.push(a));
    }
    stream.finish(|a| found.push(a));
    found
}

#[test]
fn every_frame_has_one_activation() {
    for count in [0, 1, 2, 3, 127, 128, 129, 600, 1500] {
        let found = activations(&frames(count));
        assert_eq!(found.len(), count);
        assert!(found.iter().all(|a| (0.0..=1.0).contains(&a.beat) && a.downbeat <= 1.0));
    }
}

#[test]
fn what_lies_beyond_the_context_does_not_matter() {
    let whole = frames(3000);
    let (all, part) = (activations(&whole), activations(&whole[1000..2500]));
    let (from, to) = (CONTEXT_FRAMES + 1, 1500 - CONTEXT_FRAMES);
    assert_eq!(all[1000 + from..1000 + to], part[from..to]);
}

#[test]
fn what_is_not_finite_counts_as_silence() {
    let mut broken = frames(900);
    broken[400] = [f32::NAN; MEL_BANDS];
    let mut silent = broken.clone();
    silent[400] = [0.0; MEL_BANDS];
    assert_eq!(activations(&broken), activations(&silent));
}

#[test]
fn memory_stays_within_the_footprint() {
    let net = beat_net().unwrap();
    let mut stream = BeatStream::new(net);
    for frame in &frames(5000) {
        stream.push(frame, |_| ());
    }
    assert!(stream.held() <= BeatStream::footprint(net), "{}", stream.held());
}

#[test]
fn a_damaged_file_is_an_error() {
    let file = super::super::BEAT_WEIGHTS;
    assert!(BeatNet::parse(file).is_ok());
    for length in [0, 7, 10, 100, 3000, file.len() - 4] {
        assert!(matches!(BeatNet::parse(&file[..length]), Err(ModelError::Malformed { .. })));
    }
    let mut longer = file.to_vec();
    longer.extend([0; 4]);
    assert!(BeatNet::parse(&longer).is_err());
}

/// Frames and activations of the reference implementation (`tests/fixtures/beat/make.py`).
const CASES: [(&str, &[u8], &[u8]); 4] = [
    (
        "rock",
        include_bytes!("../../../tests/fixtures/beat/rock.frames"),
        include_bytes!("../../../tests/fixtures/beat/rock.activation"),
    ),
    (
        "waltz",
        include_bytes!("../../../tests/fixtures/beat/waltz.frames"),
        include_bytes!("../../../tests/fixtures/beat/waltz.activation"),
    ),
    (
        "swing",
        include_bytes!("../../../tests/fixtures/beat/swing.frames"),
        include_bytes!("../../../tests/fixtures/beat/swing.activation"),
    ),
    (
        "speech",
        include_bytes!("../../../tests/fixtures/beat/speech.frames"),
        include_bytes!("../../../tests/fixtures/beat/speech.activation"),
    ),
];

#[test]
fn it_is_the_reference() {
    for (name, frames, expected) in CASES {
        let (frames, _) = frames.as_chunks::<MEL_BANDS>();
        let frames: Vec<_> = frames.iter().map(|row| row.map(|b| f32::from(b) / 25.0)).collect();
        let (expected, _) = expected.as_chunks::<4>();
        let expected: Vec<f32> = expected.iter().map(|b| f32::from_le_bytes(*b)).collect();
        let found: Vec<f32> =
            activations(&frames).iter().flat_map(|a| [a.beat, a.downbeat]).collect();
        assert_eq!(found.len(), expected.len());
        let errors = found.iter().zip(&expected).map(|(a, b)| (a - b).abs());
        let worst = errors.fold(0.0, f32::max);
        assert!(worst < 1e-5, "{name}: {worst}");
    }
}
