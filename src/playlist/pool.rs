//! The tracks a playlist may be made of, and how alike they sound.

use super::track::Track;

/// Most tracks of a pool: their distances are all kept, 4 bytes a pair.
pub const LARGEST_POOL: usize = 2048;

/// Tracks with all their distances.
#[derive(Clone, Debug)]
pub struct Pool {
    tracks: Vec<Track>,
    /// Distance of each pair, row by row; 1 is that of two tracks taken at random.
    distances: Vec<f32>,
    /// How unwelcome each track is by itself: its distance to what was liked, less that to what was
    /// not; 0 when nothing was named.
    distaste: Vec<f32>,
}

impl Pool {
    /// A pool of at most [`LARGEST_POOL`] tracks (the rest is left out) with their `distance`, which
    /// is asked once a pair (i < j), and their `distaste`. What is not finite counts as far.
    pub fn new(
        tracks: Vec<Track>,
        mut distance: impl FnMut(usize, usize) -> f64,
        mut distaste: impl FnMut(usize) -> f64,
    ) -> Self {
        let mut tracks = tracks;
        tracks.truncate(LARGEST_POOL);
        let count = tracks.len();
        let mut distances = vec![0.0; count * count];
        for i in 0..count {
            for j in i + 1..count {
                let apart = finite(distance(i, j));
                distances[i * count + j] = apart;
                distances[j * count + i] = apart;
            }
        }
        let distaste = (0..count).map(|index| finite(distaste(index))).collect();
        let mut pool = Self { tracks, distances, distaste };
        pool.join_duplicates();
        pool
    }

    /// What sounds the same and is as long is the same, whatever its tags say: it shares its title.
    fn join_duplicates(&mut self) {
        let mut next =
            self.tracks.iter().filter_map(|track| track.title).max().map_or(0, |last| last + 1);
        for i in 0..self.tracks.len() {
            for j in i + 1..self.tracks.len() {
                if self.distance(i, j) >= SAME_SOUND || !self.as_long(i, j) {
                    continue;
                }
                let title = self.tracks[i].title.or(self.tracks[j].title).unwrap_or(next);
                next = next.max(title + 1);
                self.tracks[i].title = Some(title);
                self.tracks[j].title = Some(title);
            }
        }
    }

    fn as_long(&self, i: usize, j: usize) -> bool {
        let (a, b) = (self.duration_s(i), self.duration_s(j));
        a > 0.0 && (a - b).abs() <= SAME_LENGTH * a.max(b)
    }

    /// Number of tracks.
    pub fn len(&self) -> usize {
        self.tracks.len()
    }

    /// True when there is no track.
    pub fn is_empty(&self) -> bool {
        self.tracks.is_empty()
    }

    /// The track of a number, if there is one.
    pub fn track(&self, index: usize) -> Option<&Track> {
        self.tracks.get(index)
    }

    /// Distance of two tracks; large for a number that is none of the pool.
    pub fn distance(&self, from: usize, to: usize) -> f64 {
        let place = from * self.tracks.len() + to;
        f64::from(self.distances.get(place).copied().unwrap_or(FAR))
    }

    pub(super) fn distaste(&self, index: usize) -> f64 {
        f64::from(self.distaste.get(index).copied().unwrap_or(0.0))
    }

    pub(super) fn duration_s(&self, index: usize) -> f64 {
        self.tracks.get(index).map_or(0.0, |track| track.duration_s)
    }
}

/// Distance below which two tracks of one length are one recording: its encodings measure 0.00 to 0.04, different
/// songs of one album 0.2 and more (the corpus of `benches`).
const SAME_SOUND: f64 = 0.06;

/// Share by which their lengths may differ.
const SAME_LENGTH: f64 = 0.02;

/// Further than any two tracks of a library.
const FAR: f32 = 4.0;

fn finite(distance: f64) -> f32 {
    if distance.is_finite() { distance.clamp(-f64::from(FAR), f64::from(FAR)) as f32 } else { FAR }
}
