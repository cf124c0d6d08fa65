//! All lanes of one track: from chunks to records.
//!
//! L0 reads the samples as they are (loudness, signal); L1 and L2 read mono at the analysis rate
//! (short spectra → rhythm and timbre; long spectra → tonal). A lane is built only when one of its
//! families is wanted. Lanes see the chunks in order and share nothing, so they may run side by
//! side; what they compute does not depend on it, nor on how the track is cut into chunks.

use super::catalogue::{Families, Family, Record, Value};
use super::{loudness, rhythm, signal, timbre, tonal};
use crate::audio::Chunk;
use crate::dsp::mel::{MEL_BANDS, MelBank, compress};
use crate::dsp::resample::{ANALYSIS_RATE_HZ, Resampler};
use crate::dsp::stft::Stft;
use crate::units::StreamSpec;

/// Length of the short window, 92.9 ms.
const SHORT_WINDOW: usize = 2048;
/// Hop of the short window, exactly 20 ms.
const SHORT_HOP: usize = 441;
/// Length of the long window, 371.5 ms.
const LONG_WINDOW: usize = 8192;
/// Hop of the long window, exactly 200 ms.
const LONG_HOP: usize = 4410;

/// How the lanes of one chunk are run.
#[derive(Clone, Copy)]
pub enum Lanes<'a> {
    /// One after the other on this thread: right when other files keep the cores busy.
    InTurn,
    /// Side by side in a pool.
    SideBySide(&'a rayon::ThreadPool),
}

/// Computes the wanted families of one track.
pub struct Extractor {
    spec: StreamSpec,
    frames: u64,
    native: NativeLane,
    mono: Option<MonoLanes>,
}

impl Extractor {
    /// Lanes for `wanted`, over a stream of `spec`.
    pub fn new(spec: &StreamSpec, wanted: Families) -> Self {
        Self {
            spec: spec.clone(),
            frames: 0,
            native: NativeLane::new(spec, wanted),
            mono: MonoLanes::new(spec, wanted),
        }
    }

    /// Takes the next chunk.
    pub fn push(&mut self, chunk: &Chunk, lanes: Lanes<'_>) {
        self.frames += chunk.frames() as u64;
        let (native, mono) = (&mut self.native, &mut self.mono);
        match lanes {
            Lanes::InTurn => {
                native.push(chunk);
                if let Some(mono) = mono {
                    mono.push(chunk, lanes);
                }
            }
            Lanes::SideBySide(pool) => pool.install(|| {
                rayon::join(
                    || native.push(chunk),
                    || mono.as_mut().map(|mono| mono.push(chunk, lanes)),
                );
            }),
        }
    }

    /// Ends the stream and returns the records of the wanted families, in storage order.
    pub fn finish(self, lanes: Lanes<'_>) -> Vec<Record> {
        let duration_s = self.spec.rate.seconds(self.frames);
        let mut records = self.native.finish();
        if let Some(mono) = self.mono {
            records.extend(match lanes {
                Lanes::InTurn => mono.finish(duration_s, lanes),
                Lanes::SideBySide(pool) => pool.install(|| mono.finish(duration_s, lanes)),
            });
        }
        records.sort_by_key(|record| record.family);
        records
    }

    /// Upper bound of the bytes held over a track of `frames` frames, and at its end.
    pub fn footprint(spec: &StreamSpec, frames: u64, wanted: Families) -> u64 {
        NativeLane::footprint(spec, frames, wanted) + MonoLanes::footprint(spec, frames, wanted)
    }
}

/// L0: the samples as they are.
struct NativeLane {
    loudness: Option<loudness::Meter>,
    signal: Option<signal::Inspector>,
}

impl NativeLane {
    fn new(spec: &StreamSpec, wanted: Families) -> Self {
        Self {
            loudness: wanted.contains(Family::Loudness).then(|| loudness::Meter::new(spec)),
            signal: wanted.contains(Family::Signal).then(|| signal::Inspector::new(spec)),
        }
    }

    fn push(&mut self, chunk: &Chunk) {
        if let Some(meter) = &mut self.loudness {
            meter.push(chunk);
        }
        if let Some(inspector) = &mut self.signal {
            inspector.push(chunk);
        }
    }

    fn finish(self) -> Vec<Record> {
        let loudness = self.loudness.map(|meter| meter.finish().values());
        let signal = self.signal.map(|inspector| inspector.finish().values());
        let loudness = loudness.map(|values| Record { family: Family::Loudness, values });
        let signal = signal.map(|values| Record { family: Family::Signal, values });
        loudness.into_iter().chain(signal).collect()
    }

    fn footprint(spec: &StreamSpec, frames: u64, wanted: Families) -> u64 {
        let part = |family, bytes| if wanted.contains(family) { bytes } else { 0 };
        part(Family::Loudness, loudness::Meter::footprint(spec, frames))
            + part(Family::Signal, signal::Inspector::footprint(spec, frames))
    }
}

/// L1 and L2 behind the resampler that feeds both.
struct MonoLanes {
    resampler: Resampler,
    samples: Vec<f32>,
    wanted: Families,
    short: Option<ShortLane>,
    long: Option<LongLane>,
}

impl MonoLanes {
    fn new(spec: &StreamSpec, wanted: Families) -> Option<Self> {
        let (short, long) = (ShortLane::new(wanted), LongLane::new(wanted));
        if short.is_none() && long.is_none() {
            return None;
        }
        let resampler = Resampler::new(spec);
        Some(Self { resampler, samples: Vec::new(), wanted, short, long })
    }

    fn push(&mut self, chunk: &Chunk, lanes: Lanes<'_>) {
        self.samples.clear();
        self.resampler.push(chunk, &mut self.samples);
        self.pass_on(lanes);
    }

    fn pass_on(&mut self, lanes: Lanes<'_>) {
        let (samples, short, long) = (&self.samples, &mut self.short, &mut self.long);
        let short = || short.as_mut().map(|lane| lane.push(samples));
        let long = || long.as_mut().map(|lane| lane.push(samples));
        match lanes {
            Lanes::InTurn => {
                let (mut short, mut long) = (short, long);
                short();
                long();
            }
            Lanes::SideBySide(_) => {
                rayon::join(short, long);
            }
        }
    }

    /// Rhythm and tonality end together: bars begin where the harmony changes, and chords change on
    /// beats.
    fn finish(mut self, duration_s: f64, lanes: Lanes<'_>) -> Vec<Record> {
        self.samples.clear();
        self.resampler.finish(&mut self.samples);
        self.pass_on(lanes);
        drop((self.resampler, self.samples));
        let (rhythm, timbre) = self.short.map_or((None, None), ShortLane::finish);
        let mut tonal = self.long.map(LongLane::finish);
        let rhythm = rhythm.map(|tracker| {
            tracker.finish_with_harmony(duration_s, |beats| {
                tonal.as_mut().map_or_else(Vec::new, |tonal| tonal.harmonic_change(beats))
            })
        });
        let beats = rhythm.as_ref().and_then(|rhythm| rhythm.beats.as_deref()).unwrap_or(&[]);
        let tonal = tonal.map(|tracker| tracker.finish_with_beats(duration_s, beats));
        let records = [
            (Family::Rhythm, rhythm.map(|rhythm| rhythm.values())),
            (Family::Tonal, tonal.map(|tonal| tonal.values())),
            (Family::Timbre, timbre.map(|tracker| tracker.finish().values())),
        ];
        let wanted = |(family, values): (Family, Option<Vec<Value>>)| {
            let values = values.filter(|_| self.wanted.contains(family))?;
            Some(Record { family, values })
        };
        records.into_iter().filter_map(wanted).collect()
    }

    fn footprint(spec: &StreamSpec, frames: u64, wanted: Families) -> u64 {
        let seconds = spec.rate.seconds(frames);
        let (short, long) =
            (ShortLane::footprint(seconds, wanted), LongLane::footprint(seconds, wanted));
        if short + long == 0 { 0 } else { Resampler::footprint(spec) + short + long }
    }
}

/// Each of both families listens to the other: asked for one, both are computed, so that a result
/// never depends on what else was asked for.
fn needs_harmony_and_rhythm(wanted: Families) -> bool {
    wanted.contains(Family::Rhythm) || wanted.contains(Family::Tonal)
}

/// Number of frames of hop `hop` in `seconds` at the analysis rate.
fn frames_of(seconds: f64, hop: usize) -> u64 {
    (seconds * f64::from(ANALYSIS_RATE_HZ) / hop as f64).ceil() as u64 + 1
}

/// L1: short spectra.
struct ShortLane {
    stft: Stft,
    mel: MelBank,
    rhythm: Option<rhythm::Tracker>,
    timbre: Option<timbre::Tracker>,
}

impl ShortLane {
    fn new(wanted: Families) -> Option<Self> {
        let rhythm = needs_harmony_and_rhythm(wanted).then(rhythm::Tracker::new);
        let timbre = wanted.contains(Family::Timbre).then(timbre::Tracker::new);
        if rhythm.is_none() && timbre.is_none() {
            return None;
        }
        Some(Self {
            stft: Stft::new(SHORT_WINDOW, SHORT_HOP),
            mel: MelBank::new(SHORT_WINDOW, f64::from(ANALYSIS_RATE_HZ)),
            rhythm,
            timbre,
        })
    }

    fn push(&mut self, samples: &[f32]) {
        let Self { stft, mel, rhythm, timbre } = self;
        stft.push(samples, |magnitudes| short_frame(mel, rhythm, timbre, magnitudes));
    }

    fn finish(mut self) -> (Option<rhythm::Tracker>, Option<timbre::Tracker>) {
        let Self { stft, mel, rhythm, timbre } = &mut self;
        stft.finish(|magnitudes| short_frame(mel, rhythm, timbre, magnitudes));
        (self.rhythm, self.timbre)
    }

    fn footprint(seconds: f64, wanted: Families) -> u64 {
        let frames = frames_of(seconds, SHORT_HOP);
        let part = |needed, bytes| if needed { bytes } else { 0 };
        let rhythm = part(needs_harmony_and_rhythm(wanted), rhythm::Tracker::footprint(frames));
        let used = rhythm + part(wanted.contains(Family::Timbre), timbre::Tracker::footprint());
        if used == 0 {
            0
        } else {
            used + Stft::footprint(SHORT_WINDOW) + MelBank::footprint(SHORT_WINDOW)
        }
    }
}

fn short_frame(
    mel: &MelBank,
    rhythm: &mut Option<rhythm::Tracker>,
    timbre: &mut Option<timbre::Tracker>,
    magnitudes: &[f32],
) {
    let mut bands = [0.0; MEL_BANDS];
    mel.apply(magnitudes, &mut bands);
    if let Some(tracker) = timbre {
        tracker.push(magnitudes, &bands);
    }
    if let Some(tracker) = rhythm {
        tracker.push(&compress(&bands));
    }
}

/// L2: long spectra.
struct LongLane {
    stft: Stft,
    tonal: tonal::Tracker,
}

impl LongLane {
    fn new(wanted: Families) -> Option<Self> {
        wanted
            .contains(Family::Tonal)
            .then(|| Self { stft: Stft::new(LONG_WINDOW, LONG_HOP), tonal: tonal::Tracker::new() })
    }

    fn push(&mut self, samples: &[f32]) {
        let Self { stft, tonal } = self;
        stft.push(samples, |magnitudes| tonal.push(magnitudes));
    }

    fn finish(mut self) -> tonal::Tracker {
        let Self { stft, tonal } = &mut self;
        stft.finish(|magnitudes| tonal.push(magnitudes));
        self.tonal
    }

    fn footprint(seconds: f64, wanted: Families) -> u64 {
        if !needs_harmony_and_rhythm(wanted) {
            return 0;
        }
        Stft::footprint(LONG_WINDOW) + tonal::Tracker::footprint(frames_of(seconds, LONG_HOP))
    }
}
