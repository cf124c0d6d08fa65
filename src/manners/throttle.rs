//! A share of the processor.

use std::time::Duration;

/// Longest time whose unused share may be made up for. Longer, and a run that waited for a slow disk
/// would take the whole machine afterwards.
const BURST_S: f64 = 0.1;

/// Says how long to stand still so that a process keeps to its share: a bucket of processor time
/// that fills with the clock and is emptied by work.
#[derive(Clone, Copy, Debug)]
pub struct Throttle {
    /// Seconds of processor time a second.
    rate: f64,
    /// Seconds of processor time that may be taken; what is below zero has to be waited for.
    credit_s: f64,
    elapsed: Duration,
    cpu: Duration,
}

impl Throttle {
    /// A throttle to `share` (0..=1) of `cores`, from the state of both clocks now.
    pub fn new(share: f64, cores: usize, elapsed: Duration, cpu: Duration) -> Self {
        let rate = share.clamp(0.01, 1.0) * cores.max(1) as f64;
        Self { rate, credit_s: 0.0, elapsed, cpu }
    }

    /// How long to stand still, as both clocks say now; zero while there is credit.
    pub fn owed(&mut self, elapsed: Duration, cpu: Duration) -> Duration {
        let passed = elapsed.saturating_sub(self.elapsed).as_secs_f64();
        let used = cpu.saturating_sub(self.cpu).as_secs_f64();
        (self.elapsed, self.cpu) = (self.elapsed.max(elapsed), self.cpu.max(cpu));
        let filled = self.credit_s + passed * self.rate - used;
        self.credit_s = filled.min(BURST_S * self.rate);
        Duration::try_from_secs_f64(-self.credit_s / self.rate).unwrap_or_default()
    }
}
