//! All lanes of one track: from chunks to records.
//!
//! L0 reads the samples as they are (loudness, signal, envelope, fingerprint); L1 and L2 read mono at
//! the analysis rate (short spectra → rhythm, timbre and what is derived; long spectra → tonal). A
//! lane is built only when one of its families is needed. Lanes see the chunks in order and share
//! nothing, so they may run side by side; what they compute does not depend on it, nor on how the
//! track is cut into chunks. After the last chunk one step makes what needs several families.

#[cfg(test)]
mod faults;
mod heard;
mod mono;
mod native;

pub use heard::Heard;

use super::catalogue::{Families, Record};
use crate::audio::Chunk;
use crate::profile::{Step, Watch};
use crate::units::StreamSpec;
use mono::MonoLanes;
use native::NativeLane;

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
    wanted: Families,
    native: NativeLane,
    mono: Option<MonoLanes>,
    watch: Watch,
}

impl Extractor {
    /// Lanes for `wanted`, over a stream of `spec`.
    ///
    /// What a wanted family is computed from is computed too, so that a result never depends on what
    /// else was asked for.
    pub fn new(spec: &StreamSpec, wanted: Families) -> Self {
        let needed = wanted.with_inputs();
        Self {
            spec: spec.clone(),
            frames: 0,
            wanted,
            native: NativeLane::new(spec, needed),
            mono: MonoLanes::new(spec, needed),
            watch: Watch::default(),
        }
    }

    /// Has the processor time of every step measured.
    #[must_use]
    pub fn watched(mut self, watch: &Watch) -> Self {
        self.watch = watch.clone();
        self
    }

    /// Takes the next chunk.
    pub fn push(&mut self, chunk: &Chunk, lanes: Lanes<'_>) {
        self.frames += chunk.frames() as u64;
        #[cfg(test)]
        faults::strike(chunk, lanes);
        let (native, mono, watch) = (&mut self.native, &mut self.mono, &self.watch);
        match lanes {
            Lanes::InTurn => {
                native.push(chunk, watch);
                if let Some(mono) = mono {
                    mono.push(chunk, lanes, watch);
                }
            }
            Lanes::SideBySide(pool) => pool.install(|| {
                rayon::join(
                    || native.push(chunk, watch),
                    || mono.as_mut().map(|mono| mono.push(chunk, lanes, watch)),
                );
            }),
        }
    }

    /// Ends the stream and returns the records of the wanted families, in storage order.
    pub fn finish(self, lanes: Lanes<'_>) -> Vec<Record> {
        let duration_s = self.spec.rate.seconds(self.frames);
        let (native, mono, watch) = (self.native.finish(), self.mono, self.watch);
        let finish = |mono: MonoLanes| mono.finish(duration_s, lanes, &watch);
        let mono = match lanes {
            Lanes::InTurn => mono.map(finish),
            Lanes::SideBySide(pool) => pool.install(|| mono.map(finish)),
        };
        let mut lap = watch.lap();
        let records = heard::records(native, mono.unwrap_or_default(), self.wanted);
        lap.mark(Step::Derive);
        records
    }

    /// Upper bound of the bytes held over a track of `frames` frames, and at its end.
    pub fn footprint(spec: &StreamSpec, frames: u64, wanted: Families) -> u64 {
        let needed = wanted.with_inputs();
        NativeLane::footprint(spec, frames, needed) + MonoLanes::footprint(spec, frames, needed)
    }
}
