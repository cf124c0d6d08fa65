//! The strength function: what beats are placed on.

use super::level::Levelled;

/// Share of the onset function.
const ONSET_SHARE: f64 = 0.1;
/// Reach of the Gaussian of one frame (20 ms) standard deviation.
const REACH: usize = 3;
const TAPS: usize = 2 * REACH + 1;
/// Frames handled at once.
const BLOCK: usize = 4096;
/// Added to deviations, so that silence stays silent.
const LEAST: f64 = 1e-6;

/// Beat activation plus a share of the onset function, each with standard deviation 1, smoothed,
/// again with standard deviation 1; made anew wherever it is read.
#[derive(Debug)]
pub(super) struct Strength {
    activation: f32,
    onset: f32,
    taps: [f32; TAPS],
    mean: f64,
}

impl Strength {
    /// Finds the scales of a track.
    pub(super) fn of(track: &Levelled) -> Self {
        let frames = track.frames();
        let (_, activation) = moments(frames, |first, out| track.read_activations(first, out));
        let (_, onset) = moments(frames, |first, out| track.read_onsets(first, out));
        let mut strength = Self {
            activation: (1.0 / (activation + LEAST)) as f32,
            onset: (ONSET_SHARE / (onset + LEAST)) as f32,
            taps: gaussian(),
            mean: 0.0,
        };
        let (mean, deviation) = moments(frames, |first, out| strength.read(track, first, out));
        let scale = 1.0 / (deviation + LEAST);
        strength.taps = strength.taps.map(|tap| (f64::from(tap) * scale) as f32);
        strength.mean = mean * scale;
        strength
    }

    /// Mean over the track.
    pub(super) fn mean(&self) -> f64 {
        self.mean
    }

    /// Writes frames `first..first + out.len()`; 0 outside the track.
    pub(super) fn read(&self, track: &Levelled, first: isize, out: &mut [f32]) {
        let mut raw = vec![0.0; BLOCK + 2 * REACH];
        let mut onsets = vec![0.0; BLOCK + 2 * REACH];
        let frames = track.frames() as isize;
        let mut start = first;
        for block in out.chunks_mut(BLOCK) {
            let count = block.len() + 2 * REACH;
            let (raw, onsets) = (&mut raw[..count], &mut onsets[..count]);
            track.read_activations(start - REACH as isize, raw);
            track.read_onsets(start - REACH as isize, onsets);
            for (raw, onset) in raw.iter_mut().zip(onsets) {
                *raw = self.activation * *raw + self.onset * *onset;
            }
            for (i, value) in block.iter_mut().enumerate() {
                let inside = (0..frames).contains(&(start + i as isize));
                *value = if inside { self.smoothed(raw[i..].first_chunk()) } else { 0.0 };
            }
            start += block.len() as isize;
        }
    }

    fn smoothed(&self, near: Option<&[f32; TAPS]>) -> f32 {
        let Some(near) = near else { return 0.0 };
        let mut sum = 0.0;
        for (tap, value) in self.taps.iter().zip(near) {
            sum += tap * value;
        }
        sum
    }

    /// Values around `middle`; 0 outside the track.
    pub(super) fn near<const N: usize>(&self, track: &Levelled, middle: usize) -> [f64; N] {
        let at = |i: usize| {
            let frame = (middle + i).checked_sub(N / 2).filter(|&frame| frame < track.frames());
            frame.map_or(0.0, |frame| f64::from(self.at(track, frame)))
        };
        std::array::from_fn(at)
    }

    /// The value of one frame inside the track.
    pub(super) fn at(&self, track: &Levelled, frame: usize) -> f32 {
        let near: [f32; TAPS] = std::array::from_fn(|k| {
            let Some(frame) = (frame + k).checked_sub(REACH) else { return 0.0 };
            self.activation * track.activation(frame) + self.onset * track.onset(frame)
        });
        self.smoothed(Some(&near))
    }
}

/// Mean and standard deviation of what `read` gives for `frames` frames.
fn moments(frames: usize, read: impl Fn(isize, &mut [f32])) -> (f64, f64) {
    let (mut sum, mut squares) = (0.0, 0.0);
    let mut block = vec![0.0; BLOCK];
    for first in (0..frames).step_by(BLOCK) {
        let block = &mut block[..BLOCK.min(frames - first)];
        read(first as isize, block);
        for &value in block.iter() {
            sum += f64::from(value);
            squares += f64::from(value) * f64::from(value);
        }
    }
    let count = frames.max(1) as f64;
    let mean = sum / count;
    (mean, (squares / count - mean * mean).max(0.0).sqrt())
}

fn gaussian() -> [f32; TAPS] {
    let tap = |k: usize| (-0.5 * (k as f64 - REACH as f64).powi(2)).exp();
    let sum: f64 = (0..TAPS).map(tap).sum();
    std::array::from_fn(|k| (tap(k) / sum) as f32)
}

/// Calls `each` with windows of `size` frames every `hop` frames, as far as they fit into `frames`; a
/// shorter track gives one window filled up with zeros.
pub(super) fn for_each_window(
    frames: usize,
    (size, hop): (usize, usize),
    mut read: impl FnMut(isize, &mut [f32]),
    mut each: impl FnMut(&[f32]),
) {
    const WINDOWS_A_BLOCK: usize = 32;
    let windows = frames.saturating_sub(size) / hop + 1;
    let mut block = vec![0.0; size + (WINDOWS_A_BLOCK - 1) * hop];
    for first in (0..windows).step_by(WINDOWS_A_BLOCK) {
        read((first * hop) as isize, &mut block);
        let count = WINDOWS_A_BLOCK.min(windows - first);
        block.windows(size).step_by(hop).take(count).for_each(&mut each);
    }
}

#[cfg(test)]
mod tests {
    use super::super::kept::Kept;
    use super::super::onset_function::BANDS;
    use super::*;
    use crate::model::beat_net::Activation;

    fn track(frames: usize) -> Levelled {
        let mut kept = Kept::default();
        for k in 0..frames {
            kept.push([if k % 25 == 7 { 2.0 } else { 0.0 }; BANDS]);
            let beat = if k % 25 == 7 { 0.8 } else { 0.05 };
            kept.activate(Activation { beat, downbeat: 0.0 });
        }
        Levelled::new(kept)
    }

    #[test]
    fn blocks_and_single_frames_agree() {
        let track = track(5_000);
        let strength = Strength::of(&track);
        let mut block = vec![9.0; 5_010];
        strength.read(&track, -5, &mut block);
        assert!(block[..5].iter().chain(&block[5_005..]).all(|&x| x.abs() <= 0.0));
        for k in [0, 1, 7, 4_095, 4_096, 4_999] {
            assert!((block[k + 5] - strength.at(&track, k)).abs() <= 0.0);
        }
        let (mean, deviation) = moments(5_000, |first, out| strength.read(&track, first, out));
        assert!((deviation - 1.0).abs() < 1e-3 && (mean - strength.mean()).abs() < 1e-3);
        let near: [f64; 5] = strength.near(&track, 7);
        assert!(near[2] > near[1] && near[2] > near[3]);
    }

    #[test]
    fn windows_cover_the_track_and_a_short_one_is_padded() {
        let count = |frames| {
            let (mut count, mut len) = (0, 0);
            for_each_window(
                frames,
                (300, 75),
                |_, out| out.fill(1.0),
                |window| {
                    (count, len) = (count + 1, window.len());
                },
            );
            (count, len)
        };
        assert_eq!((count(1_000), count(20)), ((10, 300), (1, 300)));
    }
}
