//! Wishes over pools whose best playlists are known, and over random ones.

use super::dice::Dice;
use super::*;
use crate::feature::tonal::Key;
use proptest::prelude::*;

/// Random tracks of a hundred artists; distances are those of points in a square.
fn pool(count: usize, seed: u64) -> Pool {
    let mut dice = Dice::new(seed);
    let tracks: Vec<Track> = (0..count)
        .map(|index| Track {
            duration_s: 120.0 + 240.0 * dice.unit(),
            bpm: Some(80.0 + 80.0 * dice.unit()).filter(|bpm| *bpm > 84.0),
            key: Some(Key::from_index(dice.below(24))),
            energy: Some(dice.unit()),
            artist: Some(dice.below(100) as u32),
            album: Some(dice.below(300) as u32),
            title: Some(index as u32 / 2 + dice.below(2) as u32 * 1_000_000),
        })
        .collect();
    let points: Vec<(f64, f64)> = (0..count).map(|_| (dice.unit(), dice.unit())).collect();
    let apart = |i: usize, j: usize| (points[i].0 - points[j].0).hypot(points[i].1 - points[j].1);
    Pool::new(tracks, apart, |_| 0.0)
}

fn kept(playlist: &Playlist, name: &str) -> bool {
    playlist
        .constraints
        .iter()
        .any(|constraint| constraint.name == name && constraint.held == Some(true))
}

#[test]
fn all_wishes_hold_together_where_the_pool_is_rich() {
    let pool = pool(1000, 1);
    for curve in ["warmup", "wave", "0.8,0.2,0.7"] {
        let wish = Wish {
            length: Length::Duration(2.0 * 3600.0),
            harmonic: true,
            tempo_drift: Some(0.08),
            curve: Some(curve.parse().unwrap()),
            spacing: Spacing { artist: 5, album: 5, title: usize::MAX },
            ..Wish::default()
        };
        let playlist = compose(&pool, &wish);
        let broken: Vec<_> = playlist.constraints.iter().filter(|c| c.held != Some(true)).collect();
        assert!(broken.is_empty(), "{curve}: {broken:?}");
        assert_eq!(playlist.constraints.len(), 7);
    }
}

#[test]
fn what_no_track_tells_cannot_be_judged() {
    let nameless = Pool::new(vec![Track::default(); 9], |_, _| 1.0, |_| 0.0);
    let playlist = compose(&nameless, &Wish { length: Length::Count(5), ..Wish::default() });
    let of = |name: &str| playlist.constraints.iter().find(|c| c.name == name).unwrap();
    for name in ["artist spacing", "album spacing", "titles"] {
        assert_eq!((of(name).held, of(name).mark()), (None, "cannot be judged"), "{:?}", of(name));
        assert!(!of(name).is_broken());
    }
    assert!(kept(&playlist, "count"));
}

#[test]
fn the_order_of_a_line_is_found() {
    // Tracks on a line, shuffled: the shortest way through all of them from one end is the line.
    let count: usize = 40;
    let place = |index: usize| (index * 17 % count) as f64 / 40.0;
    let pool =
        Pool::new(vec![Track::default(); count], |i, j| (place(i) - place(j)).abs(), |_| 0.0);
    let wish = Wish { length: Length::Everything, first: vec![0], ..Wish::default() };
    let playlist = compose(&pool, &wish);
    let places: Vec<f64> = playlist.tracks.iter().map(|&index| place(index)).collect();
    assert!(places.windows(2).all(|pair| pair[0] < pair[1]), "{places:?}");
}

#[test]
fn a_journey_goes_from_one_end_to_the_other_over_its_station() {
    let count: usize = 300;
    let place = |index: usize| index as f64 / 299.0;
    let pool =
        Pool::new(vec![Track::default(); count], |i, j| 3.0 * (place(i) - place(j)).abs(), |_| 0.0);
    let (length, first) = (Length::Count(11), vec![0]);
    let wish = Wish { length, first, last: Some(299), via: vec![150], ..Wish::default() };
    let playlist = compose(&pool, &wish);
    assert!(kept(&playlist, "given tracks"), "{playlist:?}");
    // Even steps: a tenth of the way each, within a third of a step.
    for (step, &index) in playlist.tracks.iter().enumerate() {
        assert!((place(index) - step as f64 / 10.0).abs() < 0.034, "{:?}", playlist.tracks);
    }
}

#[test]
fn it_beats_a_greedy_walk_on_its_own_ground() {
    let pool = pool(400, 3);
    let wish = Wish { length: Length::Count(50), first: vec![0], ..Wish::default() };
    let prices = super::cost::Prices::new(&pool, &wish);
    let mut walk = vec![0];
    while walk.len() < 50 {
        let last = *walk.last().unwrap();
        let free = (0..400).filter(|index| !walk.contains(index));
        let price = |index: &usize| prices.transition(last, *index);
        walk.push(free.min_by(|a, b| price(a).total_cmp(&price(b))).unwrap());
    }
    let found = compose(&pool, &wish);
    assert!(prices.total(&found.tracks) < prices.total(&walk));
}

#[test]
fn what_was_disliked_stays_away() {
    let count = 200;
    let pool = Pool::new(
        vec![Track::default(); count],
        |_, _| 1.0,
        |index| if index < 100 { 2.0 } else { 0.0 },
    );
    let playlist = compose(&pool, &Wish { length: Length::Count(50), ..Wish::default() });
    assert!(playlist.tracks.iter().all(|&index| index >= 100));
}

#[test]
fn a_poor_pool_gives_what_it_has_and_says_so() {
    let one_artist =
        |_| Track { artist: Some(1), title: Some(1), duration_s: 10.0, ..Track::default() };
    let pool = Pool::new((0..5).map(one_artist).collect(), |_, _| 1.0, |_| 0.0);
    let playlist = compose(&pool, &Wish { length: Length::Count(3), ..Wish::default() });
    assert_eq!(playlist.tracks.len(), 1, "versions of one song");
    assert!(!kept(&playlist, "count"));
    let empty = compose(&Pool::new(vec![], |_, _| 0.0, |_| 0.0), &Wish::default());
    assert!(empty.tracks.is_empty());
}

#[test]
fn the_same_recording_in_two_files_appears_once() {
    let tracks = vec![Track { duration_s: 200.0, ..Track::default() }; 4];
    // 0 and 1 sound the same, 2 is another song, 3 sounds like it and is cut.
    let mut tracks = tracks;
    tracks[3].duration_s = 120.0;
    let apart = |i: usize, j: usize| if (i < 2) == (j < 2) { 0.01 } else { 0.8 };
    let pool = Pool::new(tracks, apart, |_| 0.0);
    let playlist = compose(&pool, &Wish { length: Length::Count(4), ..Wish::default() });
    assert_eq!(playlist.tracks.len(), 3, "{playlist:?}");
    assert!(playlist.tracks.contains(&2) && playlist.tracks.contains(&3));
}

#[test]
fn the_seed_decides_and_nothing_else() {
    let pool = pool(500, 2);
    let wish = |seed| Wish { seed, length: Length::Count(20), ..Wish::default() };
    assert_eq!(compose(&pool, &wish(1)), compose(&pool, &wish(1)));
    assert_ne!(compose(&pool, &wish(1)).tracks, compose(&pool, &wish(2)).tracks);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// A reader who counts for himself finds every constraint kept that is reported as kept.
    #[test]
    fn no_broken_constraint_is_reported_as_held(
        count in 0_usize..120, seed in 0_u64..1000, length in 0_usize..40,
        artist in 0_usize..6, harmonic in any::<bool>(), drift in proptest::option::of(0.01_f64..0.2),
        timed in any::<bool>(), last in proptest::option::of(0_usize..140),
    ) {
        let pool = pool(count, seed);
        let wish = Wish {
            length: if timed { Length::Duration(length as f64 * 200.0) } else { Length::Count(length) },
            last, harmonic, tempo_drift: drift, seed,
            spacing: Spacing { artist, album: 2, title: usize::MAX },
            ..Wish::default()
        };
        let playlist = compose(&pool, &wish);
        let list = &playlist.tracks;
        let track = |index: usize| pool.track(index).unwrap();
        let unique: std::collections::BTreeSet<_> = list.iter().collect();
        prop_assert_eq!(unique.len(), list.len(), "a track twice");
        for constraint in playlist.constraints.iter().filter(|constraint| constraint.held == Some(true)) {
            match constraint.name {
                "count" => prop_assert_eq!(list.len(), length),
                "duration" => {
                    let seconds: f64 = list.iter().map(|&i| track(i).duration_s).sum();
                    prop_assert!((seconds - length as f64 * 200.0).abs() <= 0.01 * (length as f64 * 200.0).max(1.0));
                }
                "artist spacing" => for (i, a) in list.iter().enumerate() {
                    for b in &list[i + 1..list.len().min(i + 1 + artist)] {
                        prop_assert_ne!(track(*a).artist, track(*b).artist);
                    }
                },
                "harmonic" => for pair in list.windows(2) {
                    prop_assert!(key_affinity(track(pair[0]).key, track(pair[1]).key) > 0.89);
                },
                "tempo drift" => for pair in list.windows(2) {
                    let (a, b) = (track(pair[0]).bpm.unwrap(), track(pair[1]).bpm.unwrap());
                    let near = [0.5, 1.0, 2.0].iter().any(|octave| {
                        let ratio = b * octave / a;
                        ratio.max(1.0 / ratio) - 1.0 <= drift.unwrap() + 1e-9
                    });
                    prop_assert!(near, "{a} {b}");
                },
                "given tracks" => prop_assert_eq!(list.last().copied(), last),
                _ => {}
            }
        }
    }
}
