//! From the library to a pool: which tracks come into question, and what is known of them.

use super::dice::mixed;
use super::formats::Item;
use super::pool::Pool;
use super::track::Track;
use super::wish::{Length, Wish};
use crate::feature::catalogue::Value;
use crate::search::{Artists, Matrix, Request, Seed, Weights};
use crate::store::{Cells, Column, FileId, Filter, Question, Readers, StoreError, TrackId};
use std::collections::{BTreeMap, BTreeSet};

/// Most tracks whose columns are read, and most that the search chooses from.
const READ: usize = 4096;
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
    /// Number of files that passed before the pool was cut to what the search can weigh.
    pub considered: usize,
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
    let chosen = candidates(readers, matrix, ask, &given)?;
    let considered = chosen.len();
    let kept: BTreeSet<TrackId> = given.iter().copied().collect();
    let mut found = read(readers, &chosen, &given, &ask.files)?;
    found.retain(|(named, _)| kept.contains(&named.track) || !ask.without.contains(&named.track));
    let front = found.iter().filter(|(named, _)| kept.contains(&named.track)).count();
    if ask.only.is_none() {
        found.truncate(CHOOSE.max(front + wanted(ask) * 2));
    }
    let (named, tracks): (Vec<Named>, Vec<Track>) = found.into_iter().unzip();
    let place = |track: &TrackId| named.iter().position(|named| named.track == *track);
    let wish = Wish {
        first: ask.first.iter().filter_map(place).collect(),
        via: ask.via.iter().filter_map(place).collect(),
        last: ask.last.as_ref().and_then(place),
        ..ask.wish.clone()
    };
    let pool = pooled(&named, tracks, matrix, ask);
    Ok(Gathered { pool, named, wish, considered })
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
fn candidates(
    readers: &Readers,
    matrix: Option<&Matrix>,
    ask: &Ask,
    given: &[TrackId],
) -> Result<Vec<FileId>, StoreError> {
    let among =
        |tracks: Vec<TrackId>| Filter::All(vec![ask.filter.clone(), Filter::Tracks(tracks)]);
    if let Some(only) = &ask.only {
        return select(readers, Filter::Tracks(only.clone()));
    }
    let seeds = |tracks: &[TrackId]| -> Vec<Seed> {
        tracks.iter().filter_map(|track| matrix?.seed(*track)).collect()
    };
    let like = seeds(&[ask.like.as_slice(), given].concat());
    let Some(matrix) = matrix.filter(|_| !like.is_empty()) else {
        return Ok(drawn(select(readers, ask.filter.clone())?, ask.wish.seed));
    };
    let unlike = seeds(&ask.unlike);
    // Where few of the nearest pass the rules, look further.
    let mut reach = READ / 2;
    loop {
        let request = Request {
            count: reach,
            weights: ask.weights,
            artists: Artists::Any,
            only: None,
            candidates: reach,
        };
        let near = matrix.nearest(&like, &unlike, &request);
        let order: BTreeMap<TrackId, usize> =
            near.iter().enumerate().map(|(place, one)| (one.track, place)).collect();
        let tracks: Vec<TrackId> = near.iter().map(|one| one.track).collect();
        let exhausted = tracks.len() < reach || reach >= matrix.len();
        let files = readers.select_tracks(&question(among(tracks)))?;
        if exhausted || files.len() >= wanted(ask).saturating_mul(ENOUGH).min(READ) {
            let mut files = files;
            files.sort_by_key(|(_, track)| order.get(track).copied());
            files.truncate(READ);
            return Ok(files.into_iter().map(|(file, _)| file).collect());
        }
        reach = reach.saturating_mul(8).min(matrix.len());
    }
}

fn question(filter: Filter) -> Question {
    let analysed = Column::find("duration_s").map(Filter::Known);
    Question {
        filter: Filter::All(analysed.into_iter().chain([filter]).collect()),
        sort: vec![],
        limit: None,
    }
}

fn select(readers: &Readers, filter: Filter) -> Result<Vec<FileId>, StoreError> {
    readers.select(&question(filter))
}

/// At most so many, drawn by the seed.
fn drawn(mut files: Vec<FileId>, seed: u64) -> Vec<FileId> {
    files.sort_by_key(|file| mixed(mixed(seed) ^ file.0 as u64));
    files.truncate(READ);
    files
}

/// Columns of the files, the given tracks first, one file a recording: the one that was named, if any.
fn read(
    readers: &Readers,
    files: &[FileId],
    given: &[TrackId],
    named: &[FileId],
) -> Result<Vec<(Named, Track)>, StoreError> {
    let columns: Vec<Option<Column>> = COLUMNS.iter().map(|name| Column::find(name)).collect();
    let known: Vec<Column> = columns.iter().flatten().copied().collect();
    let ours = select(readers, Filter::Tracks(given.to_vec()))?;
    let known_files: BTreeSet<FileId> = ours.iter().chain(files).copied().collect();
    let named = named.iter().filter(|file| known_files.contains(file));
    let files: Vec<FileId> = named.chain(&ours).chain(files).copied().collect();
    let (mut seen, mut names, mut found) = (BTreeSet::new(), Names::default(), Vec::new());
    for cells in readers.cells(&files, &known) {
        let cells = cells?;
        let Some(track) = cells.track.filter(|track| seen.insert(*track)) else { continue };
        found.push(Facts::of(&cells, &columns).named(track, &cells, &mut names));
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
    let seed = |track: &TrackId| matrix.and_then(|matrix| matrix.seed(*track));
    let seeds: Vec<Option<Seed>> = named.iter().map(|named| seed(&named.track)).collect();
    let apart = |a: Option<&Seed>, b: Option<&Seed>| match (matrix, a, b) {
        (Some(matrix), Some(a), Some(b)) => matrix.distance(a, b, ask.weights).weighted,
        _ => 1.0,
    };
    let others = |tracks: &[TrackId]| -> Vec<Seed> { tracks.iter().filter_map(&seed).collect() };
    let (like, unlike) = (others(&ask.like), others(&ask.unlike));
    let mean = |index: usize, others: &[Seed]| {
        let here = seeds.get(index).and_then(Option::as_ref);
        let sum: f64 = others.iter().map(|other| apart(here, Some(other))).sum();
        if others.is_empty() { 0.0 } else { sum / others.len() as f64 }
    };
    let get = |index: usize| seeds.get(index).and_then(Option::as_ref);
    Pool::new(
        tracks,
        |i, j| apart(get(i), get(j)),
        |index| mean(index, &like) - mean(index, &unlike),
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
