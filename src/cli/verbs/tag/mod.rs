//! `phonolite tag`: what was heard, into the tags of the files, and back.

mod report;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io::Write;
use std::path::Path;

use anyhow::anyhow;
use clap::{Args, ValueEnum};
use serde_json::json;

use super::show::{absence, find, spellings};
use crate::cli::selection::Where;
use crate::cli::{Context, Exit, Stop, signals, terminal};
use crate::files;
use crate::pipeline::{Cancel, Reason};
use crate::store::{FileId, Journal, Readers, Status, TagEditId, TagRun};
use crate::tag::{
    BpmFormat, Field, KeyFormat, OpusGain, Order, Style, Subject, Tagger, Undo, WriteOptions,
};
use report::Report;

pub(crate) const EXAMPLES: &str = "Examples:
  phonolite tag ~/Music/album                       what would be written: bpm, key, replaygain
  phonolite tag ~/Music/album --apply               write it
  phonolite tag --where 'genre:house' --write bpm,key --key-format camelot --apply
  phonolite tag song.mp3 --write replaygain --force --apply --keep-mtime
  phonolite tag --where 'added<7d' --remove replaygain --apply
  phonolite tag --history                           runs that wrote tags
  phonolite tag --undo last                         what taking the last one back would do
  phonolite tag --undo 3 --apply                    give the files the bytes they had before run 3

Nothing is written without --apply. A value that is there is replaced when phonolite wrote it (the
journal knows) or with --force; one that says the same stays: a tempo within 1 % or half a beat, a key
in whatever notation, a gain within 0.1 dB. All ReplayGain of a file is written or left together.
Opus gets R128_TRACK_GAIN and R128_ALBUM_GAIN (to -23 LUFS) in place of REPLAYGAIN_*; see --opus-gain.
Files: MP3, AAC, WAV, AIFF (ID3v2, of the version found), FLAC, Ogg Vorbis, Opus, MP4; an APE tag that is
there is kept in step. A copy is written beside the file, its sound is compared, and it takes the
place of the file; extended attributes are not kept. All other tags stay byte by byte.";

/// Options of `tag`.
#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools, reason = "switches of a command line")]
pub(crate) struct TagArgs {
    /// Files of the library, and folders with all that lies below
    #[arg(value_name = "FILE|FOLDER")]
    files: Vec<OsString>,
    #[command(flatten)]
    wanted: Where,
    /// What to write [default: bpm,key,replaygain]; also energy, danceability, valence, acousticness,
    /// instrumentalness, mood (by models of yours), comment, all
    #[arg(long, value_name = "TAG,…", value_delimiter = ',')]
    write: Vec<String>,
    /// What to remove, by the same names
    #[arg(long, value_name = "TAG,…", value_delimiter = ',')]
    remove: Vec<String>,
    /// Write; without it, only what would be written is shown
    #[arg(long)]
    apply: bool,
    /// Replace and remove what somebody else set
    #[arg(long)]
    force: bool,
    /// How keys are spelt
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "standard")]
    key_format: KeyNotation,
    /// How tempi are spelt
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "int")]
    bpm_format: BpmNotation,
    /// Gains in Opus files
    #[arg(long, value_enum, value_name = "GAIN", default_value = "r128")]
    opus_gain: GainOfOpus,
    /// Leave the time of the last modification as it is
    #[arg(long)]
    keep_mtime: bool,
    /// Write files with several names (hard links), parting this name from the others
    #[arg(long)]
    split_links: bool,
    /// Take back a run, by its number or `last`
    #[arg(long, value_name = "RUN", conflicts_with_all = ["files", "condition", "write", "remove"])]
    undo: Option<String>,
    /// List the runs that wrote tags
    #[arg(long, conflicts_with_all = ["files", "condition", "write", "remove", "undo", "apply"])]
    history: bool,
    /// As JSON lines; the last one has the counts
    #[arg(long)]
    json: bool,
}

/// Notations of keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum KeyNotation {
    /// Am, F#m
    Standard,
    /// 8A, 11A
    Camelot,
    /// 1m, 4m
    Openkey,
}

/// Notations of tempi.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum BpmNotation {
    /// 128
    Int,
    /// 127.96
    Decimal,
}

/// Gains of Opus.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum GainOfOpus {
    /// `R128_TRACK_GAIN`, `R128_ALBUM_GAIN` (RFC 7845)
    R128,
    /// `REPLAYGAIN_*`
    Replaygain,
    /// All of them
    Both,
}

pub(super) fn run(options: &TagArgs, context: &Context) -> Result<Exit, Stop> {
    if options.history {
        return history(options, context);
    }
    let cancel = Cancel::default();
    signals::listen(&cancel).map_err(Stop::fault)?;
    let mut report = Report::new(options.apply, options.json);
    if options.undo.is_some() {
        take_back(options, context, &cancel, &mut report)?;
    } else {
        write(options, context, &cancel, &mut report)?;
    }
    report.end().map_err(Stop::fault)?;
    Ok(match cancel.reason() {
        Some(Reason::Signal(number)) => Exit::Signal(number),
        _ if report.refused > 0 => Exit::SomeFailed,
        _ if report.files == 0 => Exit::Empty,
        _ => Exit::Done,
    })
}

fn order(options: &TagArgs, context: &Context) -> Result<Order, Stop> {
    let nothing = options.write.is_empty() && options.remove.is_empty();
    let default = ["bpm", "key", "replaygain"].map(str::to_owned);
    let style = Style {
        key: match options.key_format {
            KeyNotation::Standard => KeyFormat::Standard,
            KeyNotation::Camelot => KeyFormat::Camelot,
            KeyNotation::Openkey => KeyFormat::OpenKey,
        },
        bpm: match options.bpm_format {
            BpmNotation::Int => BpmFormat::Int,
            BpmNotation::Decimal => BpmFormat::Decimal,
        },
        opus: match options.opus_gain {
            GainOfOpus::R128 => OpusGain::R128,
            GainOfOpus::Replaygain => OpusGain::ReplayGain,
            GainOfOpus::Both => OpusGain::Both,
        },
        bpm_range: context.settings.bpm_range,
    };
    Ok(Order {
        write: fields(if nothing { &default } else { &options.write })?,
        remove: fields(&options.remove)?,
        style,
        force: options.force,
        options: writing(options),
    })
}

fn writing(options: &TagArgs) -> WriteOptions {
    WriteOptions { keep_mtime: options.keep_mtime, split_links: options.split_links }
}

/// The fields of words, in the order they are shown.
fn fields(words: &[String]) -> Result<Vec<Field>, Stop> {
    let mut asked = Vec::new();
    for word in words {
        let named = Field::named(word.trim()).ok_or_else(|| {
            Stop::usage(anyhow!("there is no tag `{word}`: {} are written", Field::WORDS))
        })?;
        asked.extend(named);
    }
    Ok(Field::ALL.into_iter().filter(|field| asked.contains(field)).collect())
}

fn write(
    options: &TagArgs,
    context: &Context,
    cancel: &Cancel,
    report: &mut Report,
) -> Result<(), Stop> {
    let order = order(options, context)?;
    if options.files.is_empty() && !options.wanted.is_given() {
        return Err(Stop::usage(anyhow!("no files: name some, or give --where")));
    }
    let readers = context.readers()?;
    let files = chosen(options, &readers)?;
    let mut journal = journal(options, context, None)?;
    let asked = order.write.clone();
    let tagger = Tagger::new(&readers, order);
    let mut swept = BTreeSet::new();
    for subject in Subject::of_files(&readers, &files, &asked) {
        let subject = subject.map_err(Stop::fault)?;
        if cancel.no_new_files() {
            break;
        }
        if let Some(folder) = subject.path.parent().filter(|_| options.apply)
            && swept.insert(folder.to_path_buf())
        {
            let _ = files::sweep(folder); // what keeps it from being read will be told of its files
        }
        let outcome = tagger.examine(&subject).and_then(|proposal| {
            let (changes, changed) = (proposal.changes.clone(), proposal.changes_the_file());
            if let (true, Some(journal)) = (changed, &mut journal) {
                tagger.write(&subject, proposal, journal)?;
            }
            Ok((changes, changed))
        });
        report.file(&subject.path, outcome)?;
    }
    report.run = journal.and_then(|journal| journal.run());
    Ok(())
}

/// The journal, where something is to be written.
fn journal(
    options: &TagArgs,
    context: &Context,
    undoes: Option<i64>,
) -> Result<Option<Journal>, Stop> {
    if !options.apply {
        return Ok(None);
    }
    let line = context.arguments.join(" ");
    Journal::open(&context.database()?, &line, undoes).map(Some).map_err(Stop::fault)
}

/// The files of the library that were named or pass the query, each once.
fn chosen(options: &TagArgs, readers: &Readers) -> Result<Vec<FileId>, Stop> {
    let mut files: Vec<FileId> = Vec::new();
    for what in &options.files {
        let path = Path::new(what);
        if path.is_dir() {
            let before = files.len();
            for folder in spellings(path).map_err(Stop::fault)? {
                for row in readers.files_under(Some(&folder)) {
                    let row = row.map_err(Stop::fault)?;
                    if row.status != Status::Missing {
                        files.push(row.id);
                    }
                }
            }
            if files.len() == before {
                let shown = terminal::shown(path);
                return Err(Stop::usage(anyhow!("no file below {shown} is in the library")));
            }
            continue;
        }
        match find(readers, what).map_err(Stop::fault)? {
            Some(row) if row.track.is_some() => files.push(row.file),
            _ => return Err(Stop::usage(anyhow!(absence(readers, what).map_err(Stop::fault)?))),
        }
    }
    if options.wanted.is_given() {
        files.extend(options.wanted.files(readers)?);
    }
    let mut seen = std::collections::HashSet::new();
    files.retain(|file| seen.insert(*file));
    Ok(files)
}

fn take_back(
    options: &TagArgs,
    context: &Context,
    cancel: &Cancel,
    report: &mut Report,
) -> Result<(), Stop> {
    let readers = context.readers()?;
    let runs = readers.tag_runs().map_err(Stop::fault)?;
    let run = asked_run(options.undo.as_deref().unwrap_or_default(), &runs)?;
    let mut journal = journal(options, context, Some(run.id))?;
    let undo = Undo::new(&readers, writing(options));
    let edits: Vec<TagEditId> = readers.tag_edits(run.id).map_err(Stop::fault)?;
    for id in edits {
        if cancel.no_new_files() {
            break;
        }
        let Some(edit) = readers.tag_edit(id).map_err(Stop::fault)? else { continue };
        let undone = match &mut journal {
            Some(journal) => undo.take_back(id, &edit, journal),
            None => undo.examine(&edit),
        };
        let path = undone.as_ref().map_or(edit.path.clone(), |undone| undone.path.clone());
        report.file(&path, undone.map(|undone| (undone.changes, undone.changed)))?;
    }
    report.run = journal.and_then(|journal| journal.run());
    Ok(())
}

fn asked_run<'a>(which: &str, runs: &'a [TagRun]) -> Result<&'a TagRun, Stop> {
    let standing = |run: &&TagRun| run.undoes.is_none() && run.stands;
    let found = match which.parse::<i64>() {
        Ok(number) => runs.iter().find(|run| run.id == number),
        Err(_) if which == "last" => runs.iter().find(standing),
        Err(_) => None,
    };
    found.ok_or_else(|| {
        Stop::usage(anyhow!(
            "there is no run `{which}` to take back; `phonolite tag --history` lists them"
        ))
    })
}

fn history(options: &TagArgs, context: &Context) -> Result<Exit, Stop> {
    let runs = context.readers()?.tag_runs().map_err(Stop::fault)?;
    let mut out = terminal::out();
    for run in &runs {
        let at = jiff::Timestamp::from_millisecond(run.started_at);
        let at =
            at.map_or_else(|_| String::new(), |at| at.strftime("%Y-%m-%d %H:%M:%SZ").to_string());
        let printed = if options.json {
            let object = json!({
                "run": run.id, "started_at": at, "version": run.version, "arguments": run.args,
                "undoes": run.undoes, "files": run.files, "undone": run.undone,
            });
            writeln!(out, "{object}")
        } else {
            let undone = match (run.undone, run.undoes) {
                (_, Some(other)) => format!("takes back {other}"),
                (0, None) => String::new(),
                (undone, None) => format!("{undone} taken back"),
            };
            writeln!(out, "{:>4}  {at}  {:>6} files  {undone:16}  {}", run.id, run.files, run.args)
        };
        printed.map_err(Stop::fault)?;
    }
    out.flush().map_err(Stop::fault)?;
    Ok(if runs.is_empty() { Exit::Empty } else { Exit::Done })
}
