//! The file: what stands where, and how it is told to be whole.
//!
//! | section | bytes |
//! |---|---|
//! | header: magic, format, tracks, generation, BLAKE3 of the next three sections | 96 |
//! | space, coder, norms, references | depends on the format only, padded to 64 |
//! | tracks: `i64` each, ascending, padded to 64 | 8 a track |
//! | blocks of 8 tracks: codes, moments, artists | 1344 a block |
//! | points: `i16` × 320, then 8 bytes of their BLAKE3 | 648 a track |
//!
//! All numbers are little-endian. The length of the file must be what the number of tracks asks for.

use super::aspect::ASPECTS;
use super::code::CODE;
use super::mapping::Mapping;
use super::point::{DIMENSIONS, Point};
use super::proximity::MOMENTS;

/// First bytes of the file; the last two are the version of its format.
const MAGIC: [u8; 8] = *b"PHONSI01";

/// Length of the header.
const HEADER: usize = 96;

/// Tracks in a block.
pub(super) const BLOCK: usize = 8;

/// Bytes of a block: codes, moments and artists, each number of eight tracks side by side.
pub(super) const BLOCK_BYTES: usize = BLOCK * (CODE + 4 * MOMENTS + 8);

/// Bytes of a point and its check.
const ROW_BYTES: usize = 2 * DIMENSIONS + CHECK;
const CHECK: usize = 8;

/// What the matrix stands for: the state of the library it was made from.
pub(super) type Generation = [u8; 32];

/// The bytes of a matrix, wherever they are.
pub(super) enum Bytes {
    /// In memory of our own.
    Owned(Vec<u8>),
    /// In a mapped file.
    Mapped(Mapping),
}

impl Bytes {
    fn get(&self) -> &[u8] {
        match self {
            Self::Owned(bytes) => bytes,
            Self::Mapped(mapping) => mapping.bytes(),
        }
    }
}

/// The sections of a file.
pub(super) struct Layout {
    bytes: Bytes,
    /// Number of tracks.
    pub(super) rows: usize,
    tracks: usize,
    blocks: usize,
    points: usize,
}

/// Where the sections behind `head` bytes begin, and where the last one ends; `None` when it is too
/// much to count.
fn sections(head: usize, rows: usize) -> Option<[usize; 4]> {
    let tracks = HEADER + head.next_multiple_of(64);
    let blocks = tracks.checked_add(rows.checked_mul(8)?.checked_next_multiple_of(64)?)?;
    let points = blocks.checked_add(rows.div_ceil(BLOCK).checked_mul(BLOCK_BYTES)?)?;
    Some([tracks, blocks, points, points.checked_add(rows.checked_mul(ROW_BYTES)?)?])
}

impl Layout {
    /// Puts a file together. `blocks` holds a block for each eight tracks.
    pub(super) fn write<'a>(
        generation: &Generation,
        head: &[u8],
        tracks: &[i64],
        blocks: &[u8],
        points: impl Iterator<Item = &'a Point>,
    ) -> Option<Self> {
        let [at_tracks, at_blocks, at_points, end] = sections(head.len(), tracks.len())?;
        let mut bytes = Vec::with_capacity(end);
        bytes.extend(MAGIC);
        bytes.extend((head.len() as u64).to_le_bytes());
        bytes.extend((tracks.len() as u64).to_le_bytes());
        bytes.extend([0; 8]);
        bytes.extend(generation);
        bytes.resize(HEADER, 0);
        bytes.extend(head);
        bytes.resize(at_tracks, 0);
        for track in tracks {
            bytes.extend(track.to_le_bytes());
        }
        bytes.resize(at_blocks, 0);
        bytes.extend(blocks);
        bytes.resize(at_points, 0);
        for point in points {
            let row: Vec<u8> = point.iter().flat_map(|x| x.to_le_bytes()).collect();
            bytes.extend(&row);
            bytes.extend(check(&row));
        }
        let sum = blake3::hash(bytes.get(HEADER..at_points)?);
        bytes.get_mut(64..HEADER)?.copy_from_slice(sum.as_bytes());
        let rows = tracks.len();
        let bytes = Bytes::Owned(bytes);
        Some(Self { bytes, rows, tracks: at_tracks, blocks: at_blocks, points: at_points })
    }

    /// Reads a file; `None` unless it is whole and of this format and generation, its points left
    /// out, which are checked one by one as they are read.
    pub(super) fn read(bytes: Bytes, generation: &Generation) -> Option<Self> {
        let all = bytes.get();
        let mut header = Reader(all.get(..HEADER)?);
        let (magic, head, rows): ([u8; 8], _, _) = (header.take()?, header.size()?, header.size()?);
        let _: [u8; 8] = header.take()?;
        let (found, sum): (Generation, [u8; 32]) = (header.take()?, header.take()?);
        if magic != MAGIC || found != *generation || head > all.len() {
            return None;
        }
        let [tracks, blocks, points, end] = sections(head, rows)?;
        let whole = all.len() == end && blake3::hash(all.get(HEADER..points)?) == sum;
        whole.then_some(Self { bytes, rows, tracks, blocks, points })
    }

    /// The whole file.
    pub(super) fn bytes(&self) -> &[u8] {
        self.bytes.get()
    }

    /// True when it is a mapped file.
    pub(super) fn is_mapped(&self) -> bool {
        matches!(self.bytes, Bytes::Mapped(_))
    }

    /// The section of the space.
    pub(super) fn head(&self) -> Reader<'_> {
        Reader(self.bytes().get(HEADER..self.tracks).unwrap_or(&[]))
    }

    /// The tracks, ascending.
    pub(super) fn tracks(&self) -> &[[u8; 8]] {
        let bytes = self.bytes().get(self.tracks..self.tracks + 8 * self.rows);
        bytes.unwrap_or(&[]).as_chunks().0
    }

    /// The track of a row.
    pub(super) fn track(&self, row: usize) -> Option<i64> {
        self.tracks().get(row).map(|bytes| i64::from_le_bytes(*bytes))
    }

    /// The blocks.
    pub(super) fn blocks(&self) -> &[[u8; BLOCK_BYTES]] {
        self.bytes().get(self.blocks..self.points).unwrap_or(&[]).as_chunks().0
    }

    /// The point of a row; `None` when there is no such row, or it is damaged.
    pub(super) fn point(&self, row: usize) -> Option<Point> {
        let start = self.points.checked_add(row.checked_mul(ROW_BYTES)?)?;
        let bytes = self.bytes().get(start..start + ROW_BYTES)?;
        let (numbers, sum) = bytes.split_at(2 * DIMENSIONS);
        let mut point = [0; DIMENSIONS];
        for (x, bytes) in point.iter_mut().zip(numbers.as_chunks().0) {
            *x = i16::from_le_bytes(*bytes);
        }
        (check(numbers) == sum).then_some(point)
    }
}

fn check(row: &[u8]) -> [u8; CHECK] {
    let [a, b, c, d, e, f, g, h, ..] = *blake3::hash(row).as_bytes();
    [a, b, c, d, e, f, g, h]
}

/// Appends numbers to a section.
pub(super) fn put(out: &mut Vec<u8>, numbers: &[f64]) {
    for x in numbers {
        out.extend(x.to_le_bytes());
    }
}

/// Reads a section from its beginning.
pub(super) struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*taken)
    }

    /// The next number, as a size.
    pub(super) fn size(&mut self) -> Option<usize> {
        usize::try_from(u64::from_le_bytes(self.take()?)).ok()
    }

    /// The next numbers; `None` when they are missing or one is not finite.
    pub(super) fn numbers<const N: usize>(&mut self) -> Option<[f64; N]> {
        let mut numbers = [0.0; N];
        for slot in &mut numbers {
            *slot = Some(f64::from_le_bytes(self.take()?)).filter(|x| x.is_finite())?;
        }
        Some(numbers)
    }

    /// The next `length` numbers; `None` as for [`Self::numbers`].
    pub(super) fn list(&mut self, length: usize) -> Option<Vec<f64>> {
        (0..length).map(|_| self.numbers().map(|[x]| x)).collect()
    }
}

/// One block, unpacked: number by number, eight tracks each.
pub(super) struct Block {
    /// Codes.
    pub(super) codes: [[i8; BLOCK]; CODE],
    /// Moments.
    pub(super) moments: [[f32; BLOCK]; MOMENTS],
    /// Artists.
    pub(super) artists: [u64; BLOCK],
}

impl Block {
    /// A block without tracks.
    pub(super) fn new() -> Self {
        let (codes, moments) = ([[0; BLOCK]; CODE], [[0.0; BLOCK]; MOMENTS]);
        Self { codes, moments, artists: [0; BLOCK] }
    }

    /// Appends the block to its section.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.extend(self.codes.as_flattened().iter().map(|&x| x as u8));
        out.extend(self.moments.as_flattened().iter().flat_map(|x| x.to_le_bytes()));
        out.extend(self.artists.iter().flat_map(|x| x.to_le_bytes()));
    }
}

/// Where the moments and the artists begin in a block.
pub(super) const MOMENTS_AT: usize = BLOCK * CODE;
pub(super) const ARTISTS_AT: usize = MOMENTS_AT + 4 * BLOCK * MOMENTS;

/// The artist of a place in a block; 0 when unknown.
pub(super) fn artist(block: &[u8; BLOCK_BYTES], place: usize) -> u64 {
    let (artists, _) = block.split_at(ARTISTS_AT).1.as_chunks::<8>();
    artists.get(place).map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

/// The moments of a place in a block.
pub(super) fn moments(block: &[u8; BLOCK_BYTES], place: usize) -> [f32; MOMENTS] {
    let (words, _) = block.split_at(MOMENTS_AT).1.as_chunks::<4>();
    let word = |i: usize| words.get(i * BLOCK + place).map_or(0.0, |w| f32::from_le_bytes(*w));
    std::array::from_fn(word)
}

const _: () = assert!(ASPECTS < MOMENTS && BLOCK_BYTES == 1344);
