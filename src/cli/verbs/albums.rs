//! `phonolite albums`: albums and the gain that plays each at one level.

use std::io::{self, Write};

use clap::Args;
use serde_json::json;

use crate::album::{self, Album};
use crate::cli::selection::Where;
use crate::cli::{Context, Exit, Stop, terminal};

pub(crate) const EXAMPLES: &str = "An album is what has the same title and album artist in its tags, all discs together; files whose
tags name no album make one with those in the same folder. Columns: ReplayGain 2.0 album gain (to
-18 LUFS), album peak, recordings (measured/all where some are not), name.

Examples:
  phonolite albums                           every album, one a line
  phonolite albums --where 'genre:jazz'      those that hold a file that passes, as a whole
  phonolite albums --json | jq 'select(.replaygain_album_peak_dbtp > 0)'";

/// Options of `albums`.
#[derive(Debug, Args)]
pub(crate) struct AlbumsArgs {
    /// As JSON lines
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    wanted: Where,
}

pub(super) fn run(options: &AlbumsArgs, context: &Context) -> Result<Exit, Stop> {
    let readers = context.readers()?;
    let only = options.wanted.only(&readers)?;
    let mut out = terminal::out();
    let mut count = 0_u64;
    for album in album::all(&readers, only.as_deref()).map_err(Stop::fault)? {
        let album = album.map_err(Stop::fault)?;
        let printed =
            if options.json { writeln!(out, "{}", object(&album)) } else { line(&album, &mut out) };
        printed.map_err(Stop::fault)?;
        count += 1;
    }
    out.flush().map_err(Stop::fault)?;
    if count > 0 {
        return Ok(Exit::Done);
    }
    terminal::note(match only {
        Some(_) => "no album holds a file that passes",
        None => "no albums: nothing has been analysed yet",
    });
    Ok(Exit::Empty)
}

/// Title and artist, or the folder.
fn name(album: &Album) -> String {
    match (&album.folder, &album.title, &album.artist) {
        (Some(folder), ..) => folder.display().to_string(),
        (None, Some(title), Some(artist)) => format!("{artist}: {title}"),
        (None, title, _) => title.clone().unwrap_or_default(),
    }
}

fn line(album: &Album, out: &mut impl Write) -> io::Result<()> {
    let gain = &album.gain;
    let number = |value: Option<f64>, unit: &str| {
        value.map_or_else(|| format!("{:>7} {unit}", "-"), |value| format!("{value:>+7.2} {unit}"))
    };
    let tracks = if gain.tracks == gain.measured {
        gain.tracks.to_string()
    } else {
        format!("{}/{}", gain.measured, gain.tracks)
    };
    let (level, peak) =
        (number(gain.replaygain_album_db(), "dB"), number(gain.true_peak_dbtp, "dBTP"));
    writeln!(out, "{level}  {peak}  {tracks:>5}  {}", name(album))
}

fn object(album: &Album) -> serde_json::Value {
    let gain = &album.gain;
    let mut object = json!({
        "album": album.title,
        "album_artist": album.artist,
        "folder": album.folder.as_ref().map(|folder| folder.to_string_lossy()),
        "files": album.files,
        "tracks": gain.tracks,
        "tracks_measured": gain.measured,
        "album_loudness_lufs": gain.loudness_lufs,
    });
    for (name, value) in gain.values() {
        object[name] = json!(value);
    }
    object
}
