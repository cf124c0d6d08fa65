//! One track through one model, as a stream.

use std::sync::Arc;

use super::SlotError;
use super::answer::{Answer, Gatherer};
use super::front_end::FrontEnd;
use super::patches::{Patcher, Piece, lay_out, normalise};
use super::registry::Model;
use super::session::{Data, Tensor};
use super::spec::{Last, PatchOf, Spec};
use crate::audio::{CHUNK_FRAMES, Chunk};
use crate::dsp::resample::Resampler;
use crate::units::StreamSpec;

/// Samples that go through the front end at once.
const BLOCK: usize = 8192;

/// Hears one track for one model.
///
/// `new`, `push` any number of times, `finish`. The answers do not depend on how the stream is cut.
pub struct Listener {
    model: Arc<Model>,
    resampler: Resampler,
    samples: Vec<f32>,
    front_end: Option<FrontEnd>,
    rows: Vec<f32>,
    patcher: Patcher,
    batch: Batch,
    failure: Option<SlotError>,
}

/// Patches on their way through the model.
struct Batch {
    model: Arc<Model>,
    input: Vec<f32>,
    /// Of each patch in it, the frames that are of the track.
    real: Vec<usize>,
    states: Vec<Tensor>,
    gatherers: Vec<Gatherer>,
}

impl Listener {
    /// A listener for one track.
    ///
    /// # Errors
    /// Those of a specification that was never checked.
    pub fn new(model: &Arc<Model>, stream: &StreamSpec) -> Result<Self, SlotError> {
        let spec = model.spec();
        let of_frames = spec.patch.of == PatchOf::Frames;
        let front_end = if of_frames { FrontEnd::new(spec) } else { None };
        let silence = front_end.as_ref().map_or_else(|| vec![0.0], FrontEnd::silence);
        Ok(Self {
            model: Arc::clone(model),
            resampler: Resampler::to_rate(stream, spec.rate()?, spec.input.resampler),
            samples: Vec::new(),
            front_end,
            rows: Vec::new(),
            patcher: Patcher::new(&spec.patch, silence),
            batch: Batch::new(model),
            failure: None,
        })
    }

    /// The model.
    pub fn model(&self) -> &Arc<Model> {
        &self.model
    }

    /// Takes the next chunk; after a failure nothing more is done.
    pub fn push(&mut self, chunk: &Chunk) {
        if self.failure.is_some() {
            return;
        }
        let mut samples = std::mem::take(&mut self.samples);
        samples.clear();
        self.resampler.push(chunk, &mut samples);
        self.hear(&samples);
        self.samples = samples;
    }

    fn hear(&mut self, samples: &[f32]) {
        for block in samples.chunks(BLOCK) {
            if let Some(front_end) = &mut self.front_end {
                self.rows.clear();
                front_end.push(block, &mut self.rows);
            }
            let rows = if self.front_end.is_some() { self.rows.as_slice() } else { block };
            let (batch, failure) = (&mut self.batch, &mut self.failure);
            self.patcher.push(rows, |piece| note(failure, || batch.push(&piece)));
        }
    }

    /// Ends the track and returns the answers, in the order of the specification.
    ///
    /// # Errors
    /// What the runtime failed of, at any time.
    pub fn finish(mut self) -> Result<Vec<Answer>, SlotError> {
        if self.failure.is_none() {
            self.samples.clear();
            self.resampler.finish(&mut self.samples);
            let samples = std::mem::take(&mut self.samples);
            self.hear(&samples);
            self.hear_the_end();
        }
        let Self { mut batch, mut failure, .. } = self;
        note(&mut failure, || batch.flush());
        failure.map_or_else(|| Ok(batch.answers()), Err)
    }

    fn hear_the_end(&mut self) {
        let (batch, failure) = (&mut self.batch, &mut self.failure);
        if let Some(front_end) = &mut self.front_end {
            self.rows.clear();
            front_end.finish(&mut self.rows);
            self.patcher.push(&self.rows, |piece| note(failure, || batch.push(&piece)));
        }
        self.patcher.finish(|piece| note(failure, || batch.push(&piece)));
    }

    /// Upper bound of the bytes held over a track of `frames` frames, one run of the model included.
    pub fn footprint(model: &Model, stream: &StreamSpec, frames: u64) -> u64 {
        let spec = model.spec();
        let Ok(rate) = spec.rate() else { return 0 };
        let at_rate =
            |frames: u64| (frames * u64::from(rate.get())).div_ceil(u64::from(stream.rate.get()));
        let width = if spec.patch.of == PatchOf::Frames { spec.width() } else { 1 };
        let patches = patches_of(spec, at_rate(frames));
        let gathered = model.axes().zip(&spec.output);
        let gathered: u64 =
            gathered.map(|(axes, output)| Gatherer::footprint(output, axes, patches)).sum();
        Resampler::footprint_to_rate(stream, rate, spec.input.resampler)
            + FrontEnd::footprint(spec)
            + Patcher::footprint(&spec.patch, width)
            + buffers(spec, at_rate(CHUNK_FRAMES as u64))
            + model.session().run_bytes()
            + gathered
    }
}

/// Bytes of a chunk of `samples` samples at the model's rate, the rows of a block, the batch, and its
/// copy in the runtime; vectors may have doubled.
fn buffers(spec: &Spec, samples: u64) -> u64 {
    let rows = (BLOCK * spec.width()) as u64;
    let batch = spec.input_shape().iter().product::<usize>() as u64;
    4 * (2 * samples + 2 * rows + 3 * batch)
}

/// Patches that `samples` samples become, at most.
fn patches_of(spec: &Spec, samples: u64) -> u64 {
    let units = match (&spec.spectrum, spec.patch.of) {
        (Some(spectrum), PatchOf::Frames) => samples / spectrum.hop as u64 + 2,
        _ => samples,
    };
    (units + spec.patch.lead as u64) / spec.patch.step() as u64 + 2
}

/// Does the work unless something failed before, and keeps its failure.
fn note(failure: &mut Option<SlotError>, work: impl FnOnce() -> Result<(), SlotError>) {
    if failure.is_none() {
        *failure = work().err();
    }
}

impl Batch {
    fn new(model: &Arc<Model>) -> Self {
        let spec = model.spec();
        let zeros = |shape: &[usize]| vec![0.0; shape.iter().product()];
        let states = spec.state.iter().map(|s| Tensor::floats(s.shape.clone(), zeros(&s.shape)));
        let gatherers =
            spec.output.iter().zip(model.axes()).map(|(o, axes)| Gatherer::new(o, axes));
        Self {
            model: Arc::clone(model),
            input: Vec::new(),
            real: Vec::new(),
            states: states.collect(),
            gatherers: gatherers.collect(),
        }
    }

    fn push(&mut self, piece: &Piece<'_>) -> Result<(), SlotError> {
        let spec = self.model.spec();
        let mut patch = match spec.patch.of {
            PatchOf::Samples => frames_of_patch(spec, piece.rows),
            PatchOf::Frames => piece.rows.to_vec(),
        };
        normalise(&mut patch, spec.log.as_ref(), &spec.patch);
        lay_out(&patch, spec.width(), spec.input.layout.is_transposed(), &mut self.input);
        // A repeated rest is heard as a whole.
        let padded = spec.patch.last == Last::Pad;
        self.real.push(if padded { piece.real } else { spec.patch.length });
        if self.real.len() == spec.input.batch { self.run() } else { Ok(()) }
    }

    /// Runs what is left over, filled up with silence whose answers are forgotten.
    fn flush(&mut self) -> Result<(), SlotError> {
        if self.real.is_empty() { Ok(()) } else { self.run() }
    }

    fn run(&mut self) -> Result<(), SlotError> {
        let spec = self.model.spec();
        let shape = spec.input_shape();
        self.input.resize(shape.iter().product(), 0.0);
        let mut inputs = vec![Tensor::floats(shape, std::mem::take(&mut self.input))];
        inputs.append(&mut self.states);
        inputs.extend(spec.constant.iter().map(|constant| Tensor {
            shape: constant.shape.clone(),
            data: Data::Integers(constant.integers.clone()),
        }));
        let mut outputs = self.model.session().run(&inputs)?;
        self.states = outputs.split_off(spec.output.len().min(outputs.len()));
        for ((gatherer, axes), output) in
            self.gatherers.iter_mut().zip(self.model.axes()).zip(&outputs)
        {
            let patches = output.as_floats().chunks(axes.numbers().max(1));
            for (patch, &real) in patches.zip(&self.real) {
                gatherer.push(patch, real, spec.patch.length);
            }
        }
        self.real.clear();
        if let Some(Tensor { data: Data::Floats(floats), .. }) = inputs.into_iter().next() {
            self.input = floats;
            self.input.clear();
        }
        Ok(())
    }

    fn answers(self) -> Vec<Answer> {
        let outputs = &self.model.spec().output;
        self.gatherers.into_iter().zip(outputs).map(|(g, output)| g.finish(output)).collect()
    }
}

/// The spectrogram of a patch of samples; the samples themselves without one.
fn frames_of_patch(spec: &Spec, samples: &[f32]) -> Vec<f32> {
    let Some(mut front_end) = FrontEnd::new(spec) else { return samples.to_vec() };
    let mut rows = Vec::with_capacity(spec.patch_frames() * spec.width());
    front_end.push(samples, &mut rows);
    front_end.finish(&mut rows);
    rows
}
