//! Durations by size, in bounded memory.

use std::time::Duration;

/// Classes an octave: a quantile is told within 4.5 %.
const PER_OCTAVE: f64 = 8.0;
/// Lower end of the first class: one microsecond.
const LEAST_S: f64 = 1e-6;
/// Classes up to 12 days.
const CLASSES: usize = 320;

/// Counts of durations in classes of equal ratio, from 1 µs; shorter ones are in the first.
#[derive(Clone, Debug)]
pub struct Histogram {
    counts: Vec<u32>,
    total: u64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { counts: vec![0; CLASSES], total: 0 }
    }
}

impl Histogram {
    /// Counts one duration.
    pub fn add(&mut self, time: Duration) {
        let class = ((time.as_secs_f64() / LEAST_S).max(1.0).log2() * PER_OCTAVE) as usize;
        if let Some(count) = self.counts.get_mut(class.min(CLASSES - 1)) {
            *count = count.saturating_add(1);
        }
        self.total += 1;
    }

    /// The duration that `share` (0..=1) of all do not pass, in seconds: the middle of its class; 0
    /// without any.
    pub fn quantile_s(&self, share: f64) -> f64 {
        let rank = ((share * self.total as f64).ceil() as u64).max(1);
        let mut seen = 0;
        let class = self.counts.iter().position(|&count| {
            seen += u64::from(count);
            seen >= rank
        });
        class.map_or(0.0, |class| LEAST_S * ((class as f64 + 0.5) / PER_OCTAVE).exp2())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_a_sorted_list_within_a_class() {
        let mut histogram = Histogram::default();
        (1..=1_000).for_each(|ms| histogram.add(Duration::from_millis(ms)));
        for (share, truth) in [(0.5, 0.5), (0.95, 0.95), (0.99, 0.99), (1.0, 1.0)] {
            let told = histogram.quantile_s(share);
            assert!((told / truth - 1.0).abs() < 0.05, "{share}: {told}");
        }
    }

    #[test]
    fn what_is_out_of_range_stays_at_its_ends() {
        let mut histogram = Histogram::default();
        assert!(histogram.quantile_s(0.5) <= 0.0, "nothing");
        histogram.add(Duration::ZERO);
        assert!(histogram.quantile_s(1.0) < 2e-6);
        histogram.add(Duration::MAX);
        assert!(histogram.quantile_s(1.0) > 1e6);
    }
}
