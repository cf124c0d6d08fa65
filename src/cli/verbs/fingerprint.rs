//! `phonolite fingerprint`: Chromaprint of a file, as `AcoustID` takes it.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use serde_json::json;

use crate::audio::{self, CHUNK_FRAMES, Chunk, Limits, Source, SourceError};
use crate::cli::{Context, Exit, Stop, terminal};
use crate::feature::fingerprint::{Fingerprint, Tracker, to_text};

pub(crate) const EXAMPLES: &str = "Examples:
  phonolite fingerprint song.flac         DURATION and FINGERPRINT, as fpcalc prints them
  phonolite fingerprint --raw song.flac   the hashes as numbers
  phonolite fingerprint --json *.mp3      one JSON object a line

No database is needed. The first 120 s are fingerprinted with algorithm 2.";

/// Options of `fingerprint`.
#[derive(Debug, Args)]
pub(crate) struct FingerprintArgs {
    /// The files
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// The hashes as numbers instead of the compressed text
    #[arg(long)]
    pub(crate) raw: bool,
    /// As one JSON object a file
    #[arg(long)]
    pub(crate) json: bool,
}

pub(super) fn run(options: &FingerprintArgs, _: &Context) -> Result<Exit, Stop> {
    let mut out = terminal::out();
    let mut exit = Exit::Done;
    for (at, file) in options.files.iter().enumerate() {
        let (heard, duration_s) = match heard(file) {
            Ok(heard) => heard,
            Err(error) if options.files.len() > 1 => {
                terminal::error(&error);
                exit = Exit::SomeFailed;
                continue;
            }
            Err(error) => return Err(Stop::fault(error)),
        };
        if heard.hashes.is_empty() {
            let file = terminal::shown(file);
            terminal::note(&format!("phonolite: {file} is too short for a fingerprint"));
            exit = if options.files.len() > 1 { Exit::SomeFailed } else { Exit::Empty };
            continue;
        }
        if at > 0 && !options.json {
            writeln!(out).map_err(Stop::fault)?;
        }
        print(options, &heard, duration_s, &mut out).map_err(Stop::fault)?;
    }
    out.flush().map_err(Stop::fault)?;
    Ok(exit)
}

fn print(
    options: &FingerprintArgs,
    heard: &Fingerprint,
    duration_s: f64,
    out: &mut impl Write,
) -> std::io::Result<()> {
    let Fingerprint { hashes, .. } = heard;
    match (options.json, options.raw) {
        (true, true) => {
            writeln!(out, "{}", json!({"duration": hundredths(duration_s), "fingerprint": hashes}))
        }
        (true, false) => {
            let text = to_text(hashes);
            writeln!(out, "{}", json!({"duration": hundredths(duration_s), "fingerprint": text}))
        }
        (false, raw) => {
            let numbers = || hashes.iter().map(u32::to_string).collect::<Vec<_>>().join(",");
            let text = if raw { numbers() } else { to_text(hashes) };
            writeln!(out, "DURATION={}\nFINGERPRINT={text}", duration_s as u64)
        }
    }
}

fn hundredths(seconds: f64) -> f64 {
    (seconds * 100.0).round() / 100.0
}

/// The fingerprint of a file and its length in seconds.
fn heard(file: &Path) -> anyhow::Result<(Fingerprint, f64)> {
    let name = || terminal::shown(file);
    let source = audio::open(file, &Limits::default()).with_context(name)?;
    listen(source).with_context(name)
}

/// Reads what the fingerprint covers, and on to the end only where the headers tell no length.
fn listen(mut source: Source) -> Result<(Fingerprint, f64), SourceError> {
    let spec = source.spec().clone();
    let promised = source.format().expected_s();
    let mut tracker = Tracker::new(&spec);
    let mut chunk = Chunk::with_capacity(spec.channels.count(), CHUNK_FRAMES);
    let mut frames = 0;
    loop {
        chunk.reset(spec.channels.count());
        let read = source.fill(&mut chunk, CHUNK_FRAMES)?;
        if read == 0 {
            return Ok((tracker.finish(), spec.rate.seconds(frames)));
        }
        frames += read as u64;
        tracker.push(&chunk);
        if let (true, Some(promised)) = (tracker.is_full(), promised) {
            return Ok((tracker.finish(), promised));
        }
    }
}
