//! `phonolite playlist`: lists made to a wish, and those that are made anew.

mod ask;
mod deliver;
mod print;
mod saved;

pub(in crate::cli) use ask::listed_files;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use crate::cli::selection::Where;
use crate::cli::{Context, Exit, Stop, terminal};
use crate::playlist::{Ask, Curve, LARGEST_POOL, compose, gather};
use crate::search::{self, Matrix, SearchError};
use crate::store::{Readers, TrackId, remember_chosen};

pub(crate) const EXAMPLES: &str = "Examples:
  phonolite playlist --like a.flac --like b.mp3 --unlike c.ogg --count 30 -o evening.m3u8
  phonolite playlist --where 'genre:house bpm:120..128' --harmonic --curve warmup --duration 2h
  phonolite playlist --from calm.flac --to wild.flac --via middle.mp3 --count 20 --explain
  phonolite playlist --extend list.m3u8 --count 50 --avoid-recent 7d
  phonolite playlist --reorder list.m3u8 --harmonic --tempo-drift 6% --plot list.svg
  phonolite playlist save morning --where 'energy<0.4' --duration 1h -o morning.m3u8
  phonolite playlist refresh                 makes all saved ones anew
  phonolite playlist --like a.flac --mpd=mpd://secret@nas:6600 --mpd-music-dir /mnt/music --mpd-play
  phonolite playlist --where 'bpm:120..128 genre:house' -n 100 --format nsp -o house.nsp

Where not all wishes can hold together, they are given up in this order: closeness of sound, tempo
drift, harmonic steps, energy curve, spacing of albums, of artists, versions, duration. What does
not hold is told; with --strict the exit code is then 1.";

/// Options of `playlist`.
#[derive(Debug, Args)]
pub(crate) struct PlaylistArgs {
    #[command(subcommand)]
    action: Option<Action>,
    #[command(flatten)]
    make: MakeArgs,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Save a wish under a name, to be made anew by `refresh`
    Save {
        /// The name
        name: String,
        #[command(flatten)]
        make: Box<MakeArgs>,
    },
    /// Make saved playlists anew: all, or those named
    Refresh {
        /// Their names
        names: Vec<String>,
    },
    /// List the saved playlists
    List {
        /// As JSON lines
        #[arg(long)]
        json: bool,
    },
    /// Forget a saved playlist; its file stays
    Forget {
        /// Its name
        name: String,
    },
}

/// What a playlist is to be, and where it goes.
#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools, reason = "switches of a command line")]
pub(crate) struct MakeArgs {
    /// Sound like this file; may be given more than once
    #[arg(long, value_name = "FILE")]
    like: Vec<OsString>,
    /// Sound unlike this file; may be given more than once
    #[arg(long, value_name = "FILE")]
    unlike: Vec<OsString>,
    #[command(flatten)]
    wanted: Where,
    /// Begin with this file
    #[arg(long, value_name = "FILE", conflicts_with_all = ["extend", "reorder"])]
    from: Option<OsString>,
    /// End with this file
    #[arg(long, value_name = "FILE")]
    to: Option<OsString>,
    /// Pass this file on the way; may be given more than once
    #[arg(long, value_name = "FILE")]
    via: Vec<OsString>,
    /// Go on where this playlist ends
    #[arg(long, value_name = "LIST", conflicts_with = "reorder")]
    extend: Option<PathBuf>,
    /// Put this playlist into a better order
    #[arg(long, value_name = "LIST", conflicts_with_all = ["count", "duration", "condition"])]
    reorder: Option<PathBuf>,
    /// Number of tracks [default: 30]
    #[arg(short = 'n', long, value_name = "N", conflicts_with = "duration", value_parser = count)]
    count: Option<usize>,
    /// Length, e.g. 2h, 1h30m, 1:30:00; within 1 %
    #[arg(long, value_name = "TIME", value_parser = duration)]
    duration: Option<f64>,
    /// Keys follow each other in steps of the Camelot wheel
    #[arg(long)]
    harmonic: bool,
    /// Largest change of tempo from track to track, half and double time aside, e.g. 8%
    #[arg(long, value_name = "SHARE", value_parser = share)]
    tempo_drift: Option<f64>,
    /// Energy over time: warmup, peak, wave, cooldown, or numbers such as 0.2,0.8,0.4
    #[arg(long, value_name = "CURVE", value_parser = curve)]
    curve: Option<Curve>,
    /// Tracks between two of one artist
    #[arg(long, value_name = "N", default_value_t = 4)]
    artist_gap: usize,
    /// Tracks between two of one album
    #[arg(long, value_name = "N", default_value_t = 4)]
    album_gap: usize,
    /// Several versions of one song may appear
    #[arg(long)]
    versions: bool,
    /// Leave out what playlists of the last days were made of, e.g. 7d
    #[arg(long, value_name = "AGE", value_parser = age)]
    avoid_recent: Option<f64>,
    /// What counts as alike, e.g. timbre=1,rhythm=0.5
    #[arg(long, value_name = "ASPECT=WEIGHT,…")]
    weights: Option<String>,
    /// Chooses among playlists of equal merit; the same seed gives the same list
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Fail with exit code 1 when a wish does not hold
    #[arg(long)]
    strict: bool,
    /// Write to this file; its suffix names the format
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Format: m3u8 unless the suffix of the file says otherwise
    #[arg(long, value_enum)]
    format: Option<FormatName>,
    /// How paths are written
    #[arg(long, value_enum, default_value_t = StyleName::Absolute)]
    paths: StyleName,
    /// Folder that relative paths count from [default: that of the file written]
    #[arg(long, value_name = "FOLDER")]
    base: Option<PathBuf>,
    /// Write paths as the player sees them, e.g. /mnt/music=D:\Music
    #[arg(long, value_name = "FROM=TO", value_parser = mapping)]
    map: Option<(PathBuf, String)>,
    /// Title of the playlist
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
    /// Say on standard error why each track follows the one before
    #[arg(long)]
    explain: bool,
    /// Put the list into the queue of a Music Player Daemon: mpd://password@host:port or
    /// a socket [default: MPD_HOST and MPD_PORT, else localhost:6600]
    #[arg(long, value_name = "ADDRESS", num_args = 0..=1, default_missing_value = "", require_equals = true)]
    mpd: Option<String>,
    /// Behind what is in the queue of the daemon, not in its place
    #[arg(long, requires = "mpd")]
    mpd_append: bool,
    /// Begin to play
    #[arg(long, requires = "mpd")]
    mpd_play: bool,
    /// Where the music of the daemon lies on this machine [default: what the daemon says, to those
    /// that come by its socket]
    #[arg(long, value_name = "FOLDER", requires = "mpd")]
    mpd_music_dir: Option<PathBuf>,
    /// Draw tempo, energy and keys into this SVG file
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,
    /// Do not note what was chosen, and write no file
    #[arg(long)]
    dry_run: bool,
}

/// Formats of a playlist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum FormatName {
    /// Extended M3U in UTF-8
    M3u8,
    /// XML Shareable Playlist Format
    Xspf,
    /// The same as JSON
    Jspf,
    /// PLS, version 2
    Pls,
    /// Comma-separated values
    Csv,
    /// Tracks with their reasons, and which wishes hold
    Json,
    /// A smart playlist of Navidrome: the rules of --where, not tracks
    Nsp,
}

/// Ways to write paths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum StyleName {
    /// In full
    Absolute,
    /// From the folder of the playlist
    Relative,
    /// As file: URLs
    Url,
}

fn count(text: &str) -> Result<usize, String> {
    let count = text.parse().ok().filter(|count| (1..=LARGEST_POOL).contains(count));
    count.ok_or_else(|| format!("a number from 1 to {LARGEST_POOL} is needed"))
}

fn duration(text: &str) -> Result<f64, String> {
    let seconds = crate::query::seconds(text).filter(|seconds| (1.0..=3.2e7).contains(seconds));
    seconds.ok_or_else(|| "a length such as 2h, 90m, 1h30m or 1:30:00 is needed".into())
}

fn share(text: &str) -> Result<f64, String> {
    let percent = text.trim_end_matches('%').trim().parse::<f64>().ok();
    let share = percent
        .map(|number| if text.contains('%') || number >= 1.0 { number / 100.0 } else { number });
    share
        .filter(|share| (0.001..=1.0).contains(share))
        .ok_or_else(|| "a share such as 8% is needed".into())
}

fn curve(text: &str) -> Result<Curve, String> {
    text.parse().map_err(|error: crate::playlist::CurveError| error.to_string())
}

fn age(text: &str) -> Result<f64, String> {
    crate::query::age_ms(text).ok_or_else(|| "an age such as 7d, 2w or 1m is needed".into())
}

pub(in crate::cli) fn mapping(text: &str) -> Result<(PathBuf, String), String> {
    let (from, to) = text.split_once('=').ok_or("FROM=TO is needed")?;
    Ok((from.into(), to.into()))
}

pub(super) fn run(options: &PlaylistArgs, context: &Context) -> Result<Exit, Stop> {
    match &options.action {
        None => make(&options.make, context),
        Some(Action::Save { name, make: options }) => saved::save(name, options, context),
        Some(Action::Refresh { names }) => saved::refresh(names, context),
        Some(Action::List { json }) => saved::list(*json, context),
        Some(Action::Forget { name }) => saved::forget(name, context),
    }
}

/// Makes all saved playlists anew.
pub(super) fn refresh_all(context: &Context) -> Result<saved::Refreshed, Stop> {
    saved::remake(&[], context)
}

/// Makes one playlist.
fn make(options: &MakeArgs, context: &Context) -> Result<Exit, Stop> {
    let database = context.database()?;
    if options.format == Some(FormatName::Nsp) {
        return deliver::rules(options);
    }
    let readers = context.readers()?;
    let ask = ask::ask(options, &readers)?;
    let matrix = matrix(&readers, &database)?;
    tell_unheard(&ask, matrix.as_ref());
    let gathered = gather(&readers, matrix.as_ref(), &ask).map_err(Stop::fault)?;
    let playlist = compose(&gathered.pool, &gathered.wish);
    if playlist.tracks.is_empty() {
        terminal::note("phonolite: no track passes; nothing was written");
        return Ok(Exit::Empty);
    }
    let made =
        print::Made { options, gathered: &gathered, playlist: &playlist, matrix: matrix.as_ref() };
    made.write()?;
    if let Some(address) = options.mpd.as_deref().filter(|_| !options.dry_run) {
        deliver::queue(address, &made, context)?;
    }
    if !options.dry_run {
        let named = |&index: &usize| gathered.named.get(index).map(|named| named.track);
        let tracks: Vec<_> = playlist.tracks.iter().filter_map(named).collect();
        if let Err(error) = remember_chosen(&database, &tracks) {
            // The list is made; on a read-only database only its memory is lost.
            terminal::note(&format!("phonolite: what was chosen is not noted: {error}"));
        }
    }
    let broken = playlist.constraints.iter().filter(|constraint| constraint.is_broken()).count();
    Ok(if options.strict && broken > 0 { Exit::Empty } else { Exit::Done })
}

/// Says how many of the files that were named say nothing about sound.
fn tell_unheard(ask: &Ask, matrix: Option<&Matrix>) {
    let named = [&ask.like, &ask.unlike, &ask.first, &ask.via].into_iter().flatten();
    let named: Vec<_> = named.chain(&ask.last).collect();
    let heard = |track: &&&TrackId| matrix.is_some_and(|matrix| matrix.seed(***track).is_some());
    let unheard = named.len() - named.iter().filter(heard).count();
    if unheard > 0 {
        terminal::note(&format!(
            "phonolite: {unheard} of the {} files named cannot be compared by sound: too short, silent, or analysed by \
             another version (`phonolite analyze` brings those up to date)",
            named.len()
        ));
    }
}

/// The matrix; `None` when no track of the library can be compared.
fn matrix(readers: &Readers, database: &std::path::Path) -> Result<Option<Matrix>, Stop> {
    match search::open(readers, database) {
        Ok(matrix) => Ok(Some(matrix)),
        Err(SearchError::Empty) => Ok(None),
        Err(error) => Err(Stop::fault(error)),
    }
}
