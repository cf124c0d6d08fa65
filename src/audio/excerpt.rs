//! Which parts of a stream are heard, when not all of it is.

use std::ops::Range;

use crate::units::Hertz;

/// Sound that is decoded before an excerpt and not given: what decoders carry over from packet to packet
/// (the bit reservoir of MP3 reaches back nine frames, 0.24 s; Opus wants 80 ms) has settled then.
const RUN_UP_S: f64 = 0.3;

/// A stream is heard as a whole unless it is so many times as long as its excerpts.
const WORTH_WHILE: f64 = 1.5;

/// Excerpts of equal length, spread evenly over a track.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Excerpts {
    /// How many.
    pub count: u32,
    /// Length of each, in seconds.
    pub seconds: f64,
}

/// What is decoded and what is given, in frames of music.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Windows {
    parts: Vec<Range<u64>>,
    run_up: u64,
}

impl Windows {
    /// The windows of excerpts in a stream of `total` frames; none when it is too short for them.
    pub(super) fn new(excerpts: Excerpts, total: u64, rate: Hertz) -> Option<Self> {
        let frames = |seconds: f64| (seconds * f64::from(rate.get())).round() as u64;
        let length = frames(excerpts.seconds);
        let count = u64::from(excerpts.count);
        if length == 0 || count == 0 || (total as f64) < WORTH_WHILE * (length * count) as f64 {
            return None;
        }
        let part = |number: u64| {
            let centre = (total as f64 * (number as f64 + 0.5) / count as f64) as u64;
            let start = centre.saturating_sub(length / 2);
            start..start + length
        };
        Some(Self { parts: (0..count).map(part).collect(), run_up: frames(RUN_UP_S) })
    }

    /// Frames in all of them.
    pub(super) fn frames(&self) -> u64 {
        self.parts.iter().map(|part| part.end - part.start).sum()
    }

    /// True when nothing of `frames` is given or has to be decoded for what is.
    pub(super) fn pass_over(&self, frames: &Range<u64>) -> bool {
        let needed = |part: &Range<u64>| {
            part.start.saturating_sub(self.run_up) < frames.end && frames.start < part.end
        };
        !self.parts.iter().any(needed)
    }

    /// What is given of `frames`; empty at their start when it is nothing. A block of frames is
    /// shorter than the way from one window to the next.
    pub(super) fn given(&self, frames: &Range<u64>) -> Range<u64> {
        let part =
            self.parts.iter().find(|part| part.start < frames.end && frames.start < part.end);
        let given = part.map(|part| part.start.max(frames.start)..part.end.min(frames.end));
        given.unwrap_or(frames.start..frames.start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn excerpts_are_spread_evenly_and_short_streams_heard_as_a_whole() {
        let rate = Hertz::new(2_000).expect("a rate");
        let excerpts = Excerpts { count: 2, seconds: 10.0 };
        let windows = Windows::new(excerpts, 200_000, rate).expect("long enough");
        assert_eq!(windows.parts, [40_000..60_000, 140_000..160_000]);
        assert_eq!(windows.frames(), 40_000);
        assert_eq!(Windows::new(excerpts, 59_998, rate), None);
        assert_eq!(Windows::new(Excerpts { count: 0, ..excerpts }, 200_000, rate), None);
    }

    #[test]
    fn blocks_are_passed_over_run_up_or_given() {
        let rate = Hertz::new(2_000).expect("a rate");
        let windows = Windows::new(Excerpts { count: 1, seconds: 10.0 }, 200_000, rate);
        let windows = windows.expect("long enough"); // 90 000..110 000
        assert!(windows.pass_over(&(0..89_400)) && windows.pass_over(&(110_000..112_000)));
        let run_up = 89_200..89_402;
        assert!(!windows.pass_over(&run_up) && windows.given(&run_up).is_empty());
        assert_eq!(windows.given(&(88_000..92_000)), 90_000..92_000);
        assert_eq!(windows.given(&(100_000..102_000)), 100_000..102_000);
        assert_eq!(windows.given(&(109_000..112_000)), 109_000..110_000);
    }
}
