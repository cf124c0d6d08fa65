//! The search as a whole, over libraries made by dice.

use super::*;
use crate::feature::similarity::{HARMONY, LOUDNESS, MOOD, RHYTHM};
use crate::search::symmetric::{SIZE, TRIANGLE};
use crate::store::{StoreError, TrackId};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// Numbers that are the same in every run.
struct Dice(u64);

impl Dice {
    /// About normal: mean 0, deviation 1.
    fn roll(&mut self) -> f64 {
        let mut uniform = || {
            self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (self.0 >> 11) as f64 / (1_u64 << 53) as f64
        };
        (0..6).map(|_| uniform()).sum::<f64>() * 2.0_f64.sqrt() - 3.0 * 2.0_f64.sqrt()
    }
}

/// A covariance `A Aᵀ` of frames that are `rank` dice wide.
fn covariance(dice: &mut Dice, rank: usize) -> Vec<f32> {
    let rows: Vec<Vec<f64>> = (0..SIZE).map(|_| (0..rank).map(|_| dice.roll()).collect()).collect();
    let dot = |i: usize, j: usize| rows[i].iter().zip(&rows[j]).map(|(x, y)| x * y).sum::<f64>();
    let pairs = (0..SIZE).flat_map(|i| (i..SIZE).map(move |j| (i, j)));
    pairs.map(|(i, j)| dot(i, j) as f32).collect()
}

fn vectors(dice: &mut Dice, shift: f64) -> [Option<Vec<f32>>; 4] {
    [RHYTHM, HARMONY, MOOD, LOUDNESS]
        .map(|length| Some((0..length).map(|_| (dice.roll() + shift) as f32).collect()))
}

/// A track of style `style`: styles lie apart.
fn track(seed: u64, style: u64) -> Traits {
    let mut centre = Dice(style.wrapping_mul(77_777) + 5);
    let mut dice = Dice(seed.wrapping_mul(1_000_003) + 17);
    let mean: Vec<f32> = (0..SIZE).map(|_| (3.0 * centre.roll() + dice.roll()) as f32).collect();
    let covariance = covariance(&mut dice, 30);
    let shift = centre.roll();
    let change: Vec<f32> = (0..SIZE).map(|_| (1.0 + 0.1 * dice.roll()) as f32).collect();
    let vectors = vectors(&mut dice, shift);
    Traits::new(&mean, &covariance, Some(&change), vectors).expect("whole")
}

fn entry(seed: u64, styles: u64) -> Entry {
    Entry { traits: track(seed, seed % styles), artist: Some(format!("artist {}", seed % 7)) }
}

fn library(count: u64) -> Vec<Entry> {
    (0..count).map(|seed| entry(seed, 4)).collect()
}

fn matrix(entries: &[Entry]) -> Matrix {
    Matrix::build(entries).expect("not empty")
}

fn seed(matrix: &Matrix, track: i64) -> Seed {
    matrix.seed(TrackId(track)).expect("in the matrix")
}

fn everybody(count: usize) -> Request<'static> {
    Request { count, artists: Artists::Any, ..Request::default() }
}

fn tracks(matches: &[Match]) -> Vec<i64> {
    matches.iter().map(|one| one.track.0).collect()
}

/// Tracks under numbers of their own, listed in any order.
struct Numbered(BTreeMap<i64, Entry>, Vec<i64>);

impl Library for Numbered {
    fn tracks(&self) -> Result<Vec<TrackId>, StoreError> {
        Ok(self.1.iter().map(|&id| TrackId(id)).collect())
    }

    fn entry(&self, track: TrackId) -> Result<Option<Entry>, StoreError> {
        Ok(self.0.get(&track.0).cloned())
    }
}

#[test]
fn tracks_of_a_style_find_each_other() {
    let matrix = matrix(&library(120));
    for own in 0..120 {
        let found = tracks(&matrix.nearest(&[seed(&matrix, own)], &[], &everybody(5)));
        assert!(found.iter().all(|track| track % 4 == own % 4), "{own}: {found:?}");
        assert!(!found.contains(&own), "a track is not its own neighbour");
    }
}

#[test]
fn a_track_that_is_not_in_the_library_finds_its_copy() {
    let entries = library(60);
    let matrix = matrix(&entries);
    let stranger = matrix.stranger(&entries[17].traits, None);
    let best = matrix.nearest(&[stranger], &[], &everybody(1));
    assert_eq!(tracks(&best), [17]);
    assert!(best[0].distance.proximity <= 0.0 && best[0].distance.weighted <= 0.0);
}

#[test]
fn known_artists_are_filtered_and_unknown_ones_are_not() {
    let mut entries = library(70);
    let own = &mut entries[14..16];
    own[0].artist = None;
    own[1].artist = Some("  ARTIST 1 ".into());
    let matrix = matrix(&entries);
    let ask = |own, artists| {
        let request = Request { count: 70, artists, ..Request::default() };
        tracks(&matrix.nearest(&[seed(&matrix, own)], &[], &request))
    };
    assert_eq!(ask(14, Artists::Others).len(), 69, "nobody knows who made it");
    assert_eq!(ask(14, Artists::Same), [0; 0]);
    let others = ask(1, Artists::Others);
    assert!(others.iter().all(|track| track % 7 != 1), "spelling does not count: {others:?}");
    let mut same = ask(1, Artists::Same);
    same.sort_unstable();
    assert_eq!(same, [8, 15, 22, 29, 36, 43, 50, 57, 64]);
}

#[test]
fn what_is_unlike_moves_away() {
    let matrix = matrix(&library(80));
    let (like, unlike) = (seed(&matrix, 0), seed(&matrix, 4));
    let near = matrix.nearest(std::slice::from_ref(&like), &[], &everybody(79));
    let pushed = matrix.nearest(&[like], std::slice::from_ref(&unlike), &everybody(79));
    let mean_to_unlike = |matches: &[Match]| {
        let to = |one: &Match| {
            let other = matrix.seed(one.track).expect("in the matrix");
            matrix.distance(&other, &unlike, Weights::default()).proximity
        };
        matches[..10].iter().map(to).sum::<f64>()
    };
    assert!(mean_to_unlike(&pushed) > mean_to_unlike(&near));
    assert!(!tracks(&pushed).contains(&4) && matrix.nearest(&[], &[], &everybody(5)).is_empty());
}

#[test]
fn the_order_of_the_library_and_the_threads_do_not_show() {
    let entries: BTreeMap<i64, Entry> = (0..90).map(|i| (7 * i as i64 + 3, entry(i, 4))).collect();
    let forward: Vec<i64> = entries.keys().copied().collect();
    let backward: Vec<i64> = forward.iter().rev().copied().collect();
    let whole = Matrix::build(&Numbered(entries.clone(), forward)).expect("not empty");
    for threads in [1, 3] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        let library = Numbered(entries.clone(), backward.clone());
        let other = pool.install(|| Matrix::build(&library)).expect("not empty");
        assert_eq!(whole.layout.bytes(), other.layout.bytes(), "{threads} threads");
    }
}

#[test]
fn tracks_without_numbers_are_left_out() {
    let mut entries: BTreeMap<i64, Entry> = (0..20).map(|i| (i as i64, entry(i, 2))).collect();
    let all: Vec<i64> = (0..25).collect();
    entries.remove(&5);
    let matrix = Matrix::build(&Numbered(entries, all)).expect("not empty");
    assert_eq!(matrix.len(), 19);
    assert!(matrix.seed(TrackId(5)).is_none() && matrix.seed(TrackId(24)).is_none());
    let nobody = Numbered(BTreeMap::new(), vec![1, 2]);
    assert!(matches!(Matrix::build(&nobody), Err(SearchError::Empty)));
}

#[test]
fn a_gaussian_that_is_not_whole_is_none() {
    let (mean, covariance) = ([0.0; SIZE], [0.0; TRIANGLE]);
    let none = || [None, None, None, None];
    assert!(Traits::new(&mean, &covariance, None, none()).is_some());
    assert!(Traits::new(&mean[1..], &covariance, None, none()).is_none());
    let broken = [f32::NAN; TRIANGLE];
    assert!(Traits::new(&mean, &broken, Some(&mean), none()).is_none());
    let odd = [Some(vec![0.0; 3]), Some(vec![f32::INFINITY; HARMONY]), None, None];
    assert_eq!(Traits::new(&mean, &covariance, None, odd).expect("whole").vectors, none());
}

/// Gaussians that nature makes and statistics dislikes.
fn degenerate() -> Vec<Entry> {
    let gaussian = |mean: f32, covariance: Vec<f32>| {
        let traits = Traits::new(&[mean; SIZE], &covariance, None, [None, None, None, None]);
        Entry { traits: traits.expect("whole"), artist: None }
    };
    let mut tone = vec![0.0; TRIANGLE];
    tone[0] = 1e-12;
    let mut negative = vec![0.0; TRIANGLE];
    negative[1] = -1e-6; // a rounding error off the diagonal
    vec![
        gaussian(0.0, vec![0.0; TRIANGLE]),
        gaussian(1.0, tone),
        gaussian(-30.0, negative),
        gaussian(1e30, vec![1e30; TRIANGLE]),
        gaussian(f32::MAX, vec![f32::MAX; TRIANGLE]),
        gaussian(0.5, covariance(&mut Dice(3), 2)), // half a second: few frames
    ]
}

#[test]
fn degenerate_gaussians_have_places_too() {
    for count in [0, 1, 2, 30] {
        let mut entries = library(count);
        entries.extend(degenerate());
        let matrix = matrix(&entries);
        for own in 0..entries.len() as i64 {
            let matches = matrix.nearest(&[seed(&matrix, own)], &[], &everybody(99));
            assert_eq!(matches.len(), entries.len() - 1, "{own} of {count}");
            for one in matches {
                let Distance { proximity, weighted, aspects } = one.distance;
                assert!((0.0..=1.0).contains(&proximity) && weighted.is_finite());
                assert!(aspects.iter().all(|d| d.is_finite() && *d >= 0.0));
            }
        }
    }
}

#[test]
fn a_library_of_one_has_no_neighbours() {
    let matrix = matrix(&library(1));
    assert_eq!(matrix.nearest(&[seed(&matrix, 0)], &[], &everybody(5)), []);
}

#[test]
fn the_scan_proposes_what_exact_distances_choose() {
    let matrix = matrix(&library(600));
    let mut found = 0;
    for own in (0..600).step_by(60) {
        let exact = Request { candidates: 600, ..everybody(20) };
        let exact = tracks(&matrix.nearest(&[seed(&matrix, own)], &[], &exact));
        let scanned = Request { candidates: 120, ..everybody(20) };
        let scanned = tracks(&matrix.nearest(&[seed(&matrix, own)], &[], &scanned));
        found += exact.iter().filter(|track| scanned.contains(track)).count();
    }
    assert!(found >= 10 * 20 * 98 / 100, "{found} of 200");
}

#[test]
fn damage_is_seen() {
    let entries = library(30);
    let matrix = matrix(&entries);
    let bytes = matrix.layout.bytes().to_vec();
    let read = |bytes: Vec<u8>| {
        layout::Layout::read(layout::Bytes::Owned(bytes), &[0; 32]).and_then(Matrix::new)
    };
    assert_eq!(read(bytes.clone()).expect("whole").len(), 30);
    let points = bytes.len() - 30 * 648;
    for at in (0..points).step_by(97) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1;
        assert!(read(damaged).is_none(), "byte {at}");
    }
    for length in [0, 1, 95, 96, 1000, points, bytes.len() - 1] {
        assert!(read(bytes[..length].to_vec()).is_none(), "{length} bytes");
    }
    assert!(read([bytes.clone(), vec![0]].concat()).is_none());
    assert!(layout::Layout::read(layout::Bytes::Owned(bytes.clone()), &[1; 32]).is_none());
    let mut damaged = bytes;
    damaged[points + 648 * 3 + 5] ^= 1;
    let matrix = read(damaged).expect("points are checked when they are read");
    assert!(matrix.seed(TrackId(3)).is_none());
    let found = tracks(&matrix.nearest(&[seed(&matrix, 7)], &[], &everybody(30)));
    assert!(found.len() == 28 && !found.contains(&3), "{found:?}");
}

#[test]
fn any_number_of_tracks_in_the_header_is_survived() {
    let matrix = matrix(&library(3));
    for rows in [u64::MAX, u64::MAX / 600, 1 << 40, 4] {
        let mut bytes = matrix.layout.bytes().to_vec();
        bytes[16..24].copy_from_slice(&rows.to_le_bytes());
        assert!(layout::Layout::read(layout::Bytes::Owned(bytes.clone()), &[0; 32]).is_none());
        bytes[8..16].copy_from_slice(&rows.to_le_bytes());
        assert!(layout::Layout::read(layout::Bytes::Owned(bytes), &[0; 32]).is_none());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn distances_are_symmetric_and_zero_to_oneself(
        a in 0_i64..40, b in 0_i64..40, weights in prop::array::uniform5(0.0..3.0_f64),
    ) {
        static MATRIX: std::sync::LazyLock<Matrix> = std::sync::LazyLock::new(|| {
            let mut entries = library(34);
            entries.extend(degenerate());
            matrix(&entries)
        });
        let weights = Weights::new(weights).unwrap_or_default();
        let (x, y) = (seed(&MATRIX, a), seed(&MATRIX, b));
        let (there, back) = (MATRIX.distance(&x, &y, weights), MATRIX.distance(&y, &x, weights));
        prop_assert_eq!(there, back);
        prop_assert!((0.0..=1.0).contains(&there.proximity) && there.weighted.is_finite());
        let own = MATRIX.distance(&x, &x, weights);
        prop_assert_eq!((own.proximity, own.weighted, own.aspects), (0.0, 0.0, [0.0; ASPECTS]));
    }
}
