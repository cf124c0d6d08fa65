//! `phonolite stats`: the library at a glance.

use std::io::{self, Write};

use clap::Args;

use crate::cli::report::{bytes, hours, thousands};
use crate::cli::selection::Where;
use crate::cli::{Context, Exit, Stop, terminal};
use crate::store::{Glance, Histogram, Share};

/// Width of the longest bar of a histogram, in characters.
const BAR: u64 = 40;

pub(crate) const EXAMPLES: &str = "Examples:
  phonolite stats
  phonolite stats --where 'genre:house year>2010'    of files that pass only";

/// Options of `stats`.
#[derive(Debug, Args)]
pub(crate) struct StatsArgs {
    /// As one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    wanted: Where,
}

pub(super) fn run(options: &StatsArgs, context: &Context) -> Result<Exit, Stop> {
    let readers = context.readers()?;
    let only = options.wanted.only(&readers)?;
    let glance = readers.glance(only.as_deref()).map_err(Stop::fault)?;
    let mut out = terminal::out();
    if options.json {
        serde_json::to_writer_pretty(&mut out, &glance).map_err(Stop::fault)?;
        writeln!(out).map_err(Stop::fault)?;
    } else {
        print(&glance, &mut out).map_err(Stop::fault)?;
    }
    out.flush().map_err(Stop::fault)?;
    Ok(if only.is_some_and(|only| only.is_empty()) { Exit::Empty } else { Exit::Done })
}

fn print(glance: &Glance, out: &mut impl Write) -> io::Result<()> {
    writeln!(
        out,
        "{} files: {} analysed, {} failed, {} missing; {} different recordings",
        thousands(glance.files),
        thousands(glance.ok),
        thousands(glance.failed),
        thousands(glance.missing),
        thousands(glance.tracks),
    )?;
    writeln!(
        out,
        "{} of sound, {} on disk; database {}",
        hours(glance.audio_s),
        bytes(glance.file_bytes),
        bytes(glance.database_bytes),
    )?;
    if glance.quick_tracks > 0 {
        let quick = thousands(glance.quick_tracks);
        writeln!(out, "{quick} recordings heard quickly only; `phonolite analyze` deepens them")?;
    }
    let (artists, albums) = (thousands(glance.artists), thousands(glance.albums));
    writeln!(out, "artists: {artists}; albums: {albums}")?;
    shares("codec", &glance.codecs, out)?;
    shares("genre", &glance.genres, out)?;
    shares("failed", &glance.failures, out)?;
    for (name, values) in &glance.named {
        shares(name, values, out)?;
    }
    glance.histograms.iter().try_for_each(|histogram| bars(histogram, out))
}

fn shares(title: &str, shares: &[Share], out: &mut impl Write) -> io::Result<()> {
    if shares.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{title}")?;
    let most = shares.iter().map(|share| share.files).max().unwrap_or(1).max(1);
    for share in shares {
        let bar = bar(share.files, most);
        let sound = if share.audio_s > 0.0 { hours(share.audio_s) } else { String::new() };
        writeln!(out, "  {:22} {:>8}  {bar:40} {sound}", share.name, thousands(share.files))?;
    }
    Ok(())
}

fn bars(histogram: &Histogram, out: &mut impl Write) -> io::Result<()> {
    let Some(most) = histogram.bars.iter().map(|(_, files)| *files).max() else { return Ok(()) };
    writeln!(out, "\n{} ({})", histogram.field, histogram.unit)?;
    for &(from, files) in &histogram.bars {
        let range = format!("{from} … {}", from + histogram.step);
        writeln!(out, "  {range:22} {:>8}  {}", thousands(files), bar(files, most))?;
    }
    Ok(())
}

fn bar(files: u64, most: u64) -> String {
    "█".repeat((files * BAR).div_ceil(most.max(1)).min(BAR) as usize)
}
