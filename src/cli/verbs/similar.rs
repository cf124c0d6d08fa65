//! `phonolite similar`: tracks that sound like a file.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use super::show::spellings;
use crate::audio::Limits;
use crate::cli::selection::Where;
use crate::cli::{Context, Exit, Stop, terminal};
use crate::search::{self, Artists, Aspect, Distance, Match, Matrix, Request, SearchError, Seed};
use crate::search::{ASPECTS, Weights};
use crate::store::{Label, Readers, TrackId};

pub(crate) const EXAMPLES: &str = "Examples:
  phonolite similar song.flac                       20 tracks of other artists
  phonolite similar song.flac -n 50 --explain       with the distance in each aspect
  phonolite similar song.flac --weights rhythm=2,loudness=0
  phonolite similar song.flac --where 'bpm:120..128 year>2010'
  phonolite similar ~/Downloads/new.mp3 --json      a file that is in no library
Weights are 0 or more; those not given stay at timbre=1, rhythm=0.2, harmony=0.1, mood=0.1,
loudness=0.1. The distance is 0 (the same) to 1: the share of the library that is nearer, seen from
both tracks. In an aspect, 1 is the mean distance of two tracks of the library.";

/// Options of `similar`.
#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools, reason = "switches of a command line")]
pub(crate) struct SimilarArgs {
    /// A file, in the library or not
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Tracks to show
    #[arg(short = 'n', long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) count: u32,
    /// How much each aspect counts: timbre, rhythm, harmony, mood, loudness
    #[arg(long, value_name = "ASPECT=WEIGHT,…")]
    pub(crate) weights: Option<String>,
    /// Show the distance in each aspect
    #[arg(long)]
    pub(crate) explain: bool,
    /// Only tracks of the file's artist
    #[arg(long, conflicts_with = "no_artist_filter")]
    pub(crate) same_artist: bool,
    /// Tracks of the file's artist too
    #[arg(long)]
    pub(crate) no_artist_filter: bool,
    #[command(flatten)]
    wanted: Where,
    /// As one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

pub(super) fn run(options: &SimilarArgs, context: &Context) -> Result<Exit, Stop> {
    let weights = options.weights.as_deref().map_or(Ok(Weights::default()), Weights::parse);
    let weights = weights.map_err(Stop::usage)?;
    let (readers, database) = (context.readers()?, context.database()?);
    let matrix = match search::open(&readers, &database) {
        Err(SearchError::Empty) => {
            terminal::note(&format!("phonolite: {}", SearchError::Empty));
            return Ok(Exit::Empty);
        }
        matrix => matrix.map_err(Stop::fault)?,
    };
    let seed = seed(&options.file, &readers, &matrix)?;
    let artists = match (options.same_artist, options.no_artist_filter) {
        (true, _) => Artists::Same,
        (_, true) => Artists::Any,
        _ => Artists::Others,
    };
    let passing = passing(&options.wanted, &readers)?;
    let (count, only) = (options.count as usize, passing.as_deref());
    let request = Request { count, weights, artists, only, ..Request::default() };
    let matches = matrix.nearest(std::slice::from_ref(&seed), &[], &request);
    let found = named(&readers, &matches).map_err(Stop::fault)?;
    let mut out = terminal::out();
    if options.json {
        json(&options.file, weights, &found, &mut out).map_err(Stop::fault)?;
    } else {
        table(&found, options.explain, &mut out).map_err(Stop::fault)?;
    }
    out.flush().map_err(Stop::fault)?;
    if found.is_empty() {
        terminal::note("phonolite: no other track of the library may answer");
        return Ok(Exit::Empty);
    }
    Ok(Exit::Done)
}

/// The tracks that pass a query, ascending; `None` where nothing is asked of them.
fn passing(wanted: &Where, readers: &Readers) -> Result<Option<Vec<TrackId>>, Stop> {
    if !wanted.is_given() {
        return Ok(None);
    }
    let mut tracks: Vec<TrackId> =
        wanted.tracks(readers)?.into_iter().map(|(_, track)| track).collect();
    tracks.sort_unstable();
    tracks.dedup();
    Ok(Some(tracks))
}

/// The file as the library knows it, else as it is heard now.
fn seed(file: &Path, readers: &Readers, matrix: &Matrix) -> Result<Seed, Stop> {
    for path in spellings(file).map_err(Stop::fault)? {
        let known = readers.file_state(&path).map_err(Stop::fault)?.track;
        if let Some(seed) = known.and_then(|known| matrix.seed(known.track)) {
            return Ok(seed);
        }
    }
    let shown = terminal::shown(file);
    if !file.is_file() {
        return Err(Stop::usage(anyhow::anyhow!("{shown} is neither in the library nor a file")));
    }
    terminal::note(&format!("phonolite: {shown} is not in the library: it is analysed now"));
    let heard = search::hear(file, &Limits::default())
        .map_err(|error| Stop::usage(anyhow::Error::from(error).context(shown.clone())))?;
    let (traits, artist) = heard.ok_or_else(|| {
        Stop::usage(anyhow::anyhow!("{shown} holds nothing that could be compared: it is silent"))
    })?;
    Ok(matrix.stranger(&traits, artist.as_deref()))
}

/// The matches whose files are still there, with their names.
fn named(readers: &Readers, matches: &[Match]) -> Result<Vec<(Label, Match)>, SearchError> {
    let mut found = Vec::with_capacity(matches.len());
    for one in matches {
        found.extend(readers.label(one.track)?.map(|label| (label, *one)));
    }
    Ok(found)
}

fn table(found: &[(Label, Match)], explain: bool, out: &mut impl Write) -> io::Result<()> {
    if found.is_empty() {
        return Ok(());
    }
    write!(out, "distance")?;
    if explain {
        write!(out, "  weighted")?;
        for aspect in Aspect::ALL {
            write!(out, "  {:>8}", aspect.as_str())?;
        }
    }
    writeln!(out, "  artist - title  path")?;
    for (label, one) in found {
        write!(out, "{:8.4}", one.distance.proximity)?;
        if explain {
            write!(out, "  {:8.3}", one.distance.weighted)?;
            for aspect in Aspect::ALL {
                write!(out, "  {:8.3}", one.distance.aspect(aspect))?;
            }
        }
        let known = |text: &Option<String>| text.as_deref().unwrap_or("?").to_owned();
        let (artist, title) = (known(&label.artist), known(&label.title));
        writeln!(out, "  {artist} - {title}  {}", label.path.display())?;
    }
    Ok(())
}

/// One JSON object for a file.
#[derive(Serialize)]
struct Answer {
    file: String,
    weights: serde_json::Map<String, serde_json::Value>,
    similar: Vec<Similar>,
}

#[derive(Serialize)]
struct Similar {
    path: String,
    artist: Option<String>,
    title: Option<String>,
    track_id: i64,
    distance: f64,
    weighted: f64,
    aspects: serde_json::Map<String, serde_json::Value>,
}

fn json(
    file: &Path,
    weights: Weights,
    found: &[(Label, Match)],
    out: &mut impl Write,
) -> io::Result<()> {
    let similar = found.iter().map(|(label, one)| {
        let Distance { proximity, weighted, aspects } = one.distance;
        Similar {
            path: label.path.to_string_lossy().into_owned(),
            artist: label.artist.clone(),
            title: label.title.clone(),
            track_id: one.track.0,
            distance: proximity,
            weighted,
            aspects: by_name(aspects),
        }
    });
    let file = file.to_string_lossy().into_owned();
    let answer = Answer { file, weights: by_name(weights.get()), similar: similar.collect() };
    serde_json::to_writer_pretty(&mut *out, &answer)?;
    writeln!(out)
}

fn by_name(numbers: [f64; ASPECTS]) -> serde_json::Map<String, serde_json::Value> {
    let pairs = Aspect::ALL.into_iter().zip(numbers);
    pairs.map(|(aspect, x)| (aspect.as_str().to_owned(), x.into())).collect()
}
