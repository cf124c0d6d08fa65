//! Whole models against `PyTorch` (tests/fixtures/models/make.py).

use super::spec::{Activation, Aggregate, Output, Spec};
use super::*;
use crate::audio::Chunk;
use crate::memory::Governor;
use crate::units::{ChannelLayout, StreamSpec};
use serde_json::Value;
use std::f64::consts::TAU;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The models made for the tests, by the preset they follow.
pub(super) const GOLDEN: [&str; 10] = [
    "musicnn",
    "effnet",
    "vggish",
    "yamnet",
    "openl3",
    "clap",
    "panns",
    "beat_this",
    "silero_vad",
    "crepe",
];

const NEVER: &dyn Fn() -> bool = &|| false;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/models")
}

/// What the reference says of a model.
pub(super) fn golden(name: &str) -> Value {
    let text = std::fs::read_to_string(fixtures().join("golden.json")).expect("committed");
    let all: Value = serde_json::from_str(&text).expect("JSON");
    all[name].clone()
}

/// The signal of the reference: two tones, one rising, over noise of quadratic residues.
pub(super) fn signal(rate: u32, seconds: f64) -> Vec<f32> {
    let frames = (f64::from(rate) * seconds) as u64;
    let sample = |n: u64| {
        let noise = (n * n * 31 % 1009) as f64 / 1009.0 - 0.5;
        let t = n as f64 / f64::from(rate);
        let tones = 0.3 * (TAU * 440.0 * t).sin() + 0.2 * (TAU * (200.0 + 300.0 * t) * t).sin();
        (tones + 0.1 * noise * (1.0 + t.floor() % 3.0)) as f32
    };
    (0..frames).map(sample).collect()
}

fn output(name: &str, tensor: &str, activation: Activation, aggregate: Aggregate) -> Output {
    Output {
        name: name.into(),
        tensor: Some(tensor.into()),
        axis: None,
        activation,
        aggregate,
        trim: 0,
        labels: Vec::new(),
        labels_file: None,
    }
}

/// The preset, as far as its model was made smaller.
fn spec(name: &str) -> Spec {
    let mut spec = presets::preset(name).expect("known");
    let two = |activation| {
        let embedding = output("embedding", "embedding", Activation::Logits, Aggregate::Mean);
        vec![output("tags", "tags", activation, Aggregate::Mean), embedding]
    };
    match name {
        "musicnn" | "yamnet" => spec.output = two(Activation::Sigmoid),
        "effnet" => (spec.output, spec.input.batch) = (two(Activation::Softmax), 4),
        "beat_this" | "crepe" => {}
        "silero_vad" => spec.state[0].shape = vec![2, 1, 8],
        _ => spec.output = two(Activation::Logits),
    }
    spec
}

fn load(name: &str) -> Arc<Model> {
    let (dir, file) = (tempfile::tempdir().expect("made"), fixtures().join(format!("{name}.onnx")));
    let entry = add(dir.path(), &file, name, None, spec(name)).expect("added");
    Arc::new(Model::load(dir.path(), &entry, None, NEVER).unwrap_or_else(|e| panic!("{name}: {e}")))
}

fn stream(rate: u32, channels: usize) -> StreamSpec {
    let rate = crate::units::Hertz::new(rate).expect("in range");
    StreamSpec { rate, channels: ChannelLayout::front(channels).expect("in range") }
}

fn hear(model: &Arc<Model>, rate: u32, samples: &[f32], cut: usize) -> Vec<Answer> {
    let mut listener = Listener::new(model, &stream(rate, 1)).expect("sound");
    for part in samples.chunks(cut) {
        listener.push(&Chunk::from_planes(vec![part.to_vec()]));
    }
    listener.finish().expect("runs")
}

fn worst(found: &[f32], expected: &[f64]) -> f64 {
    let difference = |(a, b): (&f32, &f64)| (f64::from(*a) - b).abs();
    found.iter().zip(expected).map(difference).fold(0.0, f64::max)
}

/// The frames of the sequence that the reference keeps.
const SOME_FRAMES: [usize; 10] = [0, 1, 700, 1493, 1494, 1495, 2000, 2981, 2982, 2983];

#[test]
#[cfg(feature = "models")]
fn models_say_what_pytorch_says() {
    for name in GOLDEN {
        let (golden, model) = (golden(name), load(name));
        let rate = model.spec().input.rate_hz;
        let samples = signal(rate, golden["seconds"].as_f64().expect("a number"));
        for answer in hear(&model, rate, &samples, 16_384) {
            let expected = golden["outputs"][&answer.name].as_array().expect("an output");
            let expected: Vec<f64> = expected.iter().map(|x| x.as_f64().expect("number")).collect();
            let mut found = answer.values.expect("heard");
            if answer.aggregate == Aggregate::Sequence {
                let last = found.len() / 2 - 1;
                let some = SOME_FRAMES.iter().copied().chain([last]);
                found = some.flat_map(|at| [found[2 * at], found[2 * at + 1]]).collect();
            }
            assert_eq!(found.len(), expected.len(), "{name} {}", answer.name);
            let worst = worst(&found, &expected);
            let size = expected.iter().fold(0.0_f64, |top, x| top.max(x.abs()));
            println!("{name} {}: worst {worst:.1e} of {size:.2}", answer.name);
            assert!(worst < 1e-3 * size.max(1.0), "{name} {}: {worst}", answer.name);
        }
    }
}

#[test]
#[cfg(feature = "models")]
fn answers_depend_neither_on_the_cut_nor_on_the_thread() {
    for name in ["musicnn", "effnet", "yamnet", "silero_vad", "openl3"] {
        let model = load(name);
        // OpenL3 hears every sample ten times.
        let samples = signal(44_100, if name == "openl3" { 0.8 } else { 5.0 });
        let whole = hear(&model, 44_100, &samples, samples.len());
        for cut in [441, 1_000, 16_384, 100_003] {
            assert_eq!(hear(&model, 44_100, &samples, cut), whole, "{name} in pieces of {cut}");
        }
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| assert_eq!(hear(&model, 44_100, &samples, 16_384), whole, "{name}"));
            }
        });
    }
}

#[test]
#[cfg(feature = "models")]
fn what_is_too_short_or_silent_says_nothing_or_something_finite() {
    for name in GOLDEN {
        let model = load(name);
        for samples in [vec![], vec![0.5], vec![0.0; 50_000], vec![f32::NAN; 5_000]] {
            for answer in hear(&model, 44_100, &samples, 4_096) {
                let values = answer.values.unwrap_or_default();
                assert!(values.iter().all(|x| x.is_finite()), "{name} {}", samples.len());
                assert!(!samples.is_empty() || values.is_empty(), "{name}: nothing was heard");
            }
        }
    }
}

#[test]
#[cfg(feature = "models")]
fn a_model_is_loaded_once_and_held_by_the_governor() {
    let dir = tempfile::tempdir().expect("made");
    add(dir.path(), &fixtures().join("musicnn.onnx"), "m", None, spec("musicnn")).expect("added");
    let governor = Governor::new(64 << 20);
    let names = ["m".to_owned(), "m".to_owned()];
    let registry = Registry::new(dir.path(), &names, Some(governor.clone())).expect("known");
    assert_eq!(governor.stats().reserved, 0, "nothing is loaded before it is needed");
    let models: Vec<Arc<Model>> = std::thread::scope(|scope| {
        let get = || registry.get("m", NEVER).expect("loads");
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(get)).collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
    });
    assert!(models.iter().all(|model| Arc::ptr_eq(model, &models[0])));
    let held = governor.stats().reserved;
    let file = std::fs::metadata(dir.path().join("m.onnx")).expect("there").len();
    assert!(models[0].session().weight_bytes() >= file, "weights that were packed count");
    assert!(held >= 2 * file && held < 4 << 20, "{held}");
    drop((registry, models));
    assert_eq!(governor.stats().reserved, 0);
}

#[test]
#[cfg(feature = "models")]
fn a_model_larger_than_the_budget_is_refused() {
    let dir = tempfile::tempdir().expect("made");
    add(dir.path(), &fixtures().join("musicnn.onnx"), "m", None, spec("musicnn")).expect("added");
    let registry = Registry::new(dir.path(), &["m".into()], Some(Governor::new(1000)));
    let refused = registry.expect("known").get("m", NEVER).map(|_| ());
    assert!(matches!(refused, Err(SlotError::Memory(_))), "{refused:?}");
}

/// What is wrong with a model whose file went through `change`, under a changed specification.
#[cfg(feature = "models")]
fn refusal(change: impl Fn(&mut Vec<u8>), respec: impl Fn(&mut Spec)) -> SlotError {
    let dir = tempfile::tempdir().expect("made");
    let mut bytes = std::fs::read(fixtures().join("musicnn.onnx")).expect("committed");
    change(&mut bytes);
    let file = dir.path().join("changed.onnx");
    std::fs::write(&file, bytes).expect("written");
    let mut spec = spec("musicnn");
    respec(&mut spec);
    let entry = add(dir.path(), &file, "m", None, spec);
    match entry.and_then(|entry| Model::load(dir.path(), &entry, None, NEVER)) {
        Ok(_) => panic!("it was taken"),
        Err(error) => error,
    }
}

#[test]
#[cfg(feature = "models")]
fn bad_models_are_refused_with_their_reason() {
    let keep = |_: &mut Vec<u8>| {};
    let same = |_: &mut Spec| {};
    for length in [0, 1, 100, 5_000, 12_000] {
        let error = refusal(|bytes| bytes.truncate(length), same);
        let malformed = matches!(error, SlotError::Malformed(_) | SlotError::Runtime { .. });
        assert!(malformed, "cut to {length}: {error:?}");
    }
    let error = refusal(|bytes| *bytes = b"not a model at all".repeat(100), same);
    assert!(matches!(error, SlotError::Malformed(_)), "{error:?}");
    // The name of an operator, changed in place to one of the same length.
    let error = refusal(|bytes| replace(bytes, b"Relu", b"Rlue"), same);
    assert!(matches!(error, SlotError::UnknownOperators { .. }), "{error:?}");
    let error = refusal(keep, |spec| spec.patch.length = 180);
    assert!(matches!(error, SlotError::Shape { .. }), "{error:?}");
    let error = refusal(keep, |spec| spec.input.layout = Layout::B1TF);
    assert!(matches!(error, SlotError::Shape { .. }), "{error:?}");
    let error = refusal(keep, |spec| spec.input.tensor = Some("x".into()));
    assert!(matches!(error, SlotError::NoTensor { kind: "input", .. }), "{error:?}");
    let error = refusal(keep, |spec| spec.output[0].tensor = Some("x".into()));
    assert!(matches!(error, SlotError::NoTensor { kind: "output", .. }), "{error:?}");
    let error = refusal(keep, |spec| spec.output[0].labels = vec!["a".into()]);
    assert!(matches!(error, SlotError::Answer { .. }), "{error:?}");
    let error = refusal(keep, |spec| spec.output[0].labels_file = Some("none.txt".into()));
    assert!(matches!(error, SlotError::Labels { .. }), "{error:?}");
    let error = refusal(keep, |spec| spec.patch.length = usize::MAX / 2);
    assert!(matches!(error, SlotError::Spec(_)), "{error:?}");
    assert!(!error.to_string().is_empty() && error.kind() == "spec");
}

#[cfg(feature = "models")]
fn replace(bytes: &mut [u8], from: &[u8], to: &[u8]) {
    let places: Vec<usize> = bytes
        .windows(from.len())
        .enumerate()
        .filter(|(_, w)| *w == from)
        .map(|(at, _)| at)
        .collect();
    assert!(!places.is_empty());
    for place in places {
        bytes[place..place + to.len()].copy_from_slice(to);
    }
}

#[test]
#[cfg(feature = "models")]
fn no_damage_of_a_model_takes_the_program_down() {
    // Bytes throughout the file, changed to what makes lengths and counts large.
    let bytes = std::fs::read(fixtures().join("crepe.onnx")).expect("committed");
    let dir = tempfile::tempdir().expect("made");
    for place in (0..bytes.len()).step_by(37) {
        let mut changed = bytes.clone();
        changed[place] = if changed[place] == 0xff { 0x7f } else { 0xff };
        let name = format!("m{place}");
        let file = dir.path().join("changed.onnx");
        std::fs::write(&file, changed).expect("written");
        let entry = add(dir.path(), &file, &name, None, spec("crepe")).expect("added");
        if let Ok(model) = Model::load(dir.path(), &entry, None, NEVER) {
            let listener = Listener::new(&Arc::new(model), &stream(16_000, 1));
            let mut listener = listener.expect("sound");
            listener.push(&Chunk::from_planes(vec![signal(16_000, 0.2)]));
            let _ = listener.finish();
        }
    }
}

#[test]
#[cfg(feature = "models")]
fn a_replaced_file_is_noticed() {
    let dir = tempfile::tempdir().expect("made");
    let entry = add(dir.path(), &fixtures().join("musicnn.onnx"), "m", None, spec("musicnn"));
    std::fs::copy(fixtures().join("effnet.onnx"), dir.path().join("m.onnx")).expect("copied");
    let loaded = Model::load(dir.path(), &entry.expect("added"), None, NEVER);
    assert!(matches!(loaded, Err(SlotError::Altered { .. })));
}

#[test]
fn the_manifest_survives_a_round_trip_and_names_its_mistakes() {
    let dir = tempfile::tempdir().expect("made");
    for name in ["musicnn", "silero_vad", "clap"] {
        let file = fixtures().join(format!("{name}.onnx"));
        add(dir.path(), &file, name, Some("none".into()), spec(name)).expect("added");
    }
    let manifest = Manifest::read(dir.path()).expect("readable");
    assert_eq!(manifest.models.len(), 3);
    assert_eq!(manifest.find("clap").expect("there").spec, spec("clap"));
    let file = fixtures().join("clap.onnx");
    assert!(matches!(
        add(dir.path(), &file, "clap", None, spec("clap")),
        Err(SlotError::Name { .. })
    ));
    assert!(matches!(
        add(dir.path(), &file, "../x", None, spec("clap")),
        Err(SlotError::Name { .. })
    ));
    remove(dir.path(), "clap").expect("there");
    assert!(!dir.path().join("clap.onnx").exists());
    assert!(matches!(remove(dir.path(), "clap"), Err(SlotError::Unknown { .. })));
    std::fs::write(dir.path().join("manifest.toml"), "[[model]]\nnam = 'x'").expect("written");
    assert!(matches!(Manifest::read(dir.path()), Err(SlotError::Manifest { .. })));
}

#[test]
fn contradictions_are_refused() {
    let wrong: [fn(&mut Spec); 12] = [
        |s| s.input.rate_hz = 0,
        |s| s.input.layout = Layout::BT,
        |s| s.input.batch = 0,
        |s| s.spectrum.as_mut().expect("has one").n_fft = 500,
        |s| s.spectrum.as_mut().expect("has one").hop = 0,
        |s| s.spectrum.as_mut().expect("has one").power = 3,
        |s| s.mel.as_mut().expect("has one").high_hz = Some(9_000.0),
        |s| s.log.as_mut().expect("has one").b = 0.0,
        |s| s.patch.hop = Some(0),
        |s| s.patch.scale = f64::NAN,
        |s| s.output.clear(),
        |s| s.spectrum = None,
    ];
    for (at, change) in wrong.iter().enumerate() {
        let mut spec = spec("musicnn");
        change(&mut spec);
        assert!(matches!(spec.check(), Err(SlotError::Spec(_))), "change {at} was taken");
    }
}

#[test]
fn the_hash_of_a_front_end_tells_any_change() {
    let base = spec("musicnn");
    let mut other = base.clone();
    other.patch.hop = Some(93);
    assert_eq!(base.hash(), spec("musicnn").hash());
    assert_ne!(base.hash(), other.hash());
}
