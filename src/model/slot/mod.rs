//! Models that a user brings: an ONNX file and its front-end contract.
//!
//! [`Spec`] says how samples become the tensors a model takes; [`Manifest`] lists the models of a
//! user; [`Registry`] loads them at first need, once; a [`Listener`] takes one track through one
//! model. Everything in front of the network is our own and streams; the network runs behind the
//! trait [`Session`].

mod answer;
mod error;
mod front_end;
mod listener;
mod manifest;
#[cfg(feature = "ort")]
mod ort_runtime;
mod patches;
pub mod presets;
mod registry;
#[cfg_attr(
    not(any(feature = "models", feature = "ort")),
    allow(dead_code, reason = "no runtime asks for it")
)]
mod session;
pub mod spec;
#[cfg(test)]
mod tests;
#[cfg(feature = "models")]
mod tract_runtime;

pub use answer::Answer;
pub use error::SlotError;
pub use listener::Listener;
pub use manifest::{Entry, Manifest, add, labels, remove};
pub use registry::{Model, ModelKey, Registry};
pub use session::{Data, Ports, Session, Tensor};
pub use spec::{Activation, Aggregate, Layout, Output, Spec};
