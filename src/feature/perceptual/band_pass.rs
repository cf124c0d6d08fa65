//! Filters over frames: which modulations an envelope has.

/// Frames per second of what is filtered.
const RATE_HZ: f64 = 50.0;

/// Coefficients of a second-order band-pass filter.
#[derive(Clone, Copy, Debug)]
pub(super) struct BandPass {
    gain: f32,
    a1: f32,
    a2: f32,
}

impl BandPass {
    /// A Butterworth filter, first order at each edge, by the bilinear transform with both edges
    /// kept (Oppenheim and Schafer, Discrete-Time Signal Processing).
    pub(super) fn new(low_hz: f64, high_hz: f64) -> Self {
        let warp = |hz: f64| (std::f64::consts::PI * hz / RATE_HZ).tan();
        let (low, high) = (warp(low_hz), warp(high_hz));
        let (width, square) = (high - low, low * high);
        let scale = 1.0 + width + square;
        Self {
            gain: (width / scale) as f32,
            a1: (2.0 * (square - 1.0) / scale) as f32,
            a2: ((1.0 - width + square) / scale) as f32,
        }
    }

    /// The next output of one filter with `state`.
    #[inline(always)]
    pub(super) fn step(&self, state: &mut [f32; 2], x: f32) -> f32 {
        let scaled = self.gain * x;
        let y = scaled + state[0];
        state[0] = state[1] - self.a1 * y;
        state[1] = -scaled - self.a2 * y;
        y
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::TAU;

    fn gain(filter: BandPass, hz: f64) -> f64 {
        let mut state = [0.0; 2];
        let mut squares = 0.0;
        for n in 0..5000 {
            let y = filter.step(&mut state, (TAU * hz * f64::from(n) / RATE_HZ).sin() as f32);
            squares += if n >= 1000 { f64::from(y) * f64::from(y) } else { 0.0 };
        }
        (squares / 2000.0).sqrt()
    }

    #[test]
    fn the_edges_are_at_half_power() {
        let filter = BandPass::new(3.0, 6.0);
        for hz in [3.0, 6.0] {
            assert!((gain(filter, hz) - 0.5_f64.sqrt()).abs() < 0.01, "{hz}: {}", gain(filter, hz));
        }
        assert!((gain(filter, 4.27) - 1.0).abs() < 0.01);
        assert!(gain(filter, 0.25) < 0.1 && gain(filter, 20.0) < 0.2);
    }
}
