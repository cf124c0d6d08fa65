//! `phonolite duplicates`: the same recording in several files, and which to keep.

use std::io::Write;
use std::path::PathBuf;

use crate::cli::selection::Where;
use crate::cli::{Context, Exit, Stop, terminal};
use crate::duplicates::{Group, Kind, Options, Other, Partial, Report, find};
use crate::store::Copy;
use clap::Args;

pub(crate) const EXAMPLES: &str = "Examples:
  phonolite duplicates                        all groups, the file to keep first, with reasons
  phonolite duplicates --where-path ~/Music   only files below a folder
  phonolite duplicates --where 'codec:mp3'    only files that pass a query, copies and what is kept
  phonolite duplicates --json | jq -r '.groups[].others[].path'

Equal audio data is a group of its own kind (`exact`), whatever the tags. Recordings that share a
part only, as a radio edit, are listed and never proposed. Exit code 1: nothing found.";

/// Options of `duplicates`.
#[derive(Debug, Args)]
pub(crate) struct DuplicatesArgs {
    /// As one JSON object
    #[arg(long)]
    pub(crate) json: bool,
    /// Only files below this folder
    #[arg(long, value_name = "FOLDER")]
    pub(crate) where_path: Option<PathBuf>,
    #[command(flatten)]
    wanted: Where,
    /// Similarity from which two recordings are the same, above 0.5 and up to 1
    #[arg(long, value_name = "SHARE", default_value_t = crate::duplicates::MIN_SIMILARITY, value_parser = similarity)]
    pub(crate) min_similarity: f64,
}

fn similarity(text: &str) -> Result<f64, String> {
    let share = text.parse().ok().filter(|share| *share > 0.5 && *share <= 1.0);
    share.ok_or_else(|| "a number above 0.5 and up to 1 is needed".into())
}

pub(super) fn run(options: &DuplicatesArgs, context: &Context) -> Result<Exit, Stop> {
    let readers = context.readers()?;
    let under = options.where_path.as_deref().map(std::path::absolute).transpose();
    let only = options.wanted.is_given().then(|| options.wanted.tracks(&readers)).transpose()?;
    let only = only.map(|files| {
        let mut files: Vec<_> = files.into_iter().map(|(file, track)| (track, file)).collect();
        files.sort_unstable();
        files
    });
    let asked = Options {
        min_similarity: options.min_similarity,
        under: under.map_err(Stop::usage)?,
        only,
    };
    let report = find(&readers, &asked).map_err(Stop::fault)?;
    let mut out = terminal::out();
    if options.json {
        serde_json::to_writer_pretty(&mut out, &report).map_err(Stop::fault)?;
        writeln!(out).map_err(Stop::fault)?;
    } else {
        print(&report, &mut out).map_err(Stop::fault)?;
    }
    out.flush().map_err(Stop::fault)?;
    tell(&report);
    Ok(if report.is_empty() { Exit::Empty } else { Exit::Done })
}

/// What a person should know about the search itself.
fn tell(report: &Report) {
    let Report { groups, recordings, without_fingerprint: without, .. } = report;
    if *without > 0 {
        terminal::note(&format!(
            "{without} of {recordings} recordings have no fingerprint and were compared by payload \
             only: they are shorter than 3 s, or `phonolite analyze` has to see them again"
        ));
    }
    if groups.is_empty() {
        terminal::note(&format!("no duplicates among {recordings} recordings"));
    } else {
        let files: usize = groups.iter().map(|group| group.others.len()).sum();
        let bytes: u64 = groups.iter().map(|group| group.others_bytes).sum();
        let mb = bytes as f64 / 1e6;
        terminal::note(&format!(
            "{} groups; {files} files ({mb:.1} MB) could go; nothing was deleted",
            groups.len()
        ));
    }
}

fn print(report: &Report, out: &mut impl Write) -> std::io::Result<()> {
    for group in &report.groups {
        print_group(group, out)?;
    }
    if !report.partial.is_empty() {
        writeln!(out, "Share a part, both stay:")?;
    }
    report.partial.iter().try_for_each(|partial| print_partial(partial, out))
}

fn print_group(group: &Group, out: &mut impl Write) -> std::io::Result<()> {
    let kind = match group.kind {
        Kind::Exact => "Equal audio data",
        Kind::Same => "The same recording",
    };
    writeln!(out, "{kind}:\n  keep {}", describe(&group.keep))?;
    group.others.iter().try_for_each(|other| print_other(other, out))?;
    writeln!(out)
}

fn print_other(other: &Other, out: &mut impl Write) -> std::io::Result<()> {
    writeln!(out, "  copy {}", describe(&other.copy))?;
    let likeness = if other.exact {
        "equal audio data".to_string()
    } else {
        format!("similarity {:.3}, begins at {:+.1} s", other.similarity, other.offset_s)
    };
    writeln!(out, "       {likeness}")?;
    match other.reasons.as_slice() {
        [] => writeln!(out, "       nothing tells it from the one to keep"),
        reasons => writeln!(out, "       against it: {}", reasons.join("; ")),
    }?;
    match other.in_favour.as_slice() {
        [] => Ok(()),
        reasons => writeln!(out, "       for it: {}", reasons.join("; ")),
    }
}

fn print_partial(partial: &Partial, out: &mut impl Write) -> std::io::Result<()> {
    let Partial { first, second, similarity, offset_s, shared_s } = partial;
    writeln!(out, "       {}\n       {}", describe(first), describe(second))?;
    writeln!(
        out,
        "       {shared_s:.0} s in common, similarity {similarity:.3}, the second begins at \
         {offset_s:+.1} s\n"
    )
}

fn describe(copy: &Copy) -> String {
    let rate =
        copy.bitrate_bps.map_or_else(String::new, |rate| format!(", {} kbit/s", rate / 1000));
    let (path, codec, hz) = (copy.path.display(), &copy.codec, copy.sample_rate_hz);
    format!("{path}  ({codec}{rate}, {hz} Hz, {:.1} s, {} tags)", copy.duration_s, copy.tags)
}
