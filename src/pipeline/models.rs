//! Models of the user in a run: what is due, who hears it, what could not be had.

use std::sync::Arc;

use super::event::Event;
use super::run::Shared;
use super::stream::Interruption;
use crate::audio::{Chunk, PayloadHash};
use crate::model::slot::{Listener, Model, Registry, SlotError};
use crate::store::{Op, StoreError, TrackId};
use crate::units::StreamSpec;

/// The models whose answers of a track are missing or outdated, without those that cannot be had.
pub(super) fn due(
    shared: &Shared<'_>,
    track: Option<TrackId>,
) -> Result<Vec<Arc<Model>>, StoreError> {
    let mut due = Vec::new();
    for key in &shared.model_keys {
        let known = match track {
            Some(track) if !shared.options.force => {
                shared.kept(shared.store.readers().has_answers(track, key))?
            }
            _ => false,
        };
        if known {
            continue;
        }
        match shared.models.get(&key.name, &|| shared.cancel.interrupts()) {
            Ok(model) => due.push(model),
            Err(error) => tell(shared, &shared.models, &key.name, &error),
        }
    }
    Ok(due)
}

/// Tells of a model that fails, once.
fn tell(shared: &Shared<'_>, models: &Registry, name: &str, error: &SlotError) {
    // A run that is being stopped has nothing against its models.
    if shared.cancel.interrupts() || !models.tell(name) {
        return;
    }
    let message = format!("model {name:?} is not used: {error}");
    tracing::info!(model = name, kind = error.kind(), "{message}");
    shared.observer.observe(&Event::Warning { path: &models.path(name), message });
}

/// All models that hear one track.
pub(super) struct Listeners(Vec<Listener>);

impl Listeners {
    pub(super) fn new(shared: &Shared<'_>, due: &[Arc<Model>], spec: &StreamSpec) -> Self {
        let mut listeners = Vec::new();
        for model in due {
            match Listener::new(model, spec) {
                Ok(listener) => listeners.push(listener),
                Err(error) => tell(shared, &shared.models, &model.key().name, &error),
            }
        }
        Self(listeners)
    }

    pub(super) fn push(&mut self, chunk: &Chunk) {
        for listener in &mut self.0 {
            listener.push(chunk);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Ends the track; a model that failed over it has nothing to say.
    pub(super) fn finish(self, shared: &Shared<'_>) -> Answers {
        let mut answers = Vec::new();
        for listener in self.0 {
            let key = listener.model().key().clone();
            match listener.finish() {
                Ok(said) => answers.push((key, said)),
                Err(error) => tell(shared, &shared.models, &key.name, &error),
            }
        }
        Answers(answers)
    }

    /// Bytes all of them hold over a track, at most. They run in turn, but what is counted for a run
    /// of each is counted for all: that is the safe side.
    pub(super) fn footprint(due: &[Arc<Model>], spec: &StreamSpec, frames: u64) -> u64 {
        due.iter().map(|model| Listener::footprint(model, spec, frames)).sum()
    }
}

/// What models said of a track.
#[derive(Default)]
pub(super) struct Answers(Vec<(crate::model::slot::ModelKey, Vec<crate::model::slot::Answer>)>);

impl Answers {
    /// The operations that store them, once the track itself is stored.
    pub(super) fn ops(self, payload: PayloadHash) -> impl Iterator<Item = Op> {
        let op = move |(model, answers)| Op::Answered { payload, model, answers };
        self.0.into_iter().map(op)
    }
}

impl From<StoreError> for Interruption {
    /// A store that fails stops the run; the file is not to blame.
    fn from(_: StoreError) -> Self {
        Self::Cancelled
    }
}
