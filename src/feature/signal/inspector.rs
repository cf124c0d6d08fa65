//! The streaming inspector.

use super::clipping::Clipping;
use super::kernel::{Moments, append_sound, difference_squares, moments, sign_changes};
use super::{SILENCE_POWER, Signal};
use crate::audio::Chunk;
use crate::units::{ChannelRole, Hertz, StreamSpec};

/// Blocks a second: silence is decided, and sums are begun anew, every 20 ms.
const BLOCKS_PER_SECOND: u32 = 50;

/// Looks at the signal of one track.
#[derive(Clone, Debug)]
pub struct Inspector {
    rate: Hertz,
    block_frames: usize,
    channels: Vec<Channel>,
    /// Channels that the mono mix is made of.
    mixed: Vec<usize>,
    /// Sum of those channels in a block, with the last frame of the block before in front.
    mono: Vec<f32>,
    frames: u64,
    sign_changes: u64,
    difference_squares: f64,
    /// First and one past the last frame of the blocks that are not silent.
    sounding: Option<(u64, u64)>,
}

/// State of one channel.
#[derive(Clone, Debug)]
struct Channel {
    block: Vec<f32>,
    sums: Moments,
    clipping: Clipping,
}

impl Channel {
    /// Adds the block to the sums and returns its mean square.
    #[inline(always)]
    fn take_block(&mut self) -> f64 {
        let block = moments(&self.block);
        self.clipping.push(&self.block, block.peak);
        self.sums.sum += block.sum;
        self.sums.squares += block.squares;
        self.sums.peak = self.sums.peak.max(block.peak);
        block.squares / self.block.len() as f64
    }
}

fn block_frames(rate: Hertz) -> usize {
    (rate.get() / BLOCKS_PER_SECOND) as usize
}

/// The work of [`Inspector::push`], to be compiled with the vector features of the machine. (A closure in
/// its place is not inlined when it is large, and then lacks them.)
struct Push<'a> {
    inspector: &'a mut Inspector,
    chunk: &'a Chunk,
}

impl pulp::WithSimd for Push<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) {
        self.inspector.push_frames(self.chunk);
    }
}

impl Inspector {
    /// An inspector for a stream.
    pub fn new(spec: &StreamSpec) -> Self {
        let block_frames = block_frames(spec.rate);
        let channel = || Channel {
            block: Vec::with_capacity(block_frames),
            sums: Moments::default(),
            clipping: Clipping::default(),
        };
        let roles = spec.channels.roles();
        let heard = |channel: &usize| roles.get(*channel) != Some(&ChannelRole::LowFrequency);
        Self {
            rate: spec.rate,
            block_frames,
            channels: roles.iter().map(|_| channel()).collect(),
            mixed: (0..roles.len()).filter(heard).collect(),
            mono: Vec::with_capacity(block_frames + 1),
            frames: 0,
            sign_changes: 0,
            difference_squares: 0.0,
            sounding: None,
        }
    }

    /// Takes the next frames. Where the chunks are cut does not change a bit of the result.
    pub fn push(&mut self, chunk: &Chunk) {
        pulp::Arch::new().dispatch(Push { inspector: self, chunk });
    }

    #[inline(always)]
    fn push_frames(&mut self, chunk: &Chunk) {
        let mut from = 0;
        while from < chunk.frames() {
            let held = self.channels.first().map_or(0, |channel| channel.block.len());
            let length = (chunk.frames() - from).min(self.block_frames - held);
            for (index, channel) in self.channels.iter_mut().enumerate() {
                let part = chunk.plane(index).get(from..from + length).unwrap_or(&[]);
                append_sound(&mut channel.block, part);
                channel.block.resize(held + length, 0.0);
            }
            if held + length == self.block_frames {
                self.take_block(self.block_frames);
            }
            from += length;
        }
    }

    #[inline(always)]
    fn take_block(&mut self, length: usize) {
        // A loop: a closure handed to `fold` would be compiled without the vector features.
        let mut loudest = 0.0_f64;
        for channel in &mut self.channels {
            loudest = loudest.max(channel.take_block());
        }
        self.mix();
        self.sign_changes += sign_changes(&self.mono, self.mixed.len());
        if let [left, right] = self.channels.as_slice() {
            self.difference_squares += difference_squares(&left.block, &right.block);
        }
        let end = self.frames + length as u64;
        if loudest > SILENCE_POWER {
            self.sounding = Some((self.sounding.map_or(self.frames, |(first, _)| first), end));
        }
        self.frames = end;
        self.channels.iter_mut().for_each(|channel| channel.block.clear());
    }

    #[inline(always)]
    fn mix(&mut self) {
        let last = self.mono.last().copied();
        self.mono.clear();
        self.mono.extend(last);
        let mut blocks =
            self.mixed.iter().filter_map(|&index| Some(&self.channels.get(index)?.block));
        let Some(first) = blocks.next() else { return };
        self.mono.extend_from_slice(first);
        let start = usize::from(last.is_some());
        for block in blocks {
            let mono = self.mono.get_mut(start..).unwrap_or_default();
            for (sum, x) in mono.iter_mut().zip(block) {
                *sum += x;
            }
        }
    }

    /// Ends the track.
    pub fn finish(mut self) -> Signal {
        let left_over = self.channels.first().map_or(0, |channel| channel.block.len());
        if left_over > 0 {
            self.take_block(left_over);
        }
        let seconds = |frames| self.rate.seconds(frames);
        let (first, end) = self.sounding.unwrap_or((self.frames, 0));
        let pairs = self.frames.saturating_sub(1);
        let (runs, clipped) = self.clipping();
        let (correlation, width) = self.stereo().unwrap_or_default();
        let (rms, crest) = self.level();
        Signal {
            duration_s: seconds(self.frames),
            frames: self.frames,
            silence_start_s: seconds(first),
            silence_end_s: seconds(self.frames - end),
            clipping_runs: runs,
            clipped_samples: clipped,
            dc_offset: self.dc_offset(),
            zero_crossing_rate: (pairs > 0 && !self.mixed.is_empty())
                .then(|| self.sign_changes as f64 / pairs as f64),
            rms_dbfs: rms,
            crest_db: crest,
            stereo_correlation: correlation,
            stereo_width: width,
        }
    }

    fn clipping(&self) -> (u64, u64) {
        let counts = self.channels.iter().map(|channel| channel.clipping.finish());
        counts.fold((0, 0), |(runs, samples), (r, s)| (runs + r, samples + s))
    }

    fn dc_offset(&self) -> Option<f64> {
        let means =
            self.channels.iter().map(|channel| (channel.sums.sum / self.frames as f64).abs());
        (self.frames > 0).then(|| means.fold(0.0, f64::max))
    }

    /// Root mean square and crest factor over all channels.
    fn level(&self) -> (Option<f64>, Option<f64>) {
        let squares: f64 = self.channels.iter().map(|channel| channel.sums.squares).sum();
        let peak = self.channels.iter().map(|channel| channel.sums.peak).fold(0.0, f32::max);
        let mean = squares / (self.frames.max(1) * self.channels.len() as u64) as f64;
        let rms = (mean > 0.0).then(|| 10.0 * mean.log10());
        (rms, rms.map(|rms| 20.0 * f64::from(peak).log10() - rms))
    }

    /// Correlation and width of two channels; `None` for any other number.
    fn stereo(&self) -> Option<(Option<f64>, Option<f64>)> {
        let [left, right] = self.channels.as_slice() else { return None };
        let (l, r, frames) = (left.sums, right.sums, self.frames.max(1) as f64);
        let product = (l.squares + r.squares - self.difference_squares) / 2.0;
        let covariance = product - l.sum * r.sum / frames;
        let variance = |m: Moments| m.squares - m.sum * m.sum / frames;
        let (vl, vr) = (variance(l), variance(r));
        // Below a millionth of the power it is constant as far as sums of `f32` can tell.
        let varies = vl > 1e-6 * l.squares && vr > 1e-6 * r.squares;
        let correlation = varies.then(|| (covariance / (vl * vr).sqrt()).clamp(-1.0, 1.0));
        let (both, side) = (2.0 * (l.squares + r.squares), self.difference_squares);
        Some((correlation, (both > 0.0).then(|| (side / both).clamp(0.0, 1.0))))
    }

    /// Upper bound of the heap bytes an inspector holds, whatever the number of frames.
    pub fn footprint(spec: &StreamSpec, _frames: u64) -> u64 {
        let channels = spec.channels.count() as u64;
        let block = (block_frames(spec.rate) + 1) as u64 * size_of::<f32>() as u64;
        let each = block + size_of::<Channel>() as u64 + size_of::<usize>() as u64;
        // Short vectors are given room for four.
        channels * each + block + 64
    }
}

#[cfg(test)]
impl Inspector {
    /// Heap bytes really held.
    pub(super) fn held_bytes(&self) -> u64 {
        let blocks: usize = self.channels.iter().map(|channel| channel.block.capacity() * 4).sum();
        let channels = self.channels.capacity() * size_of::<Channel>();
        (blocks + channels + self.mono.capacity() * 4 + self.mixed.capacity() * 8) as u64
    }
}
