//! Loudness over time, to draw and to compare.

use super::gating::{ABSOLUTE_GATE_LUFS, lufs};

/// Sub-blocks of 100 ms in a second.
const SECOND: usize = 10;

/// Longest curve: four hours in steps of a second, 58 kB.
const MOST: usize = 14_400;

/// K-weighted loudness of consecutive pieces of a track.
#[derive(Clone, Debug, PartialEq)]
pub struct LoudnessCurve {
    /// Length of a piece in seconds: 1, and for tracks of more than four hours 2, 4, 8, ...
    pub step_s: u32,
    /// Loudness of each piece in LUFS, -70 for all that is below; 1..=14 400 values. An incomplete
    /// last piece is left out.
    pub lufs: Vec<f32>,
}

impl LoudnessCurve {
    /// Upper bound of the heap bytes of the curve of so many sub-blocks.
    pub(super) fn footprint(sub_blocks: u64) -> u64 {
        (sub_blocks / SECOND as u64).min(MOST as u64) * size_of::<f32>() as u64
    }

    /// The curve of consecutive 100 ms energies; `None` below 1 s, and when nothing reaches -70 LUFS.
    pub(super) fn of(energies: &[f32]) -> Option<Self> {
        let seconds = energies.len() / SECOND;
        let step_s = seconds.div_ceil(MOST).max(1).next_power_of_two();
        let loudness: Vec<f32> = energies.chunks_exact(SECOND * step_s).map(level).collect();
        let sounds = loudness.iter().any(|&l| f64::from(l) > ABSOLUTE_GATE_LUFS);
        sounds.then_some(Self { step_s: step_s as u32, lufs: loudness })
    }
}

fn level(piece: &[f32]) -> f32 {
    let mean = piece.iter().copied().map(f64::from).sum::<f64>() / piece.len() as f64;
    lufs(mean).unwrap_or(ABSOLUTE_GATE_LUFS).max(ABSOLUTE_GATE_LUFS) as f32
}

#[cfg(test)]
mod tests {
    use super::super::gating::power;
    use super::*;

    #[test]
    fn each_second_has_its_loudness() {
        let energies: Vec<f32> =
            [-20.0, -30.0, -90.0].iter().flat_map(|&l| [power(l) as f32; 10]).collect();
        let curve = LoudnessCurve::of(&[&energies[..], &[1.0; 9]].concat()).expect("sound");
        assert_eq!((curve.step_s, curve.lufs.len()), (1, 3));
        for (ours, expected) in curve.lufs.iter().zip([-20.0, -30.0, -70.0]) {
            assert!((ours - expected).abs() < 1e-4, "{curve:?}");
        }
    }

    #[test]
    fn a_curve_is_bounded_whatever_the_length() {
        for (hours, step, length) in
            [(1, 1, 3600), (4, 1, 14_400), (5, 2, 9_000), (100, 32, 11_250)]
        {
            let curve = LoudnessCurve::of(&vec![0.01; hours * 36_000]).expect("sound");
            assert_eq!((curve.step_s, curve.lufs.len()), (step, length), "{hours} h");
        }
    }

    #[test]
    fn silence_and_less_than_a_second_have_none() {
        for energies in [&[][..], &[0.1; 9], &[0.0; 100], &[1e-9; 100]] {
            assert_eq!(LoudnessCurve::of(energies), None);
        }
    }
}
