//! From the library to a pool: which tracks come into question, and what is known of them.

use super::dice::mixed;
use super::formats::Item;
use super::pool::{LARGEST_POOL, Pool};
use super::track::Track;
use super::wish::{Length, Wish};
use crate::feature::catalogue::Value;
use crate::search::{Artists, Matrix, Request, Seed, Weights};
use crate::store::{Cells, Column, FileId, Filter, Readers, StoreError, TrackId};
use std::collections::{BTreeMap, BTreeSet};

/// Tracks around those that were named which are asked whether they pass, and most that the search chooses from.
const AROUND: usize = 2048;
const CHOOSE: usize = 900;

/// A pool is worth having with so many tracks for each that is wanted.
const ENOUGH: usize = 12;

/// What a playlist is asked to be made of.
#[derive(Clone, Debug)]
pub struct Ask {
    /// What its tracks must pass, those that are given aside.
    pub filter: Filter,
    /// Tracks it should be like, and unlike.
    pub like: Vec<TrackId>,
    /// See `like`.
    pub unlike: Vec<TrackId>,
    /// Tracks to begin with, in order.
    pub first: Vec<TrackId>,
    /// Tracks to pass.
    pub via: Vec<TrackId>,
    /// The track to end with.
    pub last: Option<TrackId>,
    /// The only tracks to choose from, for a new order; all, if `None`.
    pub only: Option<Vec<TrackId>>,
    /// Tracks to leave out, those that are given aside.
    pub without: BTreeSet<TrackId>,
    /// Files to name where a track lies in several: those that were given.
    pub files: Vec<FileId>,
    /// What counts as alike.
    pub weights: Weights,
    /// The rest of the wish; its tracks are filled in here.
    pub wish: Wish,
}

/// A track of a pool, for people and playlists.
#[derive(Clone, Debug, PartialEq)]
pub struct Named {
    /// The recording.
    pub track: TrackId,
    /// File and tags.
    pub item: Item,
    /// Camelot notation of its key.
    pub camelot: Option<String>,
}

/// A pool with the names of its tracks, and the wish in its numbers.
#[derive(Debug)]
pub struct Gathered {
    /// The tracks to choose from.
    pub pool: Pool,
    /// Their names, in the same order.
    pub named: Vec<Named>,
    /// The wish.
    pub wish: Wish,
    /// More pass than the search can weigh.
    pub more: bool,
}

/// Gathers the tracks that come into question. Deterministic for one state of the library and seed.
///
/// # Errors
/// Those of the store.
pub fn gather(
    readers: &Readers,
    matrix: Option<&Matrix>,
    ask: &Ask,
) -> Result<Gathered, StoreError> {
    let given: Vec<TrackId> = ask.first.iter().chain(&ask.via).copied().chain(ask.last).collect();
    let Candidates { files, mut more } = candidates(readers, matrix, ask, &given)?;
    let most = match ask.only {
        Some(_) => LARGEST_POOL,
        None => CHOOSE.max(given.len() + wanted(ask) * 2).min(LARGEST_POOL),
    };
    let mut found = read(readers, &files, &given, ask, most + 1)?;
    more |= found.len() > most;
    found.truncate(most);
    let (named, tracks): (Vec<Named>, Vec<Track>) = found.into_iter().unzip();
    let place = |track: &TrackId| named.iter().position(|named| named.track == *track);
    let wish = Wish {
        first: ask.first.iter().filter_map(place).collect(),
        via: ask.via.iter().filter_map(place).collect(),
        last: ask.last.as_ref().and_then(place),
        ..ask.wish.clone()
    };
    let pool = pooled(&named, tracks, matrix, ask);
    Ok(Gathered { pool, named, wish, more })
}

/// About how many tracks are wanted.
fn wanted(ask: &Ask) -> usize {
    match ask.wish.length {
        Length::Count(count) => count,
        Length::Duration(seconds) => (seconds / 180.0).ceil().max(1.0) as usize,
        Length::Everything => usize::MAX / 16,
    }
}

/// Files that come into question, the likeliest first.
struct Candidates {
    files: Vec<FileId>,
    /// There are others that nobody looked at.
    more: bool,
}

fn candidates(
    readers: &Readers,
    matrix: Option<&Matrix>,
    ask: &Ask,
    given: &[TrackId],
) -> Result<Candidates, StoreError> {
    let all = |files: Vec<(FileId, TrackId)>| Candidates {
        files: files.into_iter().map(|(file, _)| file).collect(),
        more: false,
    };
    if let Some(only) = &ask.only {
        return Ok(all(readers.passing(&Filter::Tracks(only.clone()))?));
    }
    let seeds = |tracks: &[TrackId]| -> Vec<Seed> {
        tracks.iter().filter_map(|track| matrix?.seed(*track)).collect()
    };
    let like = seeds(&[ask.like.as_slice(), given].concat());
    let Some(matrix) = matrix.filter(|_| !like.is_empty()) else {
        let mut files = readers.passing(&ask.filter)?;
        files.sort_by_key(|(file, _)| mixed(mixed(ask.wish.seed) ^ file.0 as u64));
        return Ok(all(files));
    };
    let unlike = seeds(&ask.unlike);
    let around = |count: usize, only: Option<&[TrackId]>| {
        let (weights, artists) = (ask.weights, Artists::Any);
        let request = Request { count, weights, artists, only, candidates: count };
        matrix.around(&like, &unlike, &request)
    };
    let among = |tracks: Vec<TrackId>, filter: &Filter| {
        let order: BTreeMap<TrackId, usize> =
            tracks.iter().enumerate().map(|(place, track)| (*track, place)).collect();
        let both = Filter::All(vec![filter.clone(), Filter::Tracks(tracks)]);
        let mut files = readers.passing(&both)?;
        files.sort_by_key(|(_, track)| order.get(track).copied());
        Ok::<_, StoreError>(files)
    };
    let near = around(AROUND, None);
    let whole = near.len() + like.len() + unlike.len() >= matrix.len();
    let files = among(near, &ask.filter)?;
    if whole || files.len() >= wanted(ask).saturating_mul(ENOUGH).min(AROUND / 2) {
        return Ok(Candidates { more: !whole, ..all(files) });
    }
    // Few around them pass: all that do, the nearest first.
    let passing: BTreeSet<TrackId> =
        readers.passing(&ask.filter)?.into_iter().map(|(_, track)| track).collect();
    let only: Vec<TrackId> = passing.into_iter().collect();
    let near = around(AROUND, Some(&only));
    let more = near.len() < only.len();
    Ok(Candidates { more, ..all(among(near, &Filter::All(vec![]))?) })
}

/// Columns of the files, the given tracks first, one file a recording: the one that was named, if any. What has no
/// length cannot be placed.
fn read(
    readers: &Readers,
    files: &[FileId],
    given: &[TrackId],
    ask: &Ask,
    most: usize,
) -> Result<Vec<(Named, Track)>, StoreError> {
    let columns: Vec<Option<Column>> = COLUMNS.iter().map(|name| Column::find(name)).collect();
    let known: Vec<Column> = columns.iter().flatten().copied().collect();
    let ours = readers.passing(&Filter::Tracks(given.to_vec()))?;
    let known_files: BTreeSet<FileId> =
        ours.iter().map(|(file, _)| file).chain(files).copied().collect();
    let named = ask.files.iter().filter(|file| known_files.contains(file));
    let ours = ours.iter().map(|(file, _)| file);
    let files: Vec<FileId> = named.chain(ours).chain(files).copied().collect();
    let left_out = |track: TrackId| {
        let unwanted = ask.unlike.contains(&track) || ask.without.contains(&track);
        unwanted && !given.contains(&track)
    };
    let (mut seen, mut names, mut found) = (BTreeSet::new(), Names::default(), Vec::new());
    for cells in readers.cells(&files, &known) {
        let cells = cells?;
        let Some(track) = cells.track.filter(|track| seen.insert(*track)) else { continue };
        let facts = Facts::of(&cells, &columns);
        if left_out(track) || facts.number("duration_s").is_none() {
            continue;
        }
        found.push(facts.named(track, &cells, &mut names));
        if found.len() == most {
            break;
        }
    }
    Ok(found)
}

/// What is read of a track. `energy` belongs to a family that may be left out of a build.
const COLUMNS: [&str; 9] = [
    "title",
    "artist",
    "album",
    "album_artist",
    "duration_s",
    "bpm",
    "key",
    "key_camelot",
    "energy",
];

/// The values of [`COLUMNS`] by name.
struct Facts<'a>(BTreeMap<&'static str, &'a Value>);

impl<'a> Facts<'a> {
    fn of(cells: &'a Cells, columns: &[Option<Column>]) -> Self {
        let known = columns.iter().flatten().map(|column| column.name());
        Self(known.zip(&cells.values).collect())
    }

    fn text(&self, name: &str) -> Option<String> {
        match self.0.get(name) {
            Some(Value::Text(text)) => text.clone().filter(|text| !text.trim().is_empty()),
            _ => None,
        }
    }

    fn number(&self, name: &str) -> Option<f64> {
        match self.0.get(name) {
            Some(Value::Real(number)) => *number,
            _ => None,
        }
    }

    fn named(&self, track: TrackId, cells: &Cells, names: &mut Names) -> (Named, Track) {
        let item = Item {
            path: cells.path.clone(),
            title: self.text("title"),
            artist: self.text("artist"),
            album: self.text("album"),
            duration_s: self.number("duration_s"),
        };
        let artist = item.artist.clone().or_else(|| self.text("album_artist"));
        let placed = Track {
            duration_s: item.duration_s.unwrap_or(0.0),
            bpm: self.number("bpm"),
            key: self.text("key").and_then(|key| key.parse().ok()),
            energy: self.number("energy"),
            artist: artist.as_deref().map(|name| names.number("artist", name)),
            album: self.album(&item, names),
            title: item
                .title
                .as_deref()
                .map(|title| names.number(artist.as_deref().unwrap_or(""), &plain(title))),
        };
        (Named { track, item, camelot: self.text("key_camelot") }, placed)
    }

    /// Albums of one name by different artists are different albums.
    fn album(&self, item: &Item, names: &mut Names) -> Option<u32> {
        let by = self.text("album_artist").or_else(|| item.artist.clone()).unwrap_or_default();
        item.album.as_deref().map(|album| names.number("album", &format!("{by}\0{album}")))
    }
}

/// A title without what stands in brackets or behind a dash: versions of a song share it.
fn plain(title: &str) -> String {
    let end = title.find(['(', '[']).into_iter().chain(title.find(" - ")).min();
    let head = title.get(..end.unwrap_or(title.len())).unwrap_or(title).trim();
    if head.is_empty() { title.trim().to_owned() } else { head.to_owned() }
}

/// Numbers for names, equal where the names are, whatever their case.
#[derive(Default)]
struct Names(BTreeMap<(String, String), u32>);

impl Names {
    fn number(&mut self, kind: &str, name: &str) -> u32 {
        let next = self.0.len() as u32;
        *self.0.entry((kind.to_lowercase(), name.trim().to_lowercase())).or_insert(next)
    }
}

/// The pool: distances from the matrix; tracks that are not in it are as far as any two.
fn pooled(named: &[Named], tracks: Vec<Track>, matrix: Option<&Matrix>, ask: &Ask) -> Pool {
    let ours = named.iter().map(|named| named.track);
    let all = ours.chain(ask.like.iter().copied()).chain(ask.unlike.iter().copied());
    let cloud = matrix.map(|matrix| matrix.cloud(all, ask.weights));
    let apart = |i: usize, j: usize| cloud.as_ref().and_then(|cloud| cloud.distance(i, j));
    let like = named.len()..named.len() + ask.like.len();
    let unlike = like.end..like.end + ask.unlike.len();
    let mean = |index: usize, others: std::ops::Range<usize>| {
        let known: Vec<f64> = others.filter_map(|other| apart(index, other)).collect();
        known.iter().sum::<f64>() / known.len().max(1) as f64
    };
    Pool::new(
        tracks,
        |i, j| apart(i, j).unwrap_or(1.0),
        |index| mean(index, like.clone()) - mean(index, unlike.clone()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_a_song_share_their_title() {
        for title in ["Blue", "Blue (Live)", "Blue [2011 Remaster]", "Blue - Radio Edit", " blue "]
        {
            assert_eq!(plain(title).to_lowercase(), "blue", "{title}");
        }
        assert_eq!(plain("(I Can't Get No) Satisfaction"), "(I Can't Get No) Satisfaction");
        let mut names = Names::default();
        assert_eq!(names.number("a", "X"), names.number("A", " x"));
        assert_ne!(names.number("a", "x"), names.number("b", "x"));
    }
}
