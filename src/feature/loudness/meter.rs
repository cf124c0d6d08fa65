//! The streaming meter.

use super::curve::LoudnessCurve;
use super::histogram::BlockHistogram;
use super::peak::Peak;
use super::taps::Oversampling;
use super::weighting::{BLOCK, Bank, Curve};
use super::{Loudness, gating};
use crate::audio::Chunk;
use crate::dsp::simd::Simd;
use crate::units::{ChannelRole, Hertz, StreamSpec};

/// Ticks a second: momentary loudness is looked at every 20 ms (EBU Tech 3341 asks for at least
/// ten a second; its case 13 moves the tone by 20 ms).
const TICKS_PER_SECOND: u64 = 50;

/// Ticks in a 400 ms momentary block.
const MOMENTARY: usize = 20;

/// Ticks in a 100 ms sub-block.
const SUB_BLOCK: usize = 5;

/// Sub-blocks by which the store of energies grows: half an hour, 72 kB.
const GROWTH: usize = 18_000;

/// Measures loudness and peaks of one track.
#[derive(Clone, Debug)]
pub struct Meter {
    rate: Hertz,
    curve: Curve,
    pairs: Vec<Bank<2>>,
    single: Option<Bank<1>>,
    peaks: Vec<Peak>,
    frames: u64,
    ticks: Ticks,
}

/// Weight of a channel in ITU-R BS.1770-5; `None` when it does not count.
fn weight(role: ChannelRole) -> Option<f64> {
    match role {
        ChannelRole::Front => Some(1.0),
        ChannelRole::Surround => Some(1.41),
        ChannelRole::LowFrequency => None,
    }
}

/// The work of [`Meter::push`], to be compiled with the vector features of the machine. (A closure in
/// its place is not inlined when it is large, and then lacks them.)
struct Push<'a> {
    meter: &'a mut Meter,
    chunk: &'a Chunk,
}

impl pulp::WithSimd for Push<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        self.meter.push_frames::<S>(self.chunk);
    }
}

impl Meter {
    /// A meter for a stream.
    pub fn new(spec: &StreamSpec) -> Self {
        let roles = spec.channels.roles().iter().enumerate();
        let members: Vec<_> = roles.filter_map(|(i, &role)| Some((i, weight(role)?))).collect();
        let (pairs, rest) = members.as_chunks::<2>();
        Self {
            rate: spec.rate,
            curve: Curve::at(spec.rate),
            pairs: pairs.iter().copied().map(Bank::new).collect(),
            single: rest.first().map(|&member| Bank::new([member])),
            peaks: vec![Peak::new(Oversampling::at(spec.rate)); spec.channels.count()],
            frames: 0,
            ticks: Ticks::default(),
        }
    }

    /// Takes the next frames. Where the chunks are cut does not change a bit of the result.
    pub fn push(&mut self, chunk: &Chunk) {
        pulp::Arch::new().dispatch(Push { meter: self, chunk });
    }

    #[inline(always)]
    fn push_frames<S: Simd>(&mut self, chunk: &Chunk) {
        for (channel, peak) in self.peaks.iter_mut().enumerate() {
            peak.push(chunk.plane(channel));
        }
        let mut from = 0;
        while from < chunk.frames() {
            let end = self.boundary(self.ticks.count + 1);
            let length = (chunk.frames() - from).min(BLOCK).min((end - self.frames) as usize);
            self.weigh::<S>(chunk, from, length);
            from += length;
            self.frames += length as u64;
            if self.frames == end {
                self.tick();
            }
        }
    }

    #[inline(always)]
    fn weigh<S: Simd>(&mut self, chunk: &Chunk, from: usize, length: usize) {
        let part = |channel| chunk.plane(channel).get(from..from + length).unwrap_or(&[]);
        for bank in &mut self.pairs {
            bank.push::<S>(&self.curve, bank.channels().map(part));
        }
        if let Some(bank) = &mut self.single {
            bank.push::<S>(&self.curve, bank.channels().map(part));
        }
    }

    /// First frame behind the first `ticks` ticks. At rates that are not a multiple of 50 Hz ticks
    /// differ by one frame in length and never drift.
    fn boundary(&self, ticks: u64) -> u64 {
        ticks * u64::from(self.rate.get()) / TICKS_PER_SECOND
    }

    fn tick(&mut self) {
        let pairs: f64 = self.pairs.iter_mut().map(Bank::take_energy).sum();
        let energy = pairs + self.single.as_mut().map_or(0.0, Bank::take_energy);
        let now = self.ticks.count + 1;
        let since = |ticks: usize| {
            (self.boundary(now) - self.boundary(now.saturating_sub(ticks as u64))) as f64
        };
        let (sub_block, momentary) = (since(SUB_BLOCK), since(MOMENTARY));
        self.ticks.push(energy, sub_block, momentary);
    }

    /// Ends the track: closes the gates and reads the meters.
    pub fn finish(self) -> Loudness {
        let energies = &self.ticks.sub_blocks;
        let sample_peak = self.peaks.iter().map(Peak::sample_peak).fold(0.0, f32::max);
        let peaks = self.peaks.into_iter().map(Peak::finish);
        let (true_peak, overs) =
            peaks.fold((0.0, 0), |(peak, overs), (p, o)| (p.max(peak), overs + o));
        Loudness {
            loudness_lufs: gating::integrated(energies),
            loudness_range_lu: gating::range(energies),
            loudness_momentary_max_lufs: gating::lufs(self.ticks.momentary_max),
            loudness_short_term_max_lufs: gating::short_term_max(energies),
            true_peak_dbtp: decibel(true_peak),
            sample_peak_dbfs: decibel(sample_peak),
            true_peak_overs: overs,
            loudness_histogram: BlockHistogram::of(energies),
            loudness_curve: LoudnessCurve::of(energies),
        }
    }

    /// Upper bound of the heap bytes a meter holds for a stream of `frames` frames, `finish`
    /// included: 40 bytes a second twice over, 20 kB a pair of channels, histogram and curve.
    pub fn footprint(spec: &StreamSpec, frames: u64) -> u64 {
        let channels = spec.channels.count();
        let banks = channels.div_ceil(2) * (Bank::<2>::footprint() + size_of::<Bank<2>>());
        let fixed = banks + channels * (size_of::<Peak>() + size_of::<(usize, f64)>());
        let blocks = frames.saturating_mul(10) / u64::from(spec.rate.get()) + GROWTH as u64;
        // Growing holds the old and the new copy, finishing holds the energies and sorted values.
        let results = BlockHistogram::MOST_BYTES + LoudnessCurve::footprint(blocks);
        fixed as u64 + 4096 + results + blocks.saturating_mul(2 * size_of::<f32>() as u64)
    }
}

/// A magnitude in decibels below full scale; `None` for zero.
fn decibel(peak: f32) -> Option<f64> {
    (peak > 0.0).then(|| 20.0 * f64::from(peak).log10())
}

/// What is kept of the ticks gone by.
#[derive(Clone, Debug, Default)]
struct Ticks {
    count: u64,
    recent: [f64; MOMENTARY],
    momentary_max: f64,
    /// Mean squares of all 100 ms sub-blocks.
    sub_blocks: Vec<f32>,
}

impl Ticks {
    /// Takes the energy of a tick; the last five ticks had `sub_block` frames, the last twenty
    /// `momentary`.
    fn push(&mut self, energy: f64, sub_block: f64, momentary: f64) {
        self.recent.rotate_left(1);
        self.recent[MOMENTARY - 1] = energy;
        self.count += 1;
        if self.count >= MOMENTARY as u64 {
            let mean = self.recent.iter().sum::<f64>() / momentary;
            self.momentary_max = self.momentary_max.max(mean);
        }
        if self.count.is_multiple_of(SUB_BLOCK as u64) {
            let sum: f64 = self.recent[MOMENTARY - SUB_BLOCK..].iter().sum();
            self.store((sum / sub_block) as f32);
        }
    }

    fn store(&mut self, energy: f32) {
        if self.sub_blocks.len() == self.sub_blocks.capacity() {
            self.sub_blocks.reserve_exact(GROWTH);
        }
        self.sub_blocks.push(energy);
    }
}

#[cfg(test)]
impl Meter {
    /// Heap bytes really held.
    pub(super) fn held_bytes(&self) -> u64 {
        let pairs = self.pairs.capacity() * (size_of::<Bank<2>>() + Bank::<2>::footprint());
        let single = self.single.as_ref().map_or(0, |_| Bank::<1>::footprint());
        let peaks = self.peaks.capacity() * size_of::<Peak>();
        (pairs + single + peaks + self.ticks.sub_blocks.capacity() * 4) as u64
    }
}
