//! The room as a whole: no cut shows, memory is what is declared, formulas go the right way.

use super::cues::Cues;
use super::pulse::Pulse;
use super::voice::VoiceCues;
use super::*;
use crate::dsp::mel::compress;

fn samples(count: usize) -> Vec<f32> {
    (0..count).map(|n| ((n * n * 31) % 1009) as f32 / 1009.0 * (n as f32 * 1e-4).sin()).collect()
}

fn fluctuation(samples: &[f32], cut: usize) -> Option<f64> {
    let mut fluctuation = Fluctuation::new();
    samples.chunks(cut).for_each(|part| fluctuation.push(part));
    fluctuation.finish()
}

#[test]
fn the_cut_of_the_samples_does_not_show() {
    // Over a minute, so that several stretches are worked on.
    let samples = samples(70 * 22_050);
    let whole = fluctuation(&samples, samples.len());
    assert!(whole.is_some());
    for cut in [219, 441, 16_384] {
        assert_eq!(fluctuation(&samples, cut), whole, "pieces of {cut}");
    }
}

#[test]
fn gain_does_not_change_the_fluctuation() {
    let samples = samples(20 * 22_050);
    let quiet: Vec<f32> = samples.iter().map(|x| x / 64.0).collect();
    let (loud, quiet) = (fluctuation(&samples, 4096), fluctuation(&quiet, 4096));
    let difference = loud.zip(quiet).map(|(a, b)| (a - b).abs());
    assert!(difference.is_some_and(|d| d < 1e-4), "{loud:?} {quiet:?}");
}

/// Detrended fluctuation of independent values grows with the root of the scale (Peng et al., Physical
/// Review E 49, 1994): the slope is 1/2, its inverse 2. The 3 that is added to the scale makes it 0.06 less,
/// and 200 s hold only two dozen of the longest blocks; steady ramps would give less than 1.
#[test]
fn white_fluctuation_has_the_exponent_of_a_random_walk() {
    let mut state = 1_u32;
    let mut level = 0.0;
    let noise: Vec<f32> = (0..200 * 22_050)
        .map(|n| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            if n % 441 == 0 {
                level = 0.1 + (state >> 8) as f32 / (1 << 24) as f32;
            }
            if n % 2 == 0 { level } else { -level }
        })
        .collect();
    let found = fluctuation(&noise, 16_384).expect("it fluctuates");
    assert!((found - 2.0).abs() < 0.25, "{found}");
}

#[test]
fn nothing_fluctuates_in_silence_and_in_a_blink() {
    assert_eq!(fluctuation(&vec![0.0; 100_000], 1000), None);
    assert_eq!(fluctuation(&samples(6_000), 1000), None);
    assert_eq!(fluctuation(&[], 1), None);
}

#[test]
fn what_is_held_is_declared() {
    let mut tracker = Tracker::new();
    for n in 0..20_000_u64 {
        let mel = std::array::from_fn(|band| ((n as usize * 7 + band * 13) % 101) as f32 / 1000.0);
        tracker.push(&mel, &compress(&mel));
        tracker.push_samples(&[0.1; 441]);
    }
    let held = tracker.onsets.held() + tracker.seconds.held() + tracker.fluctuation.held();
    let declared = Tracker::footprint(20_000);
    assert!(held <= declared, "{held} bytes are held, {declared} declared");
    assert!(Tracker::footprint(180_000) < 2 << 20, "an hour takes {}", Tracker::footprint(180_000));
}

fn cues() -> Cues {
    Cues {
        loudness_lufs: Some(-14.0),
        onset_rate_hz: 4.0,
        centroid_hz: 1700.0,
        dynamics_db: 2.0,
        texture_db: 5.6,
        rising_share: 0.016,
        syllables: 0.03,
        pauses: 0.1,
        hiss: 0.15,
        voice: Some(VoiceCues { own_syllables: 0.5, log_depth: -5.0, own_motion: 0.7 }),
        pulse: Some(Pulse { clarity: 0.5, bass_on_beat: 0.3, regularity: 0.9 }),
        bpm: Some(120.0),
        tempo_octaves: Some(0.1),
        beat_confidence: 0.9,
        tempo_stability: Some(1.0),
        major: Some(0.5),
    }
}

/// Fails unless `change` raises the score.
fn raises(score: fn(&Perceptual) -> Option<f64>, change: fn(&mut Cues)) {
    let mut changed = cues();
    change(&mut changed);
    let score = |cues| score(&Perceptual::new(Some(cues), None)).expect("a score");
    let (before, after) = (score(cues()), score(changed));
    assert!(after > before + 1e-6, "{before} {after}");
    assert!((0.0..=1.0).contains(&after));
}

#[test]
fn every_cue_pulls_the_way_it_is_said_to() {
    raises(|s| s.energy, |c| c.loudness_lufs = Some(-8.0));
    raises(|s| s.energy, |c| c.onset_rate_hz = 8.0);
    raises(|s| s.energy, |c| c.centroid_hz = 3000.0);
    raises(|s| s.energy, |c| c.dynamics_db = 1.0);
    raises(|s| s.danceability, |c| c.pulse.iter_mut().for_each(|p| p.clarity = 0.9));
    raises(|s| s.danceability, |c| c.pulse.iter_mut().for_each(|p| p.bass_on_beat = 0.9));
    raises(|s| s.danceability, |c| c.pulse.iter_mut().for_each(|p| p.regularity = 1.0));
    raises(|s| s.valence, |c| c.major = Some(1.0));
    raises(|s| s.valence, |c| c.tempo_octaves = Some(0.5));
    raises(|s| s.acousticness, |c| c.texture_db = 7.0);
    raises(|s| s.instrumentalness, |c| c.voice = None);
    raises(|s| s.speechiness, |c| c.syllables = 0.1);
    raises(|s| s.speechiness, |c| c.pauses = 0.4);
    raises(|s| s.speechiness, |c| c.beat_confidence = 0.0);
    raises(|s| s.liveness, |c| c.hiss = 0.3);
    raises(|s| s.liveness, |c| c.tempo_stability = Some(0.8));
    raises(|s| s.percussiveness, |c| c.rising_share = 0.03);
    raises(|s| s.brightness, |c| c.centroid_hz = 3000.0);
}

#[test]
fn no_valence_without_key_and_tempo_and_no_dance_without_a_pulse() {
    let lost = Cues { major: None, bpm: None, tempo_octaves: None, pulse: None, ..cues() };
    let scores = Perceptual::new(Some(lost), None);
    assert_eq!((scores.valence, scores.danceability), (None, Some(0.0)));
    assert_eq!(Perceptual::new(None, Some(1.0)), Perceptual::default());
}

#[test]
fn beats_that_all_sound_alike_are_clear() {
    let mut onsets = Onsets::default();
    let mut scattered = Onsets::default();
    for n in 0..2000_usize {
        let strength = |on: bool| if on { 1.0 } else { 0.0 };
        onsets.push_strengths(strength(n % 25 == 24), strength(n % 25 == 24));
        scattered
            .push_strengths(strength(n * n * 31 % 1009 < 40), strength(n * n * 31 % 1009 < 40));
    }
    let beats: Vec<f64> = (0..80).map(|k| f64::from(k) * 0.5).collect();
    let clear = onsets.pulse(&beats).expect("beats");
    assert!(
        clear.clarity > 0.5 && clear.bass_on_beat > 0.99 && clear.regularity > 0.99,
        "{clear:?}"
    );
    let vague = scattered.pulse(&beats).expect("beats");
    assert!(vague.clarity < 0.2 && vague.bass_on_beat < 0.2, "{vague:?}");
    assert_eq!(onsets.pulse(&[1.0, 2.0]), None);
}
