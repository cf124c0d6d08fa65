//! From evidence to tempo, beats, bars and confidences.

use super::FRAMES_PER_SECOND;
use super::attack;
use super::bars::{self, Bars, logit};
use super::drift::Course;
use super::evidence::Evidence;
use super::grid::Grid;
use super::line::{Line, tempo_curve};
use super::periodicity::period;
use super::refine::LongLags;
use super::result::Rhythm;
use super::steadiness::drifts;
use super::tempi::{self, TempoCandidate};
use super::track::track;
use crate::dsp::peaks::{parabola_offset, quantile};
use crate::model::beat_rules::{BeatRules, PULSE_FEATURES};

/// Shorter tracks have no pulse, frames: 2 s.
const LEAST_FRAMES: usize = 100;
/// A pulse is made of attacks, which noise, drones, vibrato and beating tones do not have (at most 2
/// in two minutes): least onsets of a track and a second.
const LEAST_ONSETS: usize = 4;
const LEAST_ONSET_RATE_HZ: f64 = 0.1;
const LEAST_BEATS: usize = 4;
/// From the frame of an activation to the beat it means, seconds.
pub(super) const BEAT_OFFSET_S: f64 = 0.008;
/// A steady grid must have this share of the strength of free beats.
const STEADY_MERIT: f64 = 0.7;
/// Change of the period that is another tempo, the least share of beats at it, and the share of
/// their strength that a steady grid keeps where the tempo is its own.
const OTHER_TEMPO: f64 = 0.04;
const LEAST_AWAY: f64 = 1.0 / 6.0;
const AWAY_MERIT: f64 = 0.6;
/// Periods by which a steady grid may begin before and end behind the free beats.
const GRID_MARGIN: f64 = 0.6;
/// Share of the usual activation at beats below which those at both ends are inaudible.
const AUDIBLE: f64 = 0.1;
/// Candidates that are reported, at most and from which share on.
const REPORTED: usize = 6;
const LEAST_SHARE: f64 = 0.001;
/// Spans below which the stability is unknown.
const LEAST_SPANS: usize = 2;

/// Beats in frames, and how they were found.
pub(super) struct Beats {
    /// Fractional frames, ascending.
    pub(super) frames: Vec<f64>,
    /// Whether they are a steady grid.
    pub(super) steady: bool,
    /// Period in frames.
    pub(super) period: f64,
}

impl Beats {
    /// Follows the beats near `period`, and replaces them by a steady grid where that is as good.
    pub(super) fn find(evidence: &Evidence, period: f64) -> Self {
        let course = Course::follow(evidence, period);
        let loose = track(evidence, &course);
        let exact = |&frame: &u32| {
            let [before, here, after] = evidence.strength_near(frame as usize);
            f64::from(frame) + parabola_offset(before, here, after)
        };
        let (Some(&first), Some(&last)) = (loose.first(), loose.last()) else {
            return Self { frames: Vec::new(), steady: false, period };
        };
        if loose.len() < LEAST_BEATS {
            let frames = loose.iter().map(|&frame| f64::from(frame)).collect();
            return Self { frames, steady: false, period };
        }
        let grid = Grid::find(evidence, period);
        let sum: f64 = loose.iter().map(|&frame| evidence.strength(frame as usize)).sum();
        let steady = grid.merit(evidence) >= STEADY_MERIT * sum / loose.len() as f64;
        let free: Vec<f64> = loose.iter().map(exact).collect();
        if !steady || drifts(&free, grid) || departs(evidence, &course, &loose, grid) {
            return Self { frames: free, steady: false, period };
        }
        let margin = GRID_MARGIN * grid.period;
        let range = f64::from(first) - margin..=f64::from(last) + margin;
        let inside = grid.places(evidence.frames()).filter(|place| range.contains(place));
        Self { frames: inside.collect(), steady: true, period: grid.period }
    }

    /// Without those before the first and behind the last audible one.
    pub(super) fn trim(&mut self, evidence: &Evidence) {
        if self.frames.len() < LEAST_BEATS {
            return;
        }
        let level = |&beat: &f64| evidence.peak(beat, 2, |k| evidence.track.activation(k));
        let levels: Vec<f64> = self.frames.iter().map(level).collect();
        let mut sorted = levels.clone();
        sorted.sort_by(f64::total_cmp);
        let floor = AUDIBLE * quantile(&sorted, 0.5);
        let heard = |level: &f64| *level >= floor;
        let from = levels.iter().position(heard).unwrap_or_default();
        let to = levels.iter().rposition(heard).map_or(0, |last| last + 1);
        self.frames.truncate(to);
        self.frames.drain(..from);
    }

    /// What separates music with a beat from speech, noise and drones, in the order of the rule.
    pub(super) fn pulse_features(&self, evidence: &Evidence) -> [f64; PULSE_FEATURES] {
        let frames = evidence.frames().max(1) as f64;
        let level = |&beat: &f64| evidence.peak(beat, 1, |k| evidence.track.activation(k));
        let at_beats = self.frames.iter().map(level).sum::<f64>();
        let contrast = match self.frames.len() {
            0 => 0.0,
            count => at_beats / count as f64 - evidence.activation_sum / frames,
        };
        [
            evidence.activation_peaks[0],
            contrast,
            evidence.periodicity.of_activation(self.period),
            evidence.periodicity.of_onsets(self.period),
            self.irregularity(),
            (frames / FRAMES_PER_SECOND).ln(),
        ]
    }

    /// Standard deviation of the logarithm of the gaps; 1 below three gaps.
    fn irregularity(&self) -> f64 {
        let logs = || self.frames.windows(2).map(|pair| (pair[1] - pair[0]).ln());
        let count = self.frames.len().saturating_sub(1) as f64;
        if count < 3.0 {
            return 1.0;
        }
        let mean = logs().sum::<f64>() / count;
        (logs().map(|log| (log - mean) * (log - mean)).sum::<f64>() / count).sqrt()
    }
}

/// True when a part of the track is at another tempo: there the free beats leave the grid and are
/// much stronger than it. Without this a change by a simple ratio passes for steady.
fn departs(evidence: &Evidence, course: &Course, loose: &[u32], grid: Grid) -> bool {
    let away = |frame: f64| (course.period(frame as usize) / grid.period - 1.0).abs() > OTHER_TEMPO;
    let mean = |places: &mut dyn Iterator<Item = f64>| {
        let (mut sum, mut count) = (0.0, 0.0);
        for place in places.filter(|place| away(*place)) {
            (sum, count) = (sum + evidence.strength_at(place), count + 1.0);
        }
        (sum / f64::max(count, 1.0), count)
    };
    let (free, beats) = mean(&mut loose.iter().map(|&frame| f64::from(frame)));
    let (steady, _) = mean(&mut grid.places(evidence.frames()));
    beats >= LEAST_AWAY * loose.len() as f64 && steady < AWAY_MERIT * free
}

/// True when there are enough attacks for a pulse.
pub(super) fn may_have_pulse(frames: usize, onsets: usize) -> bool {
    let seconds = frames as f64 / FRAMES_PER_SECOND;
    let least = LEAST_ONSETS.max((LEAST_ONSET_RATE_HZ * seconds) as usize);
    frames >= LEAST_FRAMES && onsets >= least
}

/// Everything but the onsets; unknown without a pulse.
pub(super) fn decide(
    evidence: &Evidence,
    rules: &BeatRules,
    duration_s: f64,
    harmony: impl FnOnce(&[f64]) -> Vec<f64>,
) -> Rhythm {
    let candidates = tempi::choose(evidence, rules);
    let Some(chosen) = candidates.first() else { return Rhythm::default() };
    let lags = LongLags::of(evidence);
    let mut beats = Beats::find(evidence, lags.refine(period(chosen.bpm)));
    beats.trim(evidence);
    let features = beats.pulse_features(evidence);
    let pulse = rules.pulse.probability(&features);
    let scores = bars::scores(evidence, &beats.frames);
    let times = times(evidence, beats.frames);
    let line = Line::fit(&times, beats.period / FRAMES_PER_SECOND);
    let Some(line) = line.filter(|_| pulse >= 0.5) else { return Rhythm::default() };
    let doubt = logit(chosen.share);
    let tempo_features = [doubt, features[1], features[2]];
    let beat_features = [doubt, features[1], features[2], features[4]];
    let mut rhythm = Rhythm {
        bpm_confidence: Some(pulse * rules.tempo_confidence.probability(&tempo_features)),
        beat_confidence: Some(pulse * rules.beat_confidence.probability(&beat_features)),
        ..Rhythm::default()
    };
    add_tempo(&mut rhythm, &times, line, beats.steady);
    rhythm.bpm_candidates = reported(&candidates, rhythm.bpm, &lags);
    let scores = bars::with_harmony(scores, &harmony(&times));
    add_bars(&mut rhythm, &scores, &times, duration_s);
    rhythm.beats = Some(inside(times, duration_s));
    rhythm
}

/// Seconds of the beats; they take the place of the frames, so that only one list is held.
fn times(evidence: &Evidence, frames: Vec<f64>) -> Vec<f64> {
    let time = |frame: f64| frame / FRAMES_PER_SECOND + BEAT_OFFSET_S;
    let mut times: Vec<f64> = frames.into_iter().map(time).collect();
    let shift_s = attack::shift_s(&evidence.track.rises, &times);
    for time in &mut times {
        *time += shift_s;
    }
    times
}

/// Tempo, its course and its grid.
fn add_tempo(rhythm: &mut Rhythm, times: &[f64], line: Line, steady: bool) {
    let curve = tempo_curve(times);
    let mut sorted = curve.clone();
    sorted.sort_by(f64::total_cmp);
    let [low, median, high] = [0.25, 0.5, 0.75].map(|share| quantile(&sorted, share));
    let fitted = 60.0 / line.period_s;
    rhythm.bpm = Some(if line.share > 0.5 || curve.is_empty() { fitted } else { median });
    rhythm.tempo_stability =
        (curve.len() >= LEAST_SPANS).then(|| (1.0 - (high - low) / median).clamp(0.0, 1.0));
    rhythm.tempo_kind = Some(if steady { "constant" } else { "variable" });
    rhythm.tempo_curve = Some(curve.into_iter().map(|bpm| bpm as f32).collect());
    if steady {
        rhythm.grid_bpm = Some(fitted);
        rhythm.grid_offset_s = Some(line.first_s);
    }
}

fn add_bars(rhythm: &mut Rhythm, scores: &[f64], times: &[f64], duration_s: f64) {
    let Some(bars) = Bars::choose(scores) else { return };
    let firsts = times.iter().zip(&bars.positions).filter(|(_, position)| **position == 0);
    rhythm.metre = Some(bars.metre as u8);
    rhythm.downbeats = Some(inside(firsts.map(|(time, _)| *time).collect(), duration_s));
}

fn inside(mut times: Vec<f64>, duration_s: f64) -> Vec<f64> {
    times.retain(|time| (0.0..=duration_s).contains(time));
    times
}

/// The chosen tempo as it was refined, and the best alternatives.
fn reported(
    candidates: &[TempoCandidate],
    bpm: Option<f64>,
    lags: &LongLags,
) -> Vec<TempoCandidate> {
    let worth = candidates.iter().take(REPORTED).filter(|c| c.share >= LEAST_SHARE);
    let refined = |c: &TempoCandidate| TempoCandidate {
        bpm: 60.0 * FRAMES_PER_SECOND / lags.refine(period(c.bpm)),
        ..*c
    };
    let mut rows: Vec<TempoCandidate> = worth.map(refined).collect();
    if let (Some(first), Some(bpm)) = (rows.first_mut(), bpm) {
        first.bpm = bpm;
    }
    rows
}
