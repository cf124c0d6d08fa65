//! What the decisions about tempo and pulse see.

use super::FRAMES_PER_SECOND;
use super::level::Levelled;
use super::periodicity::Periodicity;
use super::strength::Strength;

/// Onsets above this levelled strength count for their rate.
const COUNTED: f32 = 0.5;
/// Highest levelled onset strength of the histogram.
const HIGHEST: f32 = 6.0;
const BINS: usize = 1 << 16;
const BLOCK: usize = 4096;

/// A track, levelled, with what is measured once of it.
#[derive(Debug)]
pub(super) struct Evidence {
    /// The kept numbers.
    pub(super) track: Levelled,
    /// Autocorrelations.
    pub(super) periodicity: Periodicity,
    /// The sum of the activations, their 98th and 99th percentile.
    pub(super) activation_sum: f64,
    pub(super) activation_peaks: [f64; 2],
    /// 97th percentile of the onset function.
    pub(super) onset_peak: f64,
    /// Onsets a second.
    pub(super) onset_rate_hz: f64,
    strength: Strength,
}

impl Evidence {
    /// Measures a track.
    pub(super) fn gather(track: Levelled) -> Self {
        let strength = Strength::of(&track);
        let periodicity = Periodicity::of(&track);
        let mut activation = Histogram::new(1.0);
        let mut activation_sum = 0.0;
        for_each(&track, Levelled::read_activations, |value| {
            activation.add(value);
            activation_sum += f64::from(value);
        });
        let mut onsets = Histogram::new(HIGHEST);
        let mut peaks = PeakCount::default();
        for_each(&track, Levelled::read_onsets, |value| {
            onsets.add(value);
            peaks.add(if value > COUNTED { value } else { 0.0 });
        });
        let seconds = track.frames().max(1) as f64 / FRAMES_PER_SECOND;
        Self {
            activation_sum,
            activation_peaks: [0.98, 0.99].map(|share| activation.quantile(share)),
            onset_peak: onsets.quantile(0.97),
            onset_rate_hz: peaks.count as f64 / seconds,
            strength,
            periodicity,
            track,
        }
    }

    /// Number of frames.
    pub(super) fn frames(&self) -> usize {
        self.track.frames()
    }

    /// Writes the strength of frames `first..first + out.len()`; 0 outside the track.
    pub(super) fn read_strength(&self, first: isize, out: &mut [f32]) {
        self.strength.read(&self.track, first, out);
    }

    /// Strengths around a frame; 0 outside the track.
    pub(super) fn strength_near<const N: usize>(&self, middle: usize) -> [f64; N] {
        self.strength.near(&self.track, middle)
    }

    /// Strength of a frame; 0 outside the track.
    pub(super) fn strength(&self, frame: usize) -> f64 {
        let [value] = self.strength_near(frame);
        value
    }

    /// Mean of the strength.
    pub(super) fn mean_strength(&self) -> f64 {
        self.strength.mean()
    }

    /// Strength between frames; 0 behind the last one.
    pub(super) fn strength_at(&self, position: f64) -> f64 {
        let frame = position as usize;
        if position > self.frames().saturating_sub(1) as f64 {
            return 0.0;
        }
        let here = self.strength(frame);
        here + (position - frame as f64) * (self.strength(frame + 1) - here)
    }

    /// Largest of `value` within `reach` frames of a position, both ends of the track included.
    pub(super) fn peak(&self, position: f64, reach: usize, value: impl Fn(usize) -> f32) -> f64 {
        let middle = position.round_ties_even().max(0.0) as usize;
        let last = self.frames().saturating_sub(1);
        let near = middle.saturating_sub(reach).min(last)..=(middle + reach).min(last);
        f64::from(near.map(value).fold(f32::NEG_INFINITY, f32::max))
    }
}

fn for_each(
    track: &Levelled,
    read: impl Fn(&Levelled, isize, &mut [f32]),
    mut each: impl FnMut(f32),
) {
    let mut block = vec![0.0; BLOCK];
    for first in (0..track.frames()).step_by(BLOCK) {
        let block = &mut block[..BLOCK.min(track.frames() - first)];
        read(track, first as isize, block);
        for &value in block.iter() {
            each(value);
        }
    }
}

/// Counts values within 0..=`highest`, to find quantiles without sorting.
struct Histogram {
    highest: f32,
    counts: Vec<u32>,
    total: u64,
}

impl Histogram {
    fn new(highest: f32) -> Self {
        Self { highest, counts: vec![0; BINS], total: 0 }
    }

    fn add(&mut self, value: f32) {
        let bin = (value / self.highest * (BINS - 1) as f32).round() as usize;
        if let Some(count) = self.counts.get_mut(bin) {
            *count += 1;
            self.total += 1;
        }
    }

    /// Linear interpolation between order statistics.
    fn quantile(&self, share: f64) -> f64 {
        let position = share * self.total.saturating_sub(1) as f64;
        let low = self.order_statistic(position as u64);
        let high = self.order_statistic(position.ceil() as u64);
        low + position.fract() * (high - low)
    }

    fn order_statistic(&self, rank: u64) -> f64 {
        let mut below = 0;
        let reached = self.counts.iter().position(|&count| {
            below += u64::from(count);
            below > rank
        });
        reached.map_or(0.0, |bin| f64::from(self.highest) * bin as f64 / (BINS - 1) as f64)
    }
}

/// Counts local maxima of a stream.
#[derive(Default)]
struct PeakCount {
    before: [Option<f32>; 2],
    count: usize,
}

impl PeakCount {
    fn add(&mut self, value: f32) {
        if let [Some(first), Some(middle)] = self.before
            && middle > first
            && middle >= value
        {
            self.count += 1;
        }
        self.before = [self.before[1], Some(value)];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_the_sorted_values() {
        let mut histogram = Histogram::new(1.0);
        (0..=100).for_each(|i| histogram.add(i as f32 / 100.0));
        for share in [0.0, 0.5, 0.975, 0.98, 1.0] {
            assert!((histogram.quantile(share) - share).abs() < 2e-5, "{share}");
        }
        assert!(Histogram::new(1.0).quantile(0.5).abs() < 1e-12);
    }

    #[test]
    fn maxima_are_counted_once() {
        let mut peaks = PeakCount::default();
        for value in [9.0, 1.0, 2.0, 2.0, 1.0, 3.0, 0.0, 4.0] {
            peaks.add(value);
        }
        assert_eq!(peaks.count, 2);
    }
}
