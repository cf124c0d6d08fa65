//! What runs a model: one trait, a runtime behind it.

use super::SlotError;
use super::spec::Spec;

/// Numbers with a shape.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    /// Length along each axis.
    pub shape: Vec<usize>,
    /// The numbers, the last axis fastest.
    pub data: Data,
}

/// Numbers of a tensor.
#[derive(Clone, Debug, PartialEq)]
pub enum Data {
    /// Single-precision floats.
    Floats(Vec<f32>),
    /// Whole numbers.
    Integers(Vec<i64>),
}

impl Tensor {
    /// A tensor of floats.
    pub fn floats(shape: Vec<usize>, data: Vec<f32>) -> Self {
        Self { shape, data: Data::Floats(data) }
    }

    /// The floats; empty for whole numbers.
    pub fn as_floats(&self) -> &[f32] {
        match &self.data {
            Data::Floats(floats) => floats,
            Data::Integers(_) => &[],
        }
    }
}

/// A model ready to run; shared by all threads.
pub trait Session: Send + Sync {
    /// Runs one batch. Inputs: the patches, then the states, then the constants, as in the
    /// specification. Outputs: those of the specification, then the states.
    fn run(&self, inputs: &[Tensor]) -> Result<Vec<Tensor>, SlotError>;

    /// The shapes of the outputs of the specification.
    fn output_shapes(&self) -> &[Vec<usize>];

    /// Bytes of weights held.
    fn weight_bytes(&self) -> u64;

    /// Bytes one run holds at most.
    fn run_bytes(&self) -> u64;

    /// Name of the runtime.
    fn runtime(&self) -> &'static str;
}

/// What the file says of its tensors, in its order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ports {
    /// Inputs that are no weights: name, and lengths where they are fixed.
    pub inputs: Vec<(String, Vec<Option<usize>>)>,
    /// Names of the outputs.
    pub outputs: Vec<String>,
}

/// The tensors of a specification among those of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Binding {
    /// Names of the inputs with their shapes: patches, states, constants.
    pub(super) inputs: Vec<(String, Vec<usize>)>,
    /// Names of the outputs: those of the specification, then the states.
    pub(super) outputs: Vec<String>,
}

impl Binding {
    /// Finds every tensor of `spec` among `ports`.
    ///
    /// # Errors
    /// [`SlotError::NoTensor`], [`SlotError::Shape`].
    pub(super) fn new(spec: &Spec, ports: &Ports) -> Result<Self, SlotError> {
        let states = spec.state.iter().map(|state| (state.input.clone(), state.shape.clone()));
        let fixed = spec.constant.iter().map(|c| (c.input.clone(), c.shape.clone()));
        let others: Vec<(String, Vec<usize>)> = states.chain(fixed).collect();
        let taken = |name: &str| others.iter().any(|(other, _)| other == name);
        let first = ports.inputs.iter().map(|(name, _)| name).find(|name| !taken(name));
        let patches = spec.input.tensor.as_ref().or(first).cloned().unwrap_or_default();
        let mut inputs = vec![(patches, spec.input_shape())];
        inputs.extend(others);
        inputs.iter().try_for_each(|(name, shape)| fits(ports, name, shape))?;
        if let Some((name, _)) = ports.inputs.iter().find(|(n, _)| inputs.iter().all(|i| i.0 != *n))
        {
            let reason = format!("input {name:?} is neither patches nor state nor constant");
            return Err(SlotError::Spec(reason));
        }
        Ok(Self { inputs, outputs: outputs(spec, ports)? })
    }
}

fn fits(ports: &Ports, name: &str, made: &[usize]) -> Result<(), SlotError> {
    let Some((_, declared)) = ports.inputs.iter().find(|(port, _)| port == name) else {
        let known = ports.inputs.iter().map(|(port, _)| port.clone()).collect();
        return Err(SlotError::NoTensor { kind: "input", name: name.to_owned(), known });
    };
    let same = |(declared, made): (&Option<usize>, &usize)| declared.is_none_or(|d| d == *made);
    // A file may leave the shape of an input open altogether.
    if declared.is_empty() && !made.is_empty() {
        return Ok(());
    }
    if declared.len() == made.len() && declared.iter().zip(made).all(same) {
        return Ok(());
    }
    let text = declared.iter().map(|d| d.map_or_else(|| "?".to_owned(), |d| d.to_string()));
    let expected = format!("[{}]", text.collect::<Vec<_>>().join(", "));
    Err(SlotError::Shape { tensor: name.to_owned(), expected, made: made.to_vec() })
}

fn outputs(spec: &Spec, ports: &Ports) -> Result<Vec<String>, SlotError> {
    let states: Vec<&String> = spec.state.iter().map(|state| &state.output).collect();
    let first = ports.outputs.iter().find(|name| !states.contains(name));
    let wanted = spec.output.iter().map(|output| output.tensor.as_ref().or(first));
    let names = wanted.flatten().chain(states.iter().copied()).cloned();
    let names: Vec<String> = names.collect();
    match names.iter().find(|name| !ports.outputs.contains(name)) {
        None if !names.is_empty() => Ok(names),
        missing => Err(SlotError::NoTensor {
            kind: "output",
            name: missing.cloned().unwrap_or_default(),
            known: ports.outputs.clone(),
        }),
    }
}

/// Makes a session of the bytes of a model by the runtime this program was built with.
///
/// # Errors
/// Whatever is wrong with the file or its fit to `spec`.
pub(super) fn open(bytes: &[u8], spec: &Spec) -> Result<Box<dyn Session>, SlotError> {
    #[cfg(feature = "ort")]
    if let Some(session) = super::ort_runtime::open(bytes, spec)? {
        return Ok(session);
    }
    #[cfg(feature = "models")]
    return Ok(Box::new(super::tract_runtime::TractSession::open(bytes, spec)?));
    #[cfg(not(feature = "models"))]
    {
        let _ = (bytes, spec);
        let text = "this program was built without a runtime for models (cargo feature `models`)";
        Err(SlotError::NoRuntime(text.to_owned()))
    }
}
