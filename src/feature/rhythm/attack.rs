//! When the attack was whose rise is seen.
//!
//! A centred window of 93 ms sees an attack up to 46 ms early. Two views of the same rise: that of
//! the logarithm, which music needs, and that of the magnitudes, which is exact where sounds are
//! short and stand alone.

use super::FRAMES_PER_SECOND;
use super::kept::Kept;
use super::onset_function::BANDS;
use super::pieces::Pieces;
use super::rise::expand;

/// Lead of a faint rise, what a boundless one adds, and the rise that adds two thirds of it.
const LEAST_LEAD_S: f64 = 0.004;
const FURTHER_LEAD_S: f64 = 0.024;
const RISE: f64 = 3.1;

/// Frames around a place in which the highest rise is sought.
const REACH: usize = 2;
/// Frames to either side of it that belong to the same attack: the window is 4.6 frames long.
const HALF_SPAN: usize = 3;
/// A rise belongs to the frame that ends it: its middle is half a frame earlier.
const HALF_FRAME: f64 = 0.5;
/// Spread of the rise of an impulse under the window: 10.7 ms by the slope of a Hann window, and
/// half of the flank of a held tone; measured of clicks 10.5 to 11.7 ms.
const IMPULSE_SPREAD_S: f64 = 0.011;
/// Lead of an impulse, whose magnitude is highest when the window stands on it: 23 ms, a little less
/// for the bursts that occur. It shrinks with the spread, to nothing for a held tone.
const IMPULSE_LEAD_S: f64 = 0.0225;
const LEAD_PER_SPREAD: f64 = 1.1;
/// Spread up to which a rise is one short sound, and from which on it is several or a held one.
const SHARP_S: f64 = 0.013;
const BLUNT_S: f64 = 0.017;
/// An attack further away from a beat is another event.
const FARTHEST_S: f64 = 0.020;

/// Where magnitudes rise.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Attack {
    time_s: f64,
    /// 1 where a short sound stands alone, so that the time is exact, 0 where none does.
    sharpness: f64,
}

/// Seconds of the attack whose onset function has its peak at `frame`.
pub(super) fn time_s(kept: &Kept, frame: f64) -> f64 {
    let seen = frame / FRAMES_PER_SECOND + lead_s(kept, frame);
    towards(&kept.rises, seen).map_or(seen, |(away, sharpness)| seen + sharpness * away)
}

/// By how much beats at `times` (seconds) lie before the attacks of short sounds that stand alone:
/// 0 in music, where the network knows better, -20..=20 ms on clicks, whose network was not trained
/// on them.
///
/// The mean distance, weighted by sharpness, times the share of beats that are sharp.
pub(super) fn shift_s(rises: &Pieces<u8>, times: &[f64]) -> f64 {
    let (mut sum, mut weight) = (0.0, 0.0);
    for (away, sharpness) in times.iter().filter_map(|&time| towards(rises, time)) {
        sum += sharpness * away;
        weight += sharpness;
    }
    let count = times.len().max(1) as f64;
    sum / count * (weight / count)
}

/// (seconds to the attack near a time, its sharpness); `None` if none is near.
fn towards(rises: &Pieces<u8>, time_s: f64) -> Option<(f64, f64)> {
    let attack = near(rises, (time_s - super::decision::BEAT_OFFSET_S) * FRAMES_PER_SECOND)?;
    let away = attack.time_s - time_s;
    (away.abs() <= FARTHEST_S).then_some((away, attack.sharpness))
}

/// The attack of the highest rise near a frame: the middle of that rise and what its spread tells of
/// the sound.
fn near(rises: &Pieces<u8>, frame: f64) -> Option<Attack> {
    let middle = frame.round_ties_even().max(0.0) as usize;
    let top = highest(rises, middle.saturating_sub(REACH), middle + REACH)?;
    let first = top.saturating_sub(HALF_SPAN);
    let span = || (first..=top + HALF_SPAN).zip(rises.iter_from(first).map(|&code| expand(code)));
    let moment = |of: &dyn Fn(f64) -> f64| -> f64 {
        span().map(|(frame, rise)| rise * of(frame as f64)).sum()
    };
    let total = moment(&|_| 1.0);
    if total <= 0.0 {
        return None;
    }
    let centre = moment(&|frame| frame) / total;
    let variance = moment(&|frame| (frame - centre) * (frame - centre)) / total;
    let spread_s = variance.sqrt() / FRAMES_PER_SECOND;
    let lead_s = IMPULSE_LEAD_S - LEAD_PER_SPREAD * (spread_s - IMPULSE_SPREAD_S).max(0.0);
    Some(Attack {
        time_s: (centre - HALF_FRAME) / FRAMES_PER_SECOND + lead_s,
        sharpness: ((BLUNT_S - spread_s) / (BLUNT_S - SHARP_S)).clamp(0.0, 1.0),
    })
}

/// First frame of the highest rise within `first..=last`; `None` outside the track.
fn highest(rises: &Pieces<u8>, first: usize, last: usize) -> Option<usize> {
    let mut best: Option<(usize, u8)> = None;
    for (frame, &code) in (first..=last).zip(rises.iter_from(first)) {
        if best.is_none_or(|(_, top)| code > top) {
            best = Some((frame, code));
        }
    }
    best.map(|(frame, _)| frame)
}

/// By how much the peak at `frame` leads the attack, in seconds, 0.004..=0.028.
///
/// A logarithm shows an attack the earlier the further it stands out: clicks over silence lead by
/// 17 ms at -40 dBFS and by 25 ms at full scale, beats within music by 2 to 18 ms (measured against
/// exact grids). The lead is read from the rise of the most active band over three frames; a
/// constant would be wrong by 10 ms either way.
fn lead_s(kept: &Kept, frame: f64) -> f64 {
    let first = frame.round() as isize - 1;
    let rise = (0..BANDS).map(|band| rise(kept, band, first)).fold(0.0, f64::max);
    LEAST_LEAD_S + FURTHER_LEAD_S * (1.0 - (-rise / RISE).exp())
}

fn rise(kept: &Kept, band: usize, first: isize) -> f64 {
    let mut weights = [0.0; BANDS];
    weights[band] = 1.0;
    let mut near = [0.0_f32; 3];
    kept.mix(weights, first, &mut near);
    near.iter().map(|&o| f64::from(o)).sum()
}

#[cfg(test)]
mod tests {
    use super::super::rise::compress;
    use super::*;
    use std::f64::consts::PI;

    #[test]
    fn a_higher_rise_leads_more() {
        let mut kept = Kept::default();
        for k in 0..100 {
            kept.push([0.0, if k == 20 { 0.5 } else { 0.0 }, 0.0, if k == 60 { 5.0 } else { 0.0 }]);
        }
        let leads = [10.0, 20.2, 60.0].map(|frame| lead_s(&kept, frame));
        assert!((leads[0] - 0.004).abs() < 1e-9, "{leads:?}");
        assert!(leads[1] > 0.006 && leads[1] < 0.009, "{leads:?}");
        assert!(leads[2] > 0.021 && leads[2] < 0.026, "{leads:?}");
    }

    /// Rises of magnitudes that follow `level`, a function of seconds.
    fn rises(frames: usize, level: impl Fn(f64) -> f64) -> Pieces<u8> {
        let mut rises = Pieces::default();
        let at = |k: usize| level(k as f64 / FRAMES_PER_SECOND);
        for k in 0..frames {
            rises.push(compress(if k == 0 { 0.0 } else { (at(k) - at(k - 1)).max(0.0) as f32 }));
        }
        rises
    }

    /// What a Hann window of 2048 samples sees of an impulse, `away` seconds from its middle.
    fn hann(away: f64) -> f64 {
        let turns = away * 22_050.0 / 2048.0;
        if turns.abs() < 0.5 { 0.5 + 0.5 * (2.0 * PI * turns).cos() } else { 0.0 }
    }

    #[test]
    fn an_impulse_is_found_wherever_it_lies_between_frames_and_at_any_level() {
        for level in [1.0, 0.01, 0.0005] {
            let mut sum = 0.0;
            for step in 0..10 {
                let truth = 1.0 + f64::from(step) * 0.002;
                let rises = rises(200, |t| level * hann(t - truth));
                for wrong in [-0.010, 0.0, 0.010] {
                    let error = shift_s(&rises, &[truth + wrong]) + wrong;
                    assert!(error.abs() < 0.005, "{truth} {wrong}: {error}");
                    sum += error / 30.0;
                }
            }
            assert!(sum.abs() < 0.002, "{sum}");
        }
    }

    #[test]
    fn beats_stay_where_nothing_short_stands_alone() {
        let flank = |t: f64| (0..200).map(|i| hann(t - 1.0 - f64::from(i) * 0.0005)).sum::<f64>();
        let held = rises(200, |t| 0.002 * flank(t));
        assert!(shift_s(&held, &[1.0]).abs() < 0.001);
        assert!(shift_s(&rises(200, |_| 0.3), &[1.0]).abs() <= 0.0);
        assert!(shift_s(&held, &[]).abs() <= 0.0 && shift_s(&held, &[90.0]).abs() <= 0.0);
    }
}
