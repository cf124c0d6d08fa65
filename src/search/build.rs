//! From a library to its matrix.

use rayon::prelude::*;

use super::aspect::ASPECTS;
use super::code::Coder;
use super::error::SearchError;
use super::layout::{BLOCK, Block, Generation, Layout, put};
use super::library::{Entry, Library, artist_key};
use super::matrix::Matrix;
use super::point::{DIMENSIONS, Point, distances};
use super::proximity::{Moments, moments};
use super::space::Space;
use super::traits::Traits;
use crate::store::TrackId;

/// Tracks from which the layout of a library is learned.
const SAMPLE: usize = 2048;

/// Tracks to which each track's distances are measured, at most.
const REFERENCES: usize = 512;

/// Tracks that are read before they are placed together.
const BATCH: usize = 1024;

impl Matrix {
    /// The matrix of a library, held in memory.
    ///
    /// The result depends on the tracks and their numbers only, not on the order in which they are
    /// given or on the number of threads. Holds 0.8 KB a track, twice while it is put together; the
    /// time is about 0.1 ms a track and core.
    ///
    /// # Errors
    /// [`SearchError::Empty`] when no track can be compared; what the library says.
    pub fn build(library: &(impl Library + ?Sized)) -> Result<Self, SearchError> {
        Self::build_as(library, &[0; 32])
    }

    /// A library that holds this one so many times, cut to whole blocks: for benchmarks of the scan,
    /// whose time depends on the number of tracks only.
    #[doc(hidden)]
    #[must_use]
    pub fn tiled(&self, times: usize) -> Option<Self> {
        let rows = self.len() / BLOCK * BLOCK;
        let points: Option<Vec<Point>> = (0..rows).map(|row| self.layout.point(row)).collect();
        let blocks = self.layout.blocks().get(..rows / BLOCK)?.as_flattened().repeat(times);
        let tracks: Vec<i64> = (0..(rows * times) as i64).collect();
        let mut head = Vec::new();
        self.space.encode(&mut head);
        self.coder.encode(&mut head);
        put(&mut head, &self.norms);
        let points = points?.repeat(times);
        Layout::write(&[0; 32], &head, &tracks, &blocks, points.iter()).and_then(Self::new)
    }

    pub(super) fn build_as(
        library: &(impl Library + ?Sized),
        generation: &Generation,
    ) -> Result<Self, SearchError> {
        let mut ids = library.tracks()?;
        ids.sort();
        ids.dedup();
        let sample = read_sample(library, &ids)?;
        if sample.is_empty() {
            return Err(SearchError::Empty);
        }
        let space = Space::fit(&sample);
        let placed: Vec<Point> = sample.iter().map(|traits| space.place(traits)).collect();
        let coder = Coder::fit(&placed);
        let rows = place(library, &ids, &space)?;
        let references: Vec<(usize, Point)> =
            reference_rows(rows.len()).map(|row| (row, rows[row].point)).collect();
        let moments: Vec<Moments> = rows
            .par_iter()
            .enumerate()
            .map(|(row, placed)| moments_of(&placed.point, Some(row), &references))
            .collect();
        let norms = norms(&moments);
        let mut head = Vec::new();
        space.encode(&mut head);
        coder.encode(&mut head);
        put(&mut head, &norms);
        let tracks: Vec<i64> = rows.iter().map(|row| row.track.0).collect();
        let blocks = blocks(&rows, &moments, &coder);
        drop(moments);
        let points = rows.iter().map(|row| &row.point);
        Layout::write(generation, &head, &tracks, &blocks, points)
            .and_then(Self::new)
            .ok_or(SearchError::Empty)
    }
}

/// A track that has found its place.
struct Placed {
    track: TrackId,
    artist: u64,
    point: Point,
}

/// Up to [`SAMPLE`] tracks, evenly over the numbers.
fn read_sample(
    library: &(impl Library + ?Sized),
    ids: &[TrackId],
) -> Result<Vec<Traits>, SearchError> {
    let mut sample = Vec::new();
    for at in stride(ids.len(), SAMPLE) {
        if let Some(entry) = ids.get(at).map(|&id| library.entry(id)).transpose()?.flatten() {
            sample.push(entry.traits);
        }
    }
    Ok(sample)
}

/// At most `most` of `0..count`, evenly.
fn stride(count: usize, most: usize) -> impl Iterator<Item = usize> {
    let taken = count.min(most);
    (0..taken).map(move |i| i * count / taken)
}

fn place(
    library: &(impl Library + ?Sized),
    ids: &[TrackId],
    space: &Space,
) -> Result<Vec<Placed>, SearchError> {
    let mut rows = Vec::with_capacity(ids.len());
    for ids in ids.chunks(BATCH) {
        let mut batch: Vec<(TrackId, Entry)> = Vec::with_capacity(BATCH);
        for &track in ids {
            batch.extend(library.entry(track)?.map(|entry| (track, entry)));
        }
        rows.par_extend(batch.par_iter().map(|(track, entry)| {
            let artist = artist_key(entry.artist.as_deref());
            Placed { track: *track, artist, point: space.place(&entry.traits) }
        }));
    }
    Ok(rows)
}

/// The rows of the references of a matrix of `rows` tracks.
pub(super) fn reference_rows(rows: usize) -> impl Iterator<Item = usize> {
    stride(rows, REFERENCES)
}

/// Moments of a point's distances to the references, itself (`row`) left out.
pub(super) fn moments_of(
    point: &Point,
    row: Option<usize>,
    references: &[(usize, Point)],
) -> Moments {
    let others = references.iter().filter(|(reference, _)| Some(*reference) != row);
    let distances: Vec<[f32; ASPECTS]> = others.map(|(_, other)| distances(point, other)).collect();
    moments(&distances)
}

/// Mean distance of two tracks by aspect; 1 where all are the same.
fn norms(moments: &[Moments]) -> [f64; ASPECTS] {
    let count = moments.len().max(1) as f64;
    std::array::from_fn(|aspect| {
        let mean = moments.iter().map(|moments| f64::from(moments[aspect])).sum::<f64>() / count;
        if mean > 1e-9 { mean } else { 1.0 }
    })
}

fn blocks(rows: &[Placed], moments: &[Moments], coder: &Coder) -> Vec<u8> {
    let mut out = Vec::with_capacity(rows.len().div_ceil(BLOCK) * super::layout::BLOCK_BYTES);
    for (rows, moments) in rows.chunks(BLOCK).zip(moments.chunks(BLOCK)) {
        let mut block = Block::new();
        for (place, (row, moments)) in rows.iter().zip(moments).enumerate() {
            for (slots, x) in block.codes.iter_mut().zip(coder.code(&row.point)) {
                slots[place] = x;
            }
            for (slots, &x) in block.moments.iter_mut().zip(moments) {
                slots[place] = x;
            }
            block.artists[place] = row.artist;
        }
        block.write(&mut out);
    }
    out
}

const _: () = assert!(DIMENSIONS.is_multiple_of(BLOCK));
