//! The other runtime: ONNX Runtime, from a shared library that the user installs.
//!
//! The library is looked for where `ort` looks: `ORT_DYLIB_PATH`, or the loader's usual places. When
//! it is not there, tract runs the model.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, OnceLock, PoisonError};

use ort::environment::Environment;
use ort::session::{Session as OrtSession, SessionInputValue};
use ort::value::{Tensor as OrtTensor, ValueType};

use super::SlotError;
use super::session::{Binding, Data, Ports, Session, Tensor};
use super::spec::Spec;

const RUNTIME: &str = "onnxruntime";

/// What a run may hold per number that goes in and per byte of the file: the library does not tell.
const PER_INPUT: u64 = 256;

/// A model in ONNX Runtime.
struct Ort {
    /// The library wants one run at a time.
    session: Mutex<OrtSession>,
    binding: Binding,
    output_shapes: Vec<Vec<usize>>,
    bytes: u64,
    inputs: u64,
}

/// The library, if it is there; looked for once.
fn environment() -> Option<&'static Environment> {
    static ENVIRONMENT: OnceLock<Option<Environment>> = OnceLock::new();
    let made = || catch_unwind(|| ort::init().build().ok()).ok().flatten();
    ENVIRONMENT.get_or_init(made).as_ref()
}

fn failed(error: impl std::fmt::Display) -> SlotError {
    SlotError::Runtime { runtime: RUNTIME, reason: error.to_string() }
}

/// Why a file is no session: an operator that the library lacks, which it says in words only, or what is no model.
fn refused(error: impl std::fmt::Display) -> SlotError {
    let text = error.to_string();
    let lacking =
        text.split_once("No Op registered for ").and_then(|(_, rest)| rest.split(' ').next());
    match lacking.map(str::to_owned) {
        Some(operator) => {
            SlotError::UnknownOperators { runtime: RUNTIME, operators: vec![operator] }
        }
        None => SlotError::Malformed(text),
    }
}

/// `None` when the library is not there.
pub(super) fn open(bytes: &[u8], spec: &Spec) -> Result<Option<Box<dyn Session>>, SlotError> {
    let Some(environment) = environment() else { return Ok(None) };
    let made = catch_unwind(AssertUnwindSafe(|| make(environment, bytes, spec)));
    let session = made.unwrap_or_else(|_| Err(failed("it panicked")))?;
    Ok(Some(Box::new(session)))
}

fn make(environment: &Environment, bytes: &[u8], spec: &Spec) -> Result<Ort, SlotError> {
    let builder = OrtSession::builder(environment).map_err(failed)?;
    // One thread: files are what runs side by side.
    let mut builder = builder.with_intra_threads(1).map_err(failed)?;
    let session = builder.commit_from_memory(bytes).map_err(refused)?;
    let binding = Binding::new(spec, &ports(&session))?;
    let inputs = binding.inputs.iter().map(|(_, shape)| shape.iter().product::<usize>() as u64);
    let mut made = Ort {
        inputs: inputs.sum(),
        session: Mutex::new(session),
        binding,
        output_shapes: Vec::new(),
        bytes: bytes.len() as u64,
    };
    // The shapes of the outputs are known for certain only once there are some.
    let outputs = made.run(&zeros(&made.binding, spec))?;
    made.output_shapes =
        outputs.into_iter().take(spec.output.len()).map(|tensor| tensor.shape).collect();
    Ok(made)
}

fn ports(session: &OrtSession) -> Ports {
    let lengths = |kind: &ValueType| match kind {
        ValueType::Tensor { shape, .. } => {
            shape.iter().map(|&dim| usize::try_from(dim).ok().filter(|&dim| dim > 0)).collect()
        }
        _ => Vec::new(),
    };
    let inputs = session.inputs().iter();
    Ports {
        inputs: inputs.map(|port| (port.name().to_owned(), lengths(port.dtype()))).collect(),
        outputs: session.outputs().iter().map(|port| port.name().to_owned()).collect(),
    }
}

/// Silence in every input, and the constants.
fn zeros(binding: &Binding, spec: &Spec) -> Vec<Tensor> {
    let variable = binding.inputs.len() - spec.constant.len();
    let zeros = binding.inputs.iter().take(variable);
    let zeros =
        zeros.map(|(_, shape)| Tensor::floats(shape.clone(), vec![0.0; shape.iter().product()]));
    let constants = spec.constant.iter().map(|constant| Tensor {
        shape: constant.shape.clone(),
        data: Data::Integers(constant.integers.clone()),
    });
    zeros.chain(constants).collect()
}

fn to_ort(tensor: &Tensor) -> Result<SessionInputValue<'static>, SlotError> {
    let shape = tensor.shape.clone();
    Ok(match &tensor.data {
        Data::Floats(floats) => {
            OrtTensor::from_array((shape, floats.clone())).map_err(failed)?.into()
        }
        Data::Integers(whole) => {
            OrtTensor::from_array((shape, whole.clone())).map_err(failed)?.into()
        }
    })
}

impl Session for Ort {
    fn run(&self, inputs: &[Tensor]) -> Result<Vec<Tensor>, SlotError> {
        let names = self.binding.inputs.iter().map(|(name, _)| name.clone());
        let values = names.zip(inputs).map(|(name, tensor)| Ok((name, to_ort(tensor)?)));
        let values = values.collect::<Result<Vec<_>, SlotError>>()?;
        let mut session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        let outputs = session.run(values).map_err(failed)?;
        let extract = |name: &String| {
            let value = outputs.get(name).ok_or_else(|| failed("an output is missing"))?;
            let (shape, floats) = value.try_extract_tensor::<f32>().map_err(failed)?;
            let shape = shape.iter().map(|&dim| dim as usize).collect();
            Ok(Tensor::floats(shape, floats.to_vec()))
        };
        self.binding.outputs.iter().map(extract).collect()
    }

    fn output_shapes(&self) -> &[Vec<usize>] {
        &self.output_shapes
    }

    fn weight_bytes(&self) -> u64 {
        self.bytes
    }

    fn run_bytes(&self) -> u64 {
        PER_INPUT * self.inputs + self.bytes
    }

    fn runtime(&self) -> &'static str {
        RUNTIME
    }
}
