//! `phonolite models`: the models a user brings.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use crate::audio::{CHUNK_FRAMES, Chunk, Limits, Opened};
use crate::cli::args::JsonArgs;
use crate::cli::{Context, Exit, Stop, terminal};
use crate::model::slot::spec::PatchOf;
use crate::model::slot::{
    self, Aggregate, Answer, Entry, Listener, Manifest, Model, SlotError, Spec, presets,
};
use crate::units::{ChannelLayout, StreamSpec};

/// What to do with models.
#[derive(Debug, Subcommand)]
pub(crate) enum ModelsVerb {
    /// List your models
    List(JsonArgs),
    /// Add a model: its file is copied, checked and tried with silence
    #[command(after_help = EXAMPLES)]
    Add(ModelAddArgs),
    /// Remove a model and its copy; what it said of your music stays in the database
    Remove {
        /// Its name
        name: String,
    },
    /// Check that models are whole and can run
    Verify(ModelVerifyArgs),
    /// Print what a model says of files, and store nothing
    Run(ModelRunArgs),
    /// Print the front end of a well-known model, to start a specification from
    Preset {
        /// Its name; without one, all names
        name: Option<String>,
    },
}

const EXAMPLES: &str = "Examples:
  phonolite models add MTT_musicnn.onnx --preset musicnn --labels tags.txt
  phonolite models preset yamnet > mine.toml   then edit it
  phonolite models add mine.onnx --spec mine.toml --name mine
  phonolite models run mine song.flac
  phonolite analyze --dir ~/Music --models mine

No model is ever downloaded: bring the ONNX file, and mind its licence.";

/// Options of `models add`.
#[derive(Debug, Args)]
pub(crate) struct ModelAddArgs {
    /// The ONNX file
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// A documented front end: see `phonolite models preset`
    #[arg(long, value_name = "NAME", required_unless_present = "spec", conflicts_with = "spec")]
    pub(crate) preset: Option<String>,
    /// A front end of your own
    #[arg(long, value_name = "TOML")]
    pub(crate) spec: Option<PathBuf>,
    /// What to call it [default: the name of the file]
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// Names of the classes of its first output, one a line
    #[arg(long, value_name = "FILE")]
    pub(crate) labels: Option<PathBuf>,
    /// Licence of the weights, for the record
    #[arg(long, value_name = "TEXT")]
    pub(crate) licence: Option<String>,
}

/// Options of `models verify`.
#[derive(Debug, Args)]
pub(crate) struct ModelVerifyArgs {
    /// Which [default: all]
    #[arg(value_name = "NAME")]
    pub(crate) names: Vec<String>,
    /// As one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// Options of `models run`.
#[derive(Debug, Args)]
pub(crate) struct ModelRunArgs {
    /// Which model
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    /// Files to hear
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// As JSON lines
    #[arg(long)]
    pub(crate) json: bool,
}

/// Scores that are shown before the list is cut.
const SHOWN: usize = 8;

pub(super) fn run(verb: ModelsVerb, context: &Context) -> Result<Exit, Stop> {
    match verb {
        ModelsVerb::List(options) => list(&options, context),
        ModelsVerb::Add(options) => add(options, context),
        ModelsVerb::Remove { name } => remove(&name, context),
        ModelsVerb::Verify(options) => verify(&options, context),
        ModelsVerb::Run(options) => hear_files(&options, context),
        ModelsVerb::Preset { name } => preset(name.as_deref()),
    }
}

/// What the user wrote is wrong, or the folder is.
fn stop(error: SlotError) -> Stop {
    match error {
        SlotError::File { .. } => Stop::fault(error),
        _ => Stop::usage(error),
    }
}

fn say(text: &str) -> Result<(), Stop> {
    let mut out = terminal::out();
    writeln!(out, "{text}").and_then(|()| out.flush()).map_err(Stop::fault)
}

fn list(options: &JsonArgs, context: &Context) -> Result<Exit, Stop> {
    let dir = context.models_dir()?;
    let manifest = Manifest::read(&dir).map_err(stop)?;
    if options.json {
        let models: Vec<Value> = manifest.models.iter().map(entry_json).collect();
        say(&json!({ "folder": dir.to_string_lossy(), "models": models }).to_string())?;
    } else {
        for entry in &manifest.models {
            say(&entry_text(entry))?;
        }
    }
    if manifest.models.is_empty() {
        terminal::note("phonolite: no models; `phonolite models add FILE --preset …` adds one");
        return Ok(Exit::Empty);
    }
    Ok(Exit::Done)
}

fn entry_json(entry: &Entry) -> Value {
    json!({
        "name": entry.name,
        "file": entry.file.to_string_lossy(),
        "blake3": entry.blake3,
        "licence": entry.licence,
        "rate_hz": entry.spec.input.rate_hz,
        "input_shape": entry.spec.input_shape(),
        "outputs": entry.spec.output.iter().map(|output| &output.name).collect::<Vec<_>>(),
    })
}

fn entry_text(entry: &Entry) -> String {
    let outputs: Vec<&str> = entry.spec.output.iter().map(|output| output.name.as_str()).collect();
    let (name, rate, shape) = (&entry.name, entry.spec.input.rate_hz, entry.spec.input_shape());
    let licence = entry.licence.as_deref().unwrap_or("licence not noted");
    format!("{name:20} {rate} Hz {shape:?} -> {}  ({licence})", outputs.join(", "))
}

fn add(options: ModelAddArgs, context: &Context) -> Result<Exit, Stop> {
    let dir = context.models_dir()?;
    let mut spec = specification(&options)?;
    if let (Some(file), Some(first)) = (&options.labels, spec.output.first_mut()) {
        first.labels = slot::labels(file).map_err(stop)?;
        first.labels_file = None;
    }
    let stem = options.file.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let name = options.name.or(stem).unwrap_or_default();
    let entry = slot::add(&dir, &options.file, &name, options.licence, spec).map_err(stop)?;
    // A model that cannot run is not kept.
    match try_out(&dir, &entry) {
        Ok(text) => {
            terminal::note(&format!("phonolite: added {name}\n{text}"));
            Ok(Exit::Done)
        }
        Err(error) => {
            slot::remove(&dir, &name).map_err(stop)?;
            Err(stop(error))
        }
    }
}

fn specification(options: &ModelAddArgs) -> Result<Spec, Stop> {
    match (&options.preset, &options.spec) {
        (Some(preset), _) => presets::preset(preset).map_err(stop),
        (None, Some(path)) => {
            let text = std::fs::read_to_string(path)
                .with_context(|| format!("cannot read {}", terminal::shown(path)))
                .map_err(Stop::usage)?;
            let spec = Spec::parse(&text).map_err(stop)?;
            Ok(with_labels_beside(spec, path)?)
        }
        (None, None) => Err(Stop::usage(anyhow::anyhow!("--preset or --spec is needed"))),
    }
}

/// Labels named by a specification are looked for beside it, and kept in the manifest.
fn with_labels_beside(mut spec: Spec, path: &Path) -> Result<Spec, Stop> {
    for output in &mut spec.output {
        if let Some(file) = output.labels_file.take() {
            output.labels = slot::labels(&path.with_file_name(file)).map_err(stop)?;
        }
    }
    Ok(spec)
}

/// Loads a model, runs it once over silence, and says what it takes and gives.
fn try_out(dir: &Path, entry: &Entry) -> Result<String, SlotError> {
    let model = Arc::new(Model::load(dir, entry, None, &|| false)?);
    let spec = model.spec();
    let per_frame = match (&spec.spectrum, spec.patch.of) {
        (Some(spectrum), PatchOf::Frames) => spectrum.hop,
        _ => 1,
    };
    let length = spec.patch.length * per_frame + 65_536;
    let channels = ChannelLayout::front(1).ok_or_else(|| SlotError::Spec("no channel".into()))?;
    let mut listener = Listener::new(&model, &StreamSpec { rate: spec.rate()?, channels })?;
    for start in (0..length).step_by(CHUNK_FRAMES) {
        let frames = CHUNK_FRAMES.min(length - start);
        listener.push(&Chunk::from_planes(vec![vec![0.0; frames]]));
    }
    let answers = listener.finish()?;
    let outputs =
        answers.iter().map(|answer| format!("  output {}: {} numbers", answer.name, answer.dims));
    let lines: Vec<String> = outputs.collect();
    let (runtime, weights) = (model.session().runtime(), model.session().weight_bytes() >> 10);
    let shape = spec.input_shape();
    Ok(format!(
        "  input {shape:?} at {} Hz, {weights} kB of weights, run by {runtime}\n{}",
        spec.input.rate_hz,
        lines.join("\n")
    ))
}

fn remove(name: &str, context: &Context) -> Result<Exit, Stop> {
    slot::remove(&context.models_dir()?, name).map_err(stop)?;
    terminal::note(&format!("phonolite: removed {name}"));
    Ok(Exit::Done)
}

fn verify(options: &ModelVerifyArgs, context: &Context) -> Result<Exit, Stop> {
    let dir = context.models_dir()?;
    let manifest = Manifest::read(&dir).map_err(stop)?;
    let entries: Vec<&Entry> = if options.names.is_empty() {
        manifest.models.iter().collect()
    } else {
        let found = options.names.iter().map(|name| manifest.find(name));
        found.collect::<Result<_, _>>().map_err(stop)?
    };
    let mut failed = false;
    for entry in &entries {
        let result = try_out(&dir, entry);
        failed |= result.is_err();
        say(&verdict(entry, &result, options.json))?;
    }
    Ok(match (entries.is_empty(), failed) {
        (true, _) => Exit::Empty,
        (false, true) => Exit::SomeFailed,
        (false, false) => Exit::Done,
    })
}

fn verdict(entry: &Entry, result: &Result<String, SlotError>, as_json: bool) -> String {
    let name = &entry.name;
    match (result, as_json) {
        (Ok(_), true) => json!({ "name": name, "ok": true }).to_string(),
        (Err(error), true) => {
            let (kind, message) = (error.kind(), error.to_string());
            json!({ "name": name, "ok": false, "kind": kind, "message": message }).to_string()
        }
        (Ok(text), false) => format!("{name}: ok\n{text}"),
        (Err(error), false) => format!("{name}: {error}"),
    }
}

fn hear_files(options: &ModelRunArgs, context: &Context) -> Result<Exit, Stop> {
    let dir = context.models_dir()?;
    let manifest = Manifest::read(&dir).map_err(stop)?;
    let entry = manifest.find(&options.name).map_err(stop)?;
    let model = Arc::new(Model::load(&dir, entry, None, &|| false).map_err(stop)?);
    let mut exit = Exit::Done;
    for file in &options.files {
        match hear(&model, file) {
            Ok(answers) => say(&told(file, &answers, options.json))?,
            Err(error) => {
                terminal::note(&format!("phonolite: {}: {error:#}", terminal::shown(file)));
                exit = Exit::SomeFailed;
            }
        }
    }
    Ok(exit)
}

fn hear(model: &Arc<Model>, file: &Path) -> anyhow::Result<Vec<Answer>> {
    let mut source = Opened::open(file, &Limits::default())?.decode()?;
    let mut listener = Listener::new(model, source.spec())?;
    let mut chunk = Chunk::with_capacity(source.spec().channels.count(), CHUNK_FRAMES);
    loop {
        chunk.reset(source.spec().channels.count());
        if source.fill(&mut chunk, CHUNK_FRAMES)? == 0 {
            return Ok(listener.finish()?);
        }
        listener.push(&chunk);
    }
}

fn told(file: &Path, answers: &[Answer], as_json: bool) -> String {
    let path = file.to_string_lossy();
    if as_json {
        let outputs = answers.iter().map(|answer| (answer.name.clone(), json!(answer)));
        return json!({ "path": path, "outputs": outputs.collect::<Map<_, _>>() }).to_string();
    }
    let lines = answers.iter().map(|answer| format!("  {}", answer_text(answer)));
    std::iter::once(path.into_owned()).chain(lines).collect::<Vec<_>>().join("\n")
}

/// An answer for people: the highest scores, or the beginning of a list of numbers.
pub(super) fn answer_text(answer: &Answer) -> String {
    let Some(values) = &answer.values else { return format!("{:24} undefined", answer.name) };
    let scores = !answer.labels.is_empty()
        && !matches!(answer.aggregate, Aggregate::Sequence | Aggregate::MeanStd);
    let mut labelled: Vec<(&str, f32)> =
        answer.labels.iter().map(String::as_str).zip(values.iter().copied()).collect();
    labelled.sort_by(|a, b| b.1.total_cmp(&a.1));
    let shown: Vec<String> = if scores {
        labelled.iter().take(SHOWN).map(|(label, score)| format!("{label} {score:.3}")).collect()
    } else {
        values.iter().take(SHOWN).map(|value| format!("{value:.4}")).collect()
    };
    let all = values.len();
    let rest = if all > SHOWN { format!(" … ({all} in all)") } else { String::new() };
    format!("{:24} {}{rest}", answer.name, shown.join(if scores { ", " } else { " " }))
}

fn preset(name: Option<&str>) -> Result<Exit, Stop> {
    match name {
        Some(name) => say(presets::text(name).map_err(stop)?.trim_end())?,
        None => say(&presets::names().join("\n"))?,
    }
    Ok(Exit::Done)
}
