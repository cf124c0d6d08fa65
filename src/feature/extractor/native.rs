//! L0: the samples as they are.

use crate::audio::Chunk;
use crate::feature::catalogue::{Families, Family};
use crate::feature::{fingerprint, loudness, signal, waveform};
use crate::profile::{Step, Watch};
use crate::units::StreamSpec;

/// What reads the chunks at their own rate.
pub(super) struct NativeLane {
    loudness: Option<loudness::Meter>,
    signal: Option<signal::Inspector>,
    waveform: Option<waveform::Tracker>,
    fingerprint: Option<fingerprint::Tracker>,
}

/// What is known of the samples, after the last one.
pub(super) struct Native {
    pub(super) loudness: Option<loudness::Loudness>,
    pub(super) signal: Option<signal::Signal>,
    pub(super) waveform: Option<waveform::Tracker>,
    pub(super) fingerprint: Option<fingerprint::Fingerprint>,
}

impl NativeLane {
    pub(super) fn new(spec: &StreamSpec, needed: Families) -> Self {
        let needs = |family| needed.contains(family);
        Self {
            loudness: needs(Family::Loudness).then(|| loudness::Meter::new(spec)),
            signal: needs(Family::Signal).then(|| signal::Inspector::new(spec)),
            waveform: needs(Family::Waveform).then(|| waveform::Tracker::new(spec)),
            fingerprint: needs(Family::Fingerprint).then(|| fingerprint::Tracker::new(spec)),
        }
    }

    pub(super) fn push(&mut self, chunk: &Chunk, watch: &Watch) {
        let mut lap = watch.lap();
        if let Some(meter) = &mut self.loudness {
            meter.push(chunk);
            lap.mark(Step::Loudness);
        }
        if let Some(inspector) = &mut self.signal {
            inspector.push(chunk);
            lap.mark(Step::Signal);
        }
        if let Some(tracker) = &mut self.waveform {
            tracker.push(chunk);
            lap.mark(Step::Envelope);
        }
        if let Some(tracker) = &mut self.fingerprint {
            tracker.push(chunk);
            lap.mark(Step::Fingerprint);
        }
    }

    pub(super) fn finish(self) -> Native {
        Native {
            loudness: self.loudness.map(loudness::Meter::finish),
            signal: self.signal.map(signal::Inspector::finish),
            waveform: self.waveform,
            fingerprint: self.fingerprint.map(fingerprint::Tracker::finish),
        }
    }

    pub(super) fn footprint(spec: &StreamSpec, frames: u64, needed: Families) -> u64 {
        let part = |family, bytes| if needed.contains(family) { bytes } else { 0 };
        part(Family::Loudness, loudness::Meter::footprint(spec, frames))
            + part(Family::Signal, signal::Inspector::footprint(spec, frames))
            + part(Family::Waveform, waveform::Tracker::footprint(spec, frames))
            + part(Family::Fingerprint, fingerprint::Tracker::footprint(spec, frames))
    }
}
