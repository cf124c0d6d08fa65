//! The streaming inspector.

use super::clipping::Clipping;
use super::dynamics::Dynamics;
use super::kernel::{Moments, append_sound, difference_squares, moments, sign_changes};
use super::stereo::{Image, Stereo};
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
    /// For two channels.
    stereo: Option<Stereo>,
    /// First and one past the last frame of the blocks that are not silent.
    sounding: Option<(u64, u64)>,
    /// Longest run of silent blocks between two that are not, in frames.
    longest_gap: u64,
}

/// State of one channel.
#[derive(Clone, Debug)]
struct Channel {
    block: Vec<f32>,
    sums: Moments,
    clipping: Clipping,
    dynamics: Dynamics,
}

impl Channel {
    /// Adds the block to the sums and returns its sum of squares.
    #[inline(always)]
    fn take_block(&mut self) -> f64 {
        let block = moments(&self.block);
        self.clipping.push(&self.block, block.peak);
        self.dynamics.push(&block, self.block.len());
        self.sums.sum += block.sum;
        self.sums.squares += block.squares;
        self.sums.peak = self.sums.peak.max(block.peak);
        block.squares
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
            dynamics: Dynamics::default(),
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
            stereo: (roles.len() == 2).then(Stereo::default),
            sounding: None,
            longest_gap: 0,
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
        let (mut loudest, mut squares) = (0.0_f64, [0.0; 2]);
        for (index, channel) in self.channels.iter_mut().enumerate() {
            let sum = channel.take_block();
            loudest = loudest.max(sum);
            squares[index % 2] = sum;
        }
        self.mix();
        self.sign_changes += sign_changes(&self.mono, self.mixed.len());
        if let (Some(stereo), [left, right]) = (&mut self.stereo, self.channels.as_slice()) {
            let difference = difference_squares(&left.block, &right.block);
            stereo.push(squares[0], squares[1], difference, length);
        }
        let end = self.frames + length as u64;
        if loudest > SILENCE_POWER * length as f64 {
            let (first, before) = self.sounding.unwrap_or((self.frames, self.frames));
            self.longest_gap = self.longest_gap.max(self.frames - before);
            self.sounding = Some((first, end));
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
        let image = self.image();
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
            stereo_correlation: image.correlation,
            stereo_width: image.width,
            silence_longest_s: seconds(self.longest_gap),
            dynamic_range_db: self.dynamic_range(),
            out_of_phase_share: image.out_of_phase_share,
            mono_loss_db: image.mono_loss_db,
            mono_loss_max_db: image.mono_loss_max_db,
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

    fn image(&self) -> Image {
        match (&self.stereo, self.channels.as_slice()) {
            (Some(stereo), [left, right]) => stereo.finish(&left.sums, &right.sums),
            _ => Image::default(),
        }
    }

    /// Mean over the channels that are no silence.
    fn dynamic_range(self) -> Option<f64> {
        let ranges = self.channels.into_iter().filter_map(|channel| channel.dynamics.finish());
        let (count, sum) =
            ranges.fold((0_u32, 0.0), |(count, sum), range| (count + 1, sum + range));
        (count > 0).then(|| sum / f64::from(count))
    }

    /// Upper bound of the heap bytes an inspector holds: 3 bytes a second and channel, and a little.
    pub fn footprint(spec: &StreamSpec, frames: u64) -> u64 {
        let channels = spec.channels.count() as u64;
        let block = (block_frames(spec.rate) + 1) as u64 * size_of::<f32>() as u64;
        let long = Dynamics::footprint(frames / u64::from(spec.rate.get()));
        let each = block + long + size_of::<Channel>() as u64 + size_of::<usize>() as u64;
        // Short vectors are given room for four.
        channels * each + block + 64
    }
}

#[cfg(test)]
impl Inspector {
    /// Heap bytes really held.
    pub(super) fn held_bytes(&self) -> u64 {
        let held = |channel: &Channel| channel.block.capacity() * 4 + channel.dynamics.held_bytes();
        let blocks: usize = self.channels.iter().map(held).sum();
        let channels = self.channels.capacity() * size_of::<Channel>();
        (blocks + channels + self.mono.capacity() * 4 + self.mixed.capacity() * 8) as u64
    }
}
