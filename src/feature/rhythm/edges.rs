//! Pieces at the edge of what has a beat, made here: changes of tempo, odd metres, a free voice.

use super::signals::{hear, precision};
use super::sounds::{Chance, Sound, hz, steady};

/// Share of `truth` within 70 ms of `found`.
fn recall(found: &[f64], truth: &[f64]) -> f64 {
    if found.is_empty() { 0.0 } else { precision(truth, found) }
}

/// Kick and snare in turn, hats between, and a bass that changes with the bar.
fn band(sound: &mut Sound, beats: &[f64], bar: usize) {
    for (i, pair) in beats.windows(2).enumerate() {
        let length = pair[1] - pair[0];
        match i % bar {
            0 => sound.kick(pair[0], 0.8),
            k if k % 2 == 1 => sound.snare(pair[0], 0.4),
            _ => sound.kick(pair[0], 0.4),
        }
        sound.hat(pair[0], 0.15);
        sound.hat(pair[0] + 0.5 * length, 0.1);
        let root = 36 + [0, 5, 7, 3][i / bar % 4];
        sound.tone(pair[0], 0.9 * length, hz(root), 0.15);
        if i % bar == 0 {
            for note in [24, 28, 31] {
                sound.tone(pair[0], 0.95 * length * bar as f64, hz(root + note), 0.05);
            }
        }
    }
}

#[test]
fn a_change_of_tempo_in_mid_song_loses_no_beat() {
    for (before, after) in [(100.0, 126.0), (120.0, 90.0), (128.0, 140.0)] {
        let mut beats = steady(0.3, 60.0 / before, 25.0);
        let last = beats[beats.len() - 1];
        beats.extend(steady(last + 60.0 / before, 60.0 / after, 50.0));
        let mut sound = Sound::silence(22_050, 51.0);
        band(&mut sound, &beats, 4);
        let heard = hear(&sound);
        let (found, missed) = (precision(&heard.beats, &beats), 1.0 - recall(&heard.beats, &beats));
        assert!(found > 0.96 && missed < 0.04, "{before} to {after}: {found} {missed}");
        assert_eq!(heard.kind.as_deref(), Some("variable"));
        for (bpm, place) in [(before, heard.curve.first()), (after, heard.curve.last())] {
            let there = f64::from(*place.unwrap());
            assert!((there / bpm - 1.0).abs() < 0.002, "{before} to {after}: {there}");
        }
    }
}

/// Very slow pieces may be counted in eighths, very fast ones in half notes, as people do.
#[test]
fn the_slowest_and_the_fastest_are_counted() {
    for (bpm, other) in [(40.0, 80.0), (50.0, 100.0), (200.0, 100.0), (250.0, 125.0)] {
        let mut sound = Sound::silence(22_050, 40.0);
        let beats = steady(0.3, 60.0 / bpm, 39.0);
        band(&mut sound, &beats, 4);
        let heard = hear(&sound);
        let found = heard.bpm.unwrap();
        let fits = |bpm: f64| (found / bpm - 1.0).abs() < 3e-4;
        assert!(fits(bpm) || fits(other), "{bpm}: {found}");
        let pulse = steady(0.3, 60.0 / bpm.max(found), 39.0);
        let right = precision(&heard.beats, &pulse);
        assert!(right > 0.95, "{bpm} as {found}: {right}");
    }
}

/// Eighths in groups, 6/8 as 3 + 3 and 7/8 as 2 + 2 + 3: eighths, groups, bars and their sound.
fn grouped(groups: &[usize], eighth_s: f64, seconds: f64) -> (Vec<f64>, Vec<f64>, Vec<f64>, Sound) {
    let mut sound = Sound::silence(22_050, seconds);
    let (mut time, mut bar) = (0.3, 0);
    let (mut eighths, mut beats, mut bars) = (Vec::new(), Vec::new(), Vec::new());
    let length = groups.iter().sum::<usize>() as f64 * eighth_s;
    while time + length < seconds - 0.5 {
        bars.push(time);
        let root = 36 + [0, 5, 7, 3][bar % 4];
        for note in [24, 28, 31] {
            sound.tone(time, 0.97 * length, hz(root + note), 0.05);
        }
        for (g, &group) in groups.iter().enumerate() {
            beats.push(time);
            if g == 0 {
                sound.kick(time, 0.8);
            } else {
                sound.snare(time, 0.4);
            }
            sound.tone(time, 0.9 * eighth_s * group as f64, hz(root), 0.15);
            for _ in 0..group {
                eighths.push(time);
                sound.hat(time, 0.12);
                time += eighth_s;
            }
        }
        bar += 1;
    }
    (eighths, beats, bars, sound)
}

#[test]
fn compound_metres_are_counted_by_their_groups() {
    for (name, groups, bpm) in
        [("6/8", &[3, 3][..], 117.0), ("6/8", &[3, 3], 70.0), ("9/8", &[3, 3, 3], 100.0)]
    {
        let (_, beats, bars, sound) = grouped(groups, 20.0 / bpm, 60.0);
        let heard = hear(&sound);
        assert!((heard.bpm.unwrap() / bpm - 1.0).abs() < 3e-4, "{name}: {:?}", heard.bpm);
        assert_eq!(heard.metre, Some(groups.len() as i64), "{name} at {bpm}");
        for (found, truth) in [(&heard.beats, &beats), (&heard.downbeats, &bars)] {
            let both = (precision(found, truth), recall(found, truth));
            assert!(both.0 > 0.9 && both.1 > 0.95, "{name} at {bpm}: {both:?}");
        }
    }
}

/// Seven eighths have no beat that lasts: what is found lies on eighths, at a pace that fits them.
#[test]
fn seven_eighths_are_not_bent_into_four_quarters() {
    for eighths_per_minute in [180.0, 140.0] {
        let (eighths, _, _, sound) = grouped(&[2, 2, 3], 60.0 / eighths_per_minute, 40.0);
        let heard = hear(&sound);
        assert_eq!(heard.metre, Some(7), "{eighths_per_minute}");
        let times = eighths_per_minute / heard.bpm.unwrap();
        assert!((times - times.round()).abs() < 0.003, "{:?}", heard.bpm);
        let found = precision(&heard.beats, &eighths);
        assert!(found > 0.9, "{eighths_per_minute}: {found}");
    }
}

#[test]
fn a_voice_that_sings_freely_has_no_tempo() {
    for seed in [1, 2, 3] {
        let mut chance = Chance::new(seed);
        let mut sound = Sound::silence(22_050, 30.0);
        let (mut time, mut at) = (0.4, 0_i32);
        while time < 27.0 {
            let length = 0.25 + 1.1 * (0.5 + 0.5 * chance.next()).powi(2);
            at = (at + (2.4 * chance.next()) as i32).clamp(0, 6);
            let note = 57 + [0, 2, 3, 5, 7, 8, 10][at as usize];
            sound.voice(time, length, hz(note), 0.3);
            time += length + if chance.next() > 0.6 { 0.9 } else { 0.02 };
        }
        let heard = hear(&sound);
        assert_eq!(heard.bpm, None, "seed {seed}");
    }
}

#[test]
fn a_band_is_understood_within_three_seconds() {
    for bpm in [70.0, 120.0, 174.0] {
        let mut sound = Sound::silence(22_050, 3.0);
        let beats = steady(0.1, 60.0 / bpm, 3.4);
        band(&mut sound, &beats, 4);
        let heard = hear(&sound);
        assert!((heard.bpm.unwrap() / bpm - 1.0).abs() < 0.015, "{bpm}: {:?}", heard.bpm);
        assert!(precision(&heard.beats, &beats) > 0.99, "{bpm}");
    }
}
