//! Models of the user: they are computed once, in the same pass, and a bad one costs only itself.

#![cfg(feature = "models")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use common::Library;
use phonolite::pipeline::{Cancel, Event, Observer, Options, Outcome};
use serde_json::Value;

/// Keeps what went wrong with models, and how many files were read.
#[derive(Default)]
struct Told {
    warnings: std::sync::Mutex<Vec<String>>,
    outcomes: std::sync::Mutex<Vec<Outcome>>,
}

impl Observer for Told {
    fn observe(&self, event: &Event<'_>) {
        match event {
            Event::Warning { message, .. } => {
                self.warnings.lock().expect("sound").push(message.clone());
            }
            Event::File { outcome, .. } => {
                self.outcomes.lock().expect("sound").push((*outcome).clone());
            }
            _ => {}
        }
    }
}

impl Told {
    fn warnings(&self) -> Vec<String> {
        self.warnings.lock().expect("sound").clone()
    }

    fn analysed(&self) -> usize {
        let outcomes = self.outcomes.lock().expect("sound");
        outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Analysed { .. })).count()
    }
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/models").join(name)
}

fn library() -> Library {
    Library::with(&["kevin_macleod_vibe_ace.ogg", "half_a_second.wav"])
}

fn phonolite(library: &Library) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_phonolite"));
    command.env_clear().env("HOME", library.music()).env("PHONOLITE_DB", library.database());
    command
}

fn models_dir(library: &Library) -> PathBuf {
    library.database().with_file_name("models")
}

/// Adds a model of the tests under its preset.
fn add(library: &Library, name: &str) {
    let file = fixture(&format!("{name}.onnx"));
    let mut command = phonolite(library);
    command.args(["models", "add"]).arg(file).args(["--preset", name]).assert().code(0);
}

fn wanting(library: &Library, models: &[&str]) -> Options {
    let models = models.iter().map(|&name| name.to_owned()).collect();
    Options { models, models_dir: models_dir(library), ..library.options() }
}

fn run(library: &Library, options: &Options) -> Told {
    let told = Told::default();
    common::run_observed(&library.database(), options, &Cancel::default(), &told);
    told
}

fn shown(library: &Library) -> Vec<Value> {
    library.rows().iter().map(|row| serde_json::from_str(row).expect("JSON")).collect()
}

fn vibe_ace(library: &Library) -> Value {
    let found = shown(library).into_iter().find(|row| row["codec"] == "vorbis");
    found.expect("is there")
}

fn scores(row: &Value, model: &str, output: &str) -> Vec<f64> {
    let numbers = row["models"][model][output].as_array().expect("an output");
    numbers.iter().map(|x| x.as_f64().expect("a number")).collect()
}

#[test]
fn models_are_computed_in_the_same_pass_and_shown_everywhere() {
    let library = library();
    for name in ["musicnn", "yamnet", "clap", "crepe"] {
        add(&library, name);
    }
    let told = run(&library, &wanting(&library, &["musicnn", "yamnet", "clap"]));
    assert_eq!(told.warnings(), [""; 0]);
    let row = vibe_ace(&library);
    assert!(row["bpm"].is_number(), "descriptors come with them");
    assert_eq!(scores(&row, "musicnn", "tags").len(), 5);
    assert_eq!(scores(&row, "yamnet", "classes").len(), 4);
    assert_eq!(scores(&row, "clap", "embedding").len(), 4);
    assert!(row["models"].get("crepe").is_none(), "it was not asked for");
    // Half a second is too short for patches of three, long enough for silence to be put behind it.
    let short = shown(&library).into_iter().find(|row| row["codec"] != "vorbis").expect("there");
    assert!(short["models"]["musicnn"]["tags"].is_null());
    assert_eq!(scores(&short, "yamnet", "classes").len(), 4);
    let exported = phonolite(&library).args(["export"]).assert().code(0);
    let text = String::from_utf8_lossy(&exported.get_output().stdout).into_owned();
    assert!(text.contains("\"models\":{\"clap\""), "{text}");
}

#[test]
fn what_run_prints_is_what_analyze_stores() {
    let library = library();
    add(&library, "musicnn");
    run(&library, &wanting(&library, &["musicnn"]));
    let stored = scores(&vibe_ace(&library), "musicnn", "tags");
    let song = library.music().join("kevin_macleod_vibe_ace.ogg");
    let printed =
        phonolite(&library).args(["models", "run", "musicnn", "--json"]).arg(song).assert();
    let printed: Value =
        serde_json::from_slice(&printed.code(0).get_output().stdout).expect("JSON");
    let printed: Vec<f64> = printed["outputs"]["tags"]
        .as_array()
        .expect("an output")
        .iter()
        .map(|x| x.as_f64().expect("a number"))
        .collect();
    assert!(
        stored.iter().zip(&printed).all(|(a, b)| (a - b).abs() < 1e-6),
        "{stored:?} {printed:?}"
    );
}

#[test]
fn a_second_run_computes_only_what_is_missing_or_outdated() {
    let library = library();
    add(&library, "musicnn");
    assert_eq!(run(&library, &library.options()).analysed(), 2);
    assert!(vibe_ace(&library).get("models").is_none());
    assert_eq!(run(&library, &wanting(&library, &["musicnn"])).analysed(), 2, "now the model");
    assert_eq!(run(&library, &wanting(&library, &["musicnn"])).analysed(), 0, "it is known");
    let before = scores(&vibe_ace(&library), "musicnn", "tags");
    // Another front end is another model, as far as its answers are concerned.
    let manifest = models_dir(&library).join("manifest.toml");
    let text = fs::read_to_string(&manifest).expect("written by add");
    let changed = text.replace("length = 187", "length = 187\nhop = 93");
    assert_ne!(text, changed, "{text}");
    fs::write(&manifest, changed).expect("written");
    assert_eq!(run(&library, &wanting(&library, &["musicnn"])).analysed(), 2, "it is outdated");
    assert_ne!(scores(&vibe_ace(&library), "musicnn", "tags"), before);
    assert_eq!(run(&library, &library.options()).analysed(), 0, "without models nothing is due");
}

#[test]
fn copies_of_a_song_share_what_models_said() {
    let library = library();
    add(&library, "musicnn");
    run(&library, &wanting(&library, &["musicnn"]));
    let song = library.music().join("kevin_macleod_vibe_ace.ogg");
    fs::copy(&song, library.music().join("copy.ogg")).expect("copied");
    assert_eq!(run(&library, &wanting(&library, &["musicnn"])).analysed(), 0);
    let with = shown(&library).iter().filter(|row| row["models"]["musicnn"].is_object()).count();
    assert_eq!(with, 3);
}

#[test]
fn a_bad_model_costs_only_itself_and_is_told_once() {
    let library = library();
    for name in ["musicnn", "yamnet", "vggish"] {
        add(&library, name);
    }
    let dir = models_dir(&library);
    fs::write(dir.join("yamnet.onnx"), b"something else").expect("written");
    fs::remove_file(dir.join("vggish.onnx")).expect("there");
    let told = run(&library, &wanting(&library, &["yamnet", "musicnn", "vggish"]));
    let warnings = told.warnings();
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    assert!(warnings.iter().any(|text| text.contains("yamnet") && text.contains("hash")));
    assert!(warnings.iter().any(|text| text.contains("vggish") && text.contains("cannot read")));
    assert_eq!(scores(&vibe_ace(&library), "musicnn", "tags").len(), 5);
    // The files are asked again, but not decoded again, for what cannot be had.
    let again = run(&library, &wanting(&library, &["yamnet", "musicnn", "vggish"]));
    assert_eq!((again.analysed(), again.warnings().len()), (0, 2));
    let mut command = phonolite(&library);
    let told = command.args(["analyze", "--models", "yamnet"]).arg(library.music()).assert();
    let text = String::from_utf8_lossy(&told.code(3).get_output().stderr).into_owned();
    assert_eq!(text.matches("is not used").count(), 1, "{text}");
}

#[test]
fn answers_do_not_depend_on_jobs_chunks_and_other_models() {
    let answers = |jobs, cores, chunk_frames, models: &[&str]| {
        let library = library();
        add(&library, "musicnn");
        add(&library, "yamnet");
        let options = Options { jobs, cores, chunk_frames, ..wanting(&library, models) };
        run(&library, &options);
        vibe_ace(&library)["models"]["yamnet"].to_string()
    };
    let plain = answers(1, 1, 16_384, &["yamnet"]);
    assert_eq!(answers(2, 4, 16_384, &["yamnet"]), plain);
    assert_eq!(answers(1, 2, 1_000, &["musicnn", "yamnet"]), plain);
}

#[test]
fn a_small_budget_refuses_the_model_not_the_music() {
    let library = library();
    add(&library, "musicnn");
    let dir = models_dir(&library);
    // A file as large as a real model: what it asks for does not fit into 8 MB.
    let manifest = dir.join("manifest.toml");
    let mut bytes = fs::read(dir.join("musicnn.onnx")).expect("there");
    bytes.resize(16 << 20, 0);
    fs::write(dir.join("musicnn.onnx"), &bytes).expect("written");
    assert!(manifest.exists());
    let options = Options { budget: 32 << 20, ..wanting(&library, &["musicnn"]) };
    let told = run(&library, &options);
    assert_eq!(told.analysed(), 2);
    assert!(told.warnings()[0].contains("memory budget"), "{:?}", told.warnings());
}

#[test]
fn verbs_add_list_verify_and_remove() {
    let library = library();
    let models = |arguments: &[&str]| {
        let mut command = phonolite(&library);
        command.arg("models").args(arguments);
        command.assert()
    };
    models(&["list"]).code(1);
    add(&library, "musicnn");
    let listed = models(&["list", "--json"]).code(0);
    let listed: Value = serde_json::from_slice(&listed.get_output().stdout).expect("JSON");
    assert_eq!(listed["models"][0]["name"], "musicnn");
    models(&["verify"]).code(0);
    fs::write(models_dir(&library).join("musicnn.onnx"), b"x").expect("written");
    models(&["verify", "musicnn"]).code(3);
    models(&["remove", "musicnn"]).code(0);
    models(&["remove", "musicnn"]).code(2);
    models(&["preset"]).code(0);
    let preset = models(&["preset", "yamnet"]).code(0);
    assert!(String::from_utf8_lossy(&preset.get_output().stdout).contains("rate_hz = 16000"));
    models(&["preset", "none"]).code(2);
    models(&["run", "none", "x.flac"]).code(2);
}

#[test]
fn a_model_that_cannot_run_is_not_added() {
    let library = library();
    let file = fixture("musicnn.onnx");
    let mut command = phonolite(&library);
    let refused = command.args(["models", "add"]).arg(&file).args(["--preset", "vggish"]).assert();
    let text = String::from_utf8_lossy(&refused.code(2).get_output().stderr).into_owned();
    assert!(text.contains("[1, 96, 64]"), "{text}");
    phonolite(&library).args(["models", "list"]).assert().code(1);
    assert!(!models_dir(&library).join("musicnn.onnx").exists());
    let mut command = phonolite(&library);
    command.args(["analyze", "--models", "none"]).arg(library.music()).assert().code(2);
}

#[test]
fn labels_name_the_scores() {
    let library = library();
    let labels = library.music().join("labels.txt");
    fs::write(&labels, "rock\npop\njazz\nfolk\nnoise\n").expect("written");
    let mut command = phonolite(&library);
    command.args(["models", "add"]).arg(fixture("musicnn.onnx"));
    command.args(["--preset", "musicnn", "--name", "mine", "--labels"]).arg(&labels);
    command.assert().code(0);
    run(&library, &wanting(&library, &["mine"]));
    let tags = &vibe_ace(&library)["models"]["mine"]["tags"];
    assert!(tags["jazz"].as_f64().is_some_and(|score| (0.0..=1.0).contains(&score)), "{tags}");
    let song = library.music().join("kevin_macleod_vibe_ace.ogg");
    let shown = phonolite(&library).arg("show").arg(song).assert().code(0);
    let text = String::from_utf8_lossy(&shown.get_output().stdout).into_owned();
    assert!(text.contains("model mine") && text.contains("rock 0."), "{text}");
}
