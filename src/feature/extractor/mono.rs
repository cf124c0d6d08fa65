//! L1 and L2: mono at the analysis rate, short and long spectra.

use super::Lanes;
use crate::audio::Chunk;
use crate::dsp::mel::{MEL_BANDS, MelBank, compress};
use crate::dsp::resample::{ANALYSIS_RATE_HZ, Resampler};
use crate::dsp::stft::Stft;
use crate::feature::catalogue::{Families, Family};
use crate::feature::{perceptual, rhythm, similarity, structure, timbre, tonal, waveform};
use crate::profile::{Lap, Step, Watch};
use crate::units::StreamSpec;

/// Length of the short window, 92.9 ms.
const SHORT_WINDOW: usize = 2048;
/// Hop of the short window, exactly 20 ms.
const SHORT_HOP: usize = 441;
/// Length of the long window, 371.5 ms.
const LONG_WINDOW: usize = 8192;
/// Hop of the long window, exactly 200 ms.
const LONG_HOP: usize = 4410;

/// What is known after the last sample; what others are derived from is whole, the rest waits for it.
#[derive(Default)]
pub(super) struct Mono {
    pub(super) duration_s: f64,
    pub(super) rhythm: Option<rhythm::Rhythm>,
    pub(super) tonal: Option<tonal::Tonal>,
    pub(super) timbre: Option<timbre::Timbre>,
    pub(super) waiting: Waiting,
}

/// Trackers whose families are derived after the end.
#[derive(Default)]
pub(super) struct Waiting {
    pub(super) structure: Option<structure::Tracker>,
    pub(super) perceptual: Option<perceptual::Tracker>,
    pub(super) similarity: Option<similarity::Tracker>,
    /// The bands of the envelope; its other half is in the native lane.
    pub(super) bands: Option<waveform::Bands>,
}

/// L1 and L2 behind the resampler that feeds both.
pub(super) struct MonoLanes {
    resampler: Resampler,
    samples: Vec<f32>,
    short: Option<ShortLane>,
    long: Option<LongLane>,
}

impl MonoLanes {
    pub(super) fn new(spec: &StreamSpec, needed: Families) -> Option<Self> {
        let (short, long) = (ShortLane::new(needed), LongLane::new(needed));
        if short.is_none() && long.is_none() {
            return None;
        }
        let resampler = Resampler::new(spec);
        Some(Self { resampler, samples: Vec::new(), short, long })
    }

    pub(super) fn push(&mut self, chunk: &Chunk, lanes: Lanes<'_>, watch: &Watch) {
        let mut lap = watch.lap();
        self.samples.clear();
        self.resampler.push(chunk, &mut self.samples);
        lap.mark(Step::Resample);
        self.pass_on(lanes, watch);
    }

    fn pass_on(&mut self, lanes: Lanes<'_>, watch: &Watch) {
        let (samples, short, long) = (&self.samples, &mut self.short, &mut self.long);
        let short = || short.as_mut().map(|lane| lane.push(samples, watch));
        let long = || long.as_mut().map(|lane| lane.push(samples, watch));
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
    pub(super) fn finish(mut self, duration_s: f64, lanes: Lanes<'_>, watch: &Watch) -> Mono {
        self.samples.clear();
        self.resampler.finish(&mut self.samples);
        self.pass_on(lanes, watch);
        let mut lap = watch.lap();
        drop((self.resampler, self.samples));
        let (rhythm, timbre, mut waiting) = self.short.map(ShortLane::finish).unwrap_or_default();
        let mut tonal = self.long.map(LongLane::finish);
        let rhythm = rhythm.map(|tracker| {
            tracker.finish_with_harmony(duration_s, |beats| {
                tonal.as_mut().map_or_else(Vec::new, |tonal| tonal.harmonic_change(beats))
            })
        });
        lap.mark(Step::RhythmEnd);
        let beats = rhythm.as_ref().and_then(|rhythm| rhythm.beats.as_deref()).unwrap_or(&[]);
        if let (Some(structure), Some(rhythm)) = (&mut waiting.structure, &rhythm) {
            structure.hear_harmony(duration_s, rhythm, |edges| {
                tonal.as_ref().map_or_else(Vec::new, |tonal| tonal.chroma_between(edges))
            });
        }
        lap.mark(Step::Derive);
        let tonal = tonal.map(|tracker| tracker.finish_with_beats(duration_s, beats));
        lap.mark(Step::TonalEnd);
        Mono { duration_s, rhythm, tonal, timbre: timbre.map(timbre::Tracker::finish), waiting }
    }

    pub(super) fn footprint(spec: &StreamSpec, frames: u64, needed: Families) -> u64 {
        let seconds = spec.rate.seconds(frames);
        let (short, long) =
            (ShortLane::footprint(seconds, needed), LongLane::footprint(seconds, needed));
        if short + long == 0 {
            return 0;
        }
        Resampler::footprint(spec) + short + long - never_together(seconds, needed)
    }
}

/// Bytes that the footprints of rhythm and tonal count twice: what the beats were found with is gone
/// before keys and chords are sought.
fn never_together(seconds: f64, needed: Families) -> u64 {
    if !(needed.contains(Family::Rhythm) && needed.contains(Family::Tonal)) {
        return 0;
    }
    let short = frames_of(seconds, SHORT_HOP);
    let gone = rhythm::Tracker::footprint(short).saturating_sub(rhythm::Rhythm::footprint(short));
    gone.min(tonal::Tracker::ending(frames_of(seconds, LONG_HOP)))
}

/// Number of frames of hop `hop` in `seconds` at the analysis rate.
fn frames_of(seconds: f64, hop: usize) -> u64 {
    (seconds * f64::from(ANALYSIS_RATE_HZ) / hop as f64).ceil() as u64 + 1
}

/// L1: short spectra.
struct ShortLane {
    stft: Stft,
    mel: MelBank,
    listeners: Listeners,
}

/// What reads the short spectra.
struct Listeners {
    rhythm: Option<rhythm::Tracker>,
    timbre: Option<timbre::Tracker>,
    waiting: Waiting,
}

impl Listeners {
    /// `None` when there is none.
    fn new(needed: Families) -> Option<Self> {
        let needs = |family| needed.contains(family);
        let heard = [
            Family::Rhythm,
            Family::Timbre,
            Family::Structure,
            Family::Perceptual,
            Family::Similarity,
            Family::Waveform,
        ];
        heard.into_iter().any(needs).then(|| Self {
            rhythm: needs(Family::Rhythm).then(rhythm::Tracker::new),
            timbre: needs(Family::Timbre).then(timbre::Tracker::new),
            waiting: Waiting {
                structure: needs(Family::Structure).then(structure::Tracker::new),
                perceptual: needs(Family::Perceptual).then(perceptual::Tracker::new),
                similarity: needs(Family::Similarity).then(similarity::Tracker::new),
                bands: needs(Family::Waveform).then(waveform::Bands::new),
            },
        })
    }

    /// Takes one frame: 1025 linear magnitudes.
    fn push(&mut self, mel: &MelBank, magnitudes: &[f32], lap: &mut Lap<'_>) {
        let mut bands = [0.0; MEL_BANDS];
        mel.apply(magnitudes, &mut bands);
        let compressed = compress(&bands);
        lap.mark(Step::ShortSpectra);
        if let Some(tracker) = &mut self.timbre {
            tracker.push(magnitudes, &bands);
            lap.mark(Step::Timbre);
        }
        if let Some(tracker) = &mut self.rhythm {
            tracker.push(&compressed);
            lap.mark(Step::Rhythm);
        }
        let Waiting { structure, perceptual, similarity, bands: drawn } = &mut self.waiting;
        if let Some(tracker) = structure {
            tracker.push(&bands);
        }
        if let Some(tracker) = perceptual {
            tracker.push(&bands, &compressed);
        }
        if let Some(tracker) = similarity {
            tracker.push(&compressed);
        }
        if let Some(drawn) = drawn {
            drawn.push(&bands);
        }
        lap.mark(Step::Others);
    }

    fn footprint(frames: u64, needed: Families) -> u64 {
        let part = |family, bytes| if needed.contains(family) { bytes } else { 0 };
        part(Family::Rhythm, rhythm::Tracker::footprint(frames))
            + part(Family::Timbre, timbre::Tracker::footprint())
            + part(Family::Structure, structure::Tracker::footprint(frames))
            + part(Family::Perceptual, perceptual::Tracker::footprint(frames))
            + part(Family::Similarity, similarity::Tracker::footprint(frames))
            + part(Family::Waveform, waveform::Bands::footprint(frames))
    }
}

impl ShortLane {
    fn new(needed: Families) -> Option<Self> {
        Some(Self {
            listeners: Listeners::new(needed)?,
            stft: Stft::new(SHORT_WINDOW, SHORT_HOP),
            mel: MelBank::new(SHORT_WINDOW, f64::from(ANALYSIS_RATE_HZ)),
        })
    }

    fn push(&mut self, samples: &[f32], watch: &Watch) {
        let Self { stft, mel, listeners } = self;
        let mut lap = watch.lap();
        if let Some(tracker) = &mut listeners.waiting.perceptual {
            tracker.push_samples(samples);
            lap.mark(Step::Others);
        }
        stft.push(samples, |magnitudes| listeners.push(mel, magnitudes, &mut lap));
        lap.mark(Step::ShortSpectra);
    }

    fn finish(mut self) -> (Option<rhythm::Tracker>, Option<timbre::Tracker>, Waiting) {
        let Self { stft, mel, listeners } = &mut self;
        let nobody = Watch::default(); // a few frames only
        stft.finish(|magnitudes| listeners.push(mel, magnitudes, &mut nobody.lap()));
        (self.listeners.rhythm, self.listeners.timbre, self.listeners.waiting)
    }

    fn footprint(seconds: f64, needed: Families) -> u64 {
        let used = Listeners::footprint(frames_of(seconds, SHORT_HOP), needed);
        if used == 0 {
            0
        } else {
            used + Stft::footprint(SHORT_WINDOW) + MelBank::footprint(SHORT_WINDOW)
        }
    }
}

/// L2: long spectra.
struct LongLane {
    stft: Stft,
    tonal: tonal::Tracker,
}

impl LongLane {
    fn new(needed: Families) -> Option<Self> {
        needed
            .contains(Family::Tonal)
            .then(|| Self { stft: Stft::new(LONG_WINDOW, LONG_HOP), tonal: tonal::Tracker::new() })
    }

    fn push(&mut self, samples: &[f32], watch: &Watch) {
        let Self { stft, tonal } = self;
        let mut lap = watch.lap();
        stft.push(samples, |magnitudes| {
            lap.mark(Step::LongSpectra);
            tonal.push(magnitudes);
            lap.mark(Step::Tonal);
        });
        lap.mark(Step::LongSpectra);
    }

    fn finish(mut self) -> tonal::Tracker {
        let Self { stft, tonal } = &mut self;
        stft.finish(|magnitudes| tonal.push(magnitudes));
        self.tonal
    }

    fn footprint(seconds: f64, needed: Families) -> u64 {
        if !needed.contains(Family::Tonal) {
            return 0;
        }
        Stft::footprint(LONG_WINDOW) + tonal::Tracker::footprint(frames_of(seconds, LONG_HOP))
    }
}
