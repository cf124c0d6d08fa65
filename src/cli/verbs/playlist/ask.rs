//! From the command line to what is asked.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};

use super::MakeArgs;
use crate::cli::verbs::show::{absence, find};
use crate::cli::{Stop, terminal};
use crate::playlist::formats::{self, Format, LARGEST_BYTES};
use crate::playlist::{Ask, LARGEST_POOL, Length, Spacing, Wish};
use crate::search::Weights;
use crate::store::{FileId, Readers, TrackId, unix_ms};

/// Tracks of a playlist when nothing is said.
const USUAL_COUNT: usize = 30;

pub(super) fn ask(options: &MakeArgs, readers: &Readers) -> Result<Ask, Stop> {
    let weights = options.weights.as_deref().map_or(Ok(Weights::default()), Weights::parse);
    let mut files = Vec::new();
    let mut many = |given: &[OsString]| {
        let found = given.iter().map(|file| track(readers, file)).collect::<Result<Vec<_>, _>>()?;
        files.extend(found.iter().map(|&(file, _)| file));
        Ok::<_, Stop>(found.into_iter().map(|(_, track)| track).collect::<Vec<_>>())
    };
    let (like, unlike) = (many(&options.like)?, many(&options.unlike)?);
    let via = many(&options.via)?;
    let from = many(options.from.as_slice())?;
    let last = many(options.to.as_slice())?.pop();
    let mut listed = |list: &Option<PathBuf>| {
        let Some(list) = list else { return Ok::<_, Stop>(None) };
        let found = listed_files(readers, list)?;
        if found.len() > LARGEST_POOL {
            let (shown, count) = (terminal::shown(list), found.len());
            return Err(Stop::usage(anyhow!(
                "{shown}: {count} tracks are more than can be weighed at once ({LARGEST_POOL})"
            )));
        }
        files.extend(found.iter().map(|&(file, ..)| file));
        Ok(Some(found.into_iter().map(|(.., track)| track).collect::<Vec<_>>()))
    };
    let extended = listed(&options.extend)?;
    let first = match extended {
        Some(tracks) => tracks,
        None => from,
    };
    let only = listed(&options.reorder)?;
    let recent = options.avoid_recent.map(|age| readers.chosen_since(unix_ms() - age as i64));
    Ok(Ask {
        filter: options.wanted.filter()?,
        like,
        unlike,
        via,
        last,
        files,
        without: recent
            .transpose()
            .map_err(Stop::fault)?
            .into_iter()
            .flatten()
            .collect::<BTreeSet<_>>(),
        weights: weights.map_err(Stop::usage)?,
        wish: Wish { length: length(options, first.len()), ..wish(options) },
        first,
        only,
    })
}

fn wish(options: &MakeArgs) -> Wish {
    let title = if options.versions { 0 } else { usize::MAX };
    Wish {
        harmonic: options.harmonic,
        tempo_drift: options.tempo_drift,
        curve: options.curve.clone(),
        spacing: Spacing { artist: options.artist_gap, album: options.album_gap, title },
        seed: options.seed,
        ..Wish::default()
    }
}

/// A list that is extended grows by `count`.
fn length(options: &MakeArgs, first: usize) -> Length {
    let given = if options.extend.is_some() { first } else { 0 };
    match (options.reorder.is_some(), options.duration) {
        (true, _) => Length::Everything,
        (_, Some(seconds)) => Length::Duration(seconds),
        (_, None) => Length::Count(options.count.unwrap_or(USUAL_COUNT) + given),
    }
}

/// A file of the library and its track.
fn track(readers: &Readers, file: &OsStr) -> Result<(FileId, TrackId), Stop> {
    let row = find(readers, file).map_err(Stop::fault)?;
    match row.and_then(|row| Some((row.file, row.track?))) {
        Some(known) => Ok(known),
        None => Err(Stop::usage(anyhow!(absence(readers, file).map_err(Stop::fault)?))),
    }
}

/// The files behind the entries of a playlist, with their tracks; those that are not in the library are told and
/// left out.
pub(in crate::cli) fn listed_files(
    readers: &Readers,
    list: &Path,
) -> Result<Vec<(FileId, PathBuf, TrackId)>, Stop> {
    let format = Format::of_path(list).ok_or_else(|| {
        let known = Format::ALL.map(Format::as_str).join(", ");
        Stop::usage(anyhow!(
            "{}: the suffix names no playlist format ({known})",
            terminal::shown(list)
        ))
    })?;
    let bytes = read(list).map_err(Stop::usage)?;
    let list = std::path::absolute(list).map_err(Stop::fault)?;
    let base = list.parent().unwrap_or(Path::new("/"));
    let entries = formats::read(&bytes, format, base)
        .map_err(|error| Stop::usage(anyhow::Error::from(error).context(terminal::shown(&list))))?;
    let mut files = Vec::with_capacity(entries.len());
    let mut unknown = Vec::new();
    for entry in entries {
        let mut known = None;
        for path in entry.paths {
            let state = readers.file_state(&path).map_err(Stop::fault)?;
            known =
                state.file.zip(state.track).map(|((file, ..), known)| (file, path, known.track));
            if known.is_some() {
                break;
            }
        }
        match known {
            Some(known) => files.push(known),
            None => unknown.push(entry.text),
        }
    }
    for text in unknown.iter().take(3) {
        terminal::note(&format!("phonolite: not in the library, left out: {text}"));
    }
    if unknown.len() > 3 {
        terminal::note(&format!("phonolite: and {} more", unknown.len() - 3));
    }
    if files.is_empty() {
        let shown = terminal::shown(&list);
        return Err(Stop::usage(if unknown.is_empty() {
            anyhow!("{shown}: it names no track")
        } else {
            anyhow!("{shown}: none of its tracks is in the library")
        }));
    }
    Ok(files)
}

fn read(list: &Path) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = std::fs::File::open(list)
        .with_context(|| format!("cannot read {}", terminal::shown(list)))?;
    file.take(LARGEST_BYTES + 1)
        .read_to_end(&mut bytes)
        .with_context(|| format!("cannot read {}", terminal::shown(list)))?;
    if bytes.len() as u64 > LARGEST_BYTES {
        return Err(anyhow!(
            "{} is larger than any playlist ({LARGEST_BYTES} bytes)",
            terminal::shown(list)
        ));
    }
    Ok(bytes)
}
