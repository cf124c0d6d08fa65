//! Strength functions: what tempo and beats are sought in.

use super::FRAMES_PER_SECOND;
use super::kept::Kept;
use super::onset_function::BANDS;

/// A value >= 0 per frame that is high on beats: an onset function or a beat activation.
///
/// Tempo and beats are computed from this alone, in blocks; nothing behind it holds a whole track.
pub(super) trait Strength {
    /// Number of frames.
    fn frames(&self) -> usize;
    /// Writes frames `first..first + out.len()`; 0 outside the track.
    fn read(&mut self, first: isize, out: &mut [f32]);
}

/// Calls `each` with windows of `size` frames every `hop` frames, as far as they fit; a shorter
/// track gives one window filled up with zeros.
pub(super) fn for_each_window(
    strength: &mut dyn Strength,
    size: usize,
    hop: usize,
    mut each: impl FnMut(&[f32]),
) {
    const WINDOWS_A_BLOCK: usize = 32;
    let windows = strength.frames().saturating_sub(size) / hop + 1;
    let mut block = vec![0.0; size + (WINDOWS_A_BLOCK - 1) * hop];
    for first in (0..windows).step_by(WINDOWS_A_BLOCK) {
        strength.read((first * hop) as isize, &mut block);
        let count = WINDOWS_A_BLOCK.min(windows - first);
        block.windows(size).step_by(hop).take(count).for_each(&mut each);
    }
}

/// Share of the track's mean level below which an onset is weighed down.
const FLOOR: f64 = 0.3;
/// Frames handled at once.
const BLOCK: usize = 2048;

/// A weighted sum of the kept onset functions with its local mean removed, divided by its local
/// level: max(0, o - w*o) / (0.3 mean(s) + s), s = √(w*o²), w a Hann kernel.
pub(super) struct Levelled<'a> {
    kept: &'a Kept,
    weights: [f32; BANDS],
    kernel: Vec<f32>,
    floor: f32,
    raw: Vec<f32>,
    squares: Vec<f32>,
    mean: Vec<f32>,
    level: Vec<f32>,
}

impl<'a> Levelled<'a> {
    /// `half_width_s` is half the length of the kernel, in seconds.
    pub(super) fn new(kept: &'a Kept, weights: [f32; BANDS], half_width_s: f64) -> Self {
        let kernel = hann((half_width_s * FRAMES_PER_SECOND).round() as usize);
        let context = kernel.len() - 1;
        let mut levelled = Self {
            kept,
            weights,
            floor: 0.0,
            raw: vec![0.0; BLOCK + context],
            squares: vec![0.0; BLOCK + context],
            mean: vec![0.0; BLOCK],
            level: vec![0.0; BLOCK],
            kernel,
        };
        levelled.floor = (FLOOR * levelled.mean_level()) as f32;
        levelled
    }

    /// Mean of s over the track.
    fn mean_level(&mut self) -> f64 {
        let frames = self.kept.len();
        let mut sum = 0.0;
        for first in (0..frames).step_by(BLOCK) {
            let len = BLOCK.min(frames - first);
            self.prepare(first as isize, len);
            sum += self.level[..len].iter().map(|&level| f64::from(level)).sum::<f64>();
        }
        sum / frames.max(1) as f64
    }

    /// Fills `raw`, `mean` and `level` for `len` <= [`BLOCK`] frames from `first`.
    fn prepare(&mut self, first: isize, len: usize) {
        let context = self.kernel.len() - 1;
        let raw = &mut self.raw[..len + context];
        self.kept.mix(self.weights, first - (context / 2) as isize, raw);
        let squares = &mut self.squares[..raw.len()];
        squares.iter_mut().zip(raw.iter()).for_each(|(square, &o)| *square = o * o);
        let (mean, level) = (&mut self.mean[..len], &mut self.level[..len]);
        pulp::Arch::new().dispatch(Smooth { x: raw, kernel: &self.kernel, out: mean });
        pulp::Arch::new().dispatch(Smooth { x: squares, kernel: &self.kernel, out: level });
        for level in level {
            *level = level.sqrt();
        }
    }
}

impl Strength for Levelled<'_> {
    fn frames(&self) -> usize {
        self.kept.len()
    }

    fn read(&mut self, first: isize, out: &mut [f32]) {
        let frames = self.kept.len() as isize;
        let mut start = first;
        for block in out.chunks_mut(BLOCK) {
            self.prepare(start, block.len());
            let centre = (self.kernel.len() - 1) / 2;
            let raw = &self.raw[centre..];
            for (i, (value, ((&o, &mean), &level))) in
                block.iter_mut().zip(raw.iter().zip(&self.mean).zip(&self.level)).enumerate()
            {
                let inside = (0..frames).contains(&(start + i as isize));
                let levelled = (o - mean).max(0.0) / (self.floor + level + 1e-9);
                *value = if inside { levelled } else { 0.0 };
            }
            start += block.len() as isize;
        }
    }
}

/// Symmetric Hann kernel of `2 half + 1` taps with sum 1.
fn hann(half: usize) -> Vec<f32> {
    let half = half.max(1);
    let step = std::f64::consts::PI / half as f64;
    let taps: Vec<f64> = (0..=2 * half).map(|n| 1.0 - (step * n as f64).cos()).collect();
    let sum: f64 = taps.iter().sum();
    taps.iter().map(|tap| (tap / sum) as f32).collect()
}

/// Outputs that are summed side by side; their sums stay in registers.
const LANES: usize = 32;

/// out\[n\] = Σ kernel\[k\] x\[n+k\]; `x` holds `kernel.len() - 1` values more than `out`.
struct Smooth<'a> {
    x: &'a [f32],
    kernel: &'a [f32],
    out: &'a mut [f32],
}

impl pulp::NullaryFnOnce for Smooth<'_> {
    type Output = ();

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "compiled with the wide instructions of its caller")]
    fn call(self) {
        let mut blocks = self.out.chunks_exact_mut(LANES);
        let mut first = 0;
        for block in &mut blocks {
            let mut sums = [0.0; LANES];
            for (k, &tap) in self.kernel.iter().enumerate() {
                let Some(x) = self.x[first + k..].first_chunk::<LANES>() else { break };
                for lane in 0..LANES {
                    sums[lane] += tap * x[lane];
                }
            }
            block.copy_from_slice(&sums);
            first += LANES;
        }
        let rest = self.x[first..].windows(self.kernel.len());
        for (value, x) in blocks.into_remainder().iter_mut().zip(rest) {
            *value = self.kernel.iter().zip(x).fold(0.0, |sum, (tap, x)| sum + tap * x);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pulses(frames: usize, period: usize, strength: f32) -> Kept {
        let mut kept = Kept::default();
        for k in 0..frames {
            kept.push(if k % period == 7 { [strength; BANDS] } else { [0.0; BANDS] });
        }
        kept
    }

    #[test]
    fn blocks_do_not_show_and_gain_hardly() {
        let (loud, soft) = (pulses(5_000, 25, 4.0), pulses(5_000, 25, 0.04));
        let mut whole = vec![0.0; 5_000];
        Levelled::new(&loud, [0.25; BANDS], 0.4).read(0, &mut whole);
        let mut parts = vec![0.0; 5_000];
        let mut levelled = Levelled::new(&loud, [0.25; BANDS], 0.4);
        for (i, part) in parts.chunks_mut(333).enumerate() {
            levelled.read((i * 333) as isize, part);
        }
        assert_eq!(whole, parts);
        Levelled::new(&soft, [0.25; BANDS], 0.4).read(0, &mut parts);
        assert!(whole.iter().zip(&parts).all(|(a, b)| (a - b).abs() < 0.01));
    }

    #[test]
    fn windows_cover_the_track_and_a_short_one_is_padded() {
        let kept = pulses(1_000, 25, 1.0);
        let mut levelled = Levelled::new(&kept, [0.25; BANDS], 0.4);
        let (mut count, mut len) = (0, 0);
        for_each_window(&mut levelled, 300, 75, |window| {
            count += 1;
            len = window.len();
        });
        assert_eq!((count, len), (10, 300));
        let kept = pulses(20, 25, 1.0);
        count = 0;
        for_each_window(&mut Levelled::new(&kept, [0.25; BANDS], 0.4), 300, 75, |window| {
            count += 1;
            assert!(window[20..].iter().all(|&x| x == 0.0) && window[7] > 0.0);
        });
        assert_eq!(count, 1);
    }
}
