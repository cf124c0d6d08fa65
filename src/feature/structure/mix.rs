//! Where to mix in and out.

use super::result::{MixPoint, Structure};

/// Bars of a phrase, and of a long one.
const PHRASES: [usize; 2] = [16, 8];
/// Seconds around a bar that belong to it.
const TOLERANCE_S: f64 = 0.05;
/// Level, as energy, below which a bar is not yet or no longer music.
const AUDIBLE: f64 = 0.1;

/// Points to mix in and out, on downbeats; `None` without a pulse or where no music is.
///
/// In: where the last 16, or 8, bars of the intro begin, so that the music proper comes in as the mix
/// ends; without such an intro at the first bar that sounds, behind a fade-in. Out: where the outro
/// begins if 8 bars are left; else on the last phrase of 8 bars before a fade-out; else with the last
/// section that leaves 8 bars; else 16, or 8, bars before the end.
pub(super) fn points(
    structure: &Structure,
    downbeats: &[f64],
    energy: impl Fn(f64, f64) -> f64,
) -> (Option<MixPoint>, Option<MixPoint>) {
    let audible = |&[start, end]: &[f64; 2]| energy(start, end) > AUDIBLE;
    let bars: Vec<f64> =
        downbeats.array_windows().filter(|bar| audible(bar)).map(|bar| bar[0]).collect();
    if bars.len() < PHRASES[1] {
        return (None, None);
    }
    (mix_in(structure, &bars), mix_out(structure, &bars))
}

/// Number of bars before a time.
fn bars_before(bars: &[f64], time: f64) -> usize {
    bars.partition_point(|&bar| bar < time - TOLERANCE_S)
}

fn point(bars: &[f64], at: usize, reason: &str) -> Option<MixPoint> {
    bars.get(at).map(|&time_s| MixPoint { time_s, reason: reason.to_owned() })
}

fn mix_in(structure: &Structure, bars: &[f64]) -> Option<MixPoint> {
    let first = structure.fade_in_s.map_or(0, |end| bars_before(bars, end));
    let behind = structure.intro_end_s.map_or(0, |end| bars_before(bars, end));
    let of_intro = behind.saturating_sub(first);
    for phrase in PHRASES {
        if of_intro >= phrase {
            return point(bars, behind - phrase, &format!("the last {phrase} bars of the intro"));
        }
    }
    let reason = if first > 0 { "the first bar behind the fade-in" } else { "the first bar" };
    point(bars, first, reason)
}

fn mix_out(structure: &Structure, bars: &[f64]) -> Option<MixPoint> {
    let phrase = PHRASES[1];
    let left = |at: usize| bars.len().saturating_sub(at);
    if let Some(start) = structure.outro_start_s {
        let at = bars_before(bars, start);
        if left(at) >= phrase {
            return point(bars, at, &format!("the outro, {} bars", left(at)));
        }
    }
    let starts = structure.sections.iter().map(|section| bars_before(bars, section.start_s));
    if let Some(fade) = structure.fade_out_s {
        let fade = bars_before(bars, fade + 2.0 * TOLERANCE_S).saturating_sub(1);
        let section = starts.filter(|&at| at <= fade).max().unwrap_or(0);
        return point(
            bars,
            fade - (fade - section) % phrase,
            "the last phrase before the fade-out",
        );
    }
    let enough = |at: &usize| (phrase..=2 * PHRASES[0]).contains(&left(*at));
    if let Some(at) = starts.filter(enough).max() {
        return point(bars, at, &format!("the last section, {} bars", left(at)));
    }
    let whole = PHRASES.into_iter().find(|&phrase| bars.len() >= 2 * phrase)?;
    point(bars, bars.len() - whole, &format!("{whole} bars before the end"))
}
