//! The runtime that is always there: tract, in pure Rust.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use tract_onnx::pb::{self, tensor_proto, tensor_shape_proto::dimension, type_proto};
use tract_onnx::prelude::*;
use tract_onnx::tract_hir::internal::{DimLike, Op};
use tract_onnx::tract_hir::ops::unimpl::UnimplementedOp;

use super::SlotError;
use super::session::{Binding, Data, Ports, Session, Tensor as Numbers};
use super::spec::Spec;

const RUNTIME: &str = "tract";

/// Bytes that one operator may make of nothing: constants are folded while a model is loaded.
const MOST_CONSTANT: u64 = 1 << 30;

/// A model laid out for running.
pub(super) struct TractSession {
    plan: Arc<TypedRunnableModel>,
    output_shapes: Vec<Vec<usize>>,
    weight_bytes: u64,
    run_bytes: u64,
}

impl TractSession {
    /// Reads, checks and optimises a model.
    pub(super) fn open(bytes: &[u8], spec: &Spec) -> Result<Self, SlotError> {
        guarded(|| {
            let proto = tract_onnx::onnx()
                .proto_model_for_read(&mut &*bytes)
                .map_err(|error| SlotError::Malformed(reason(&error)))?;
            check(&proto, bytes.len())?;
            let binding = Binding::new(spec, &ports(&proto)?)?;
            let mut session = build(&proto, &binding, spec)?;
            // Weights that were packed into operators are no constants any more.
            session.weight_bytes = session.weight_bytes.max(bytes.len() as u64);
            Ok(session)
        })
    }
}

/// Panics of the runtime are errors of the model.
fn guarded<T>(work: impl FnOnce() -> Result<T, SlotError>) -> Result<T, SlotError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<&str>().map(ToString::to_string);
        let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
        let reason = format!("panic: {}", text.unwrap_or_else(|| "of unknown cause".into()));
        Err(SlotError::Runtime { runtime: RUNTIME, reason })
    })
}

/// An error with its causes.
fn reason(error: &TractError) -> String {
    format!("{error:#}")
}

fn failed(error: &TractError) -> SlotError {
    SlotError::Runtime { runtime: RUNTIME, reason: reason(error) }
}

/// Refuses what would cost memory the file does not hold, before anything is made of it.
fn check(proto: &pb::ModelProto, bytes: usize) -> Result<(), SlotError> {
    let graph = graph(proto)?;
    if graph.node.is_empty() {
        return Err(SlotError::Malformed("there is nothing to compute".into()));
    }
    for tensor in &graph.initializer {
        check_weights(tensor, bytes)?;
    }
    graph.node.iter().try_for_each(|node| check_constant(node, graph))
}

fn graph(proto: &pb::ModelProto) -> Result<&pb::GraphProto, SlotError> {
    proto.graph.as_ref().ok_or_else(|| SlotError::Malformed("there is no graph".into()))
}

fn check_weights(tensor: &pb::TensorProto, bytes: usize) -> Result<(), SlotError> {
    if tensor.data_location == Some(tensor_proto::DataLocation::External as i32) {
        return Err(SlotError::External { tensor: tensor.name.clone() });
    }
    let numbers = count(&tensor.dims);
    // No format of numbers takes less than half a byte.
    if numbers.is_none_or(|numbers| numbers > 2 * bytes as u64) {
        let text = format!("{:?} claims {:?} numbers", tensor.name, tensor.dims);
        return Err(SlotError::Malformed(text));
    }
    Ok(())
}

/// The product of `dims`; `None` when one is negative or the product absurd.
fn count(dims: &[i64]) -> Option<u64> {
    dims.iter().try_fold(1_u64, |n, &dim| n.checked_mul(u64::try_from(dim).ok()?))
}

/// An operator that fills a shape with one number costs nothing in the file and much in memory.
fn check_constant(node: &pb::NodeProto, graph: &pb::GraphProto) -> Result<(), SlotError> {
    if !matches!(node.op_type.as_str(), "ConstantOfShape" | "Expand" | "Tile") {
        return Ok(());
    }
    let shape = graph.initializer.iter().find(|tensor| node.input.contains(&tensor.name));
    let dims = shape.map(whole_numbers).unwrap_or_default();
    match count(&dims) {
        Some(numbers) if numbers.saturating_mul(4) <= MOST_CONSTANT => Ok(()),
        _ => Err(SlotError::Malformed(format!("{} makes {dims:?} numbers", node.op_type))),
    }
}

fn whole_numbers(tensor: &pb::TensorProto) -> Vec<i64> {
    let raw = tensor.raw_data.as_chunks::<8>().0.iter().map(|bytes| i64::from_le_bytes(*bytes));
    tensor.int64_data.iter().copied().chain(raw).collect()
}

/// The tensors that go in and out; weights are listed among the inputs by old exporters.
fn ports(proto: &pb::ModelProto) -> Result<Ports, SlotError> {
    let graph = graph(proto)?;
    let is_weight = |name: &str| graph.initializer.iter().any(|tensor| tensor.name == name);
    let inputs = graph.input.iter().filter(|input| !is_weight(&input.name));
    Ok(Ports {
        inputs: inputs.map(|input| (input.name.clone(), declared(input))).collect(),
        outputs: graph.output.iter().map(|output| output.name.clone()).collect(),
    })
}

/// The shape an input declares; `None` where any length will do.
fn declared(input: &pb::ValueInfoProto) -> Vec<Option<usize>> {
    let value = input.r#type.as_ref().and_then(|kind| kind.value.as_ref());
    let Some(type_proto::Value::TensorType(tensor)) = value else { return Vec::new() };
    let dims = tensor.shape.iter().flat_map(|shape| &shape.dim);
    let length = |dim: &pb::tensor_shape_proto::Dimension| match dim.value {
        Some(dimension::Value::DimValue(length)) => usize::try_from(length).ok().filter(|&l| l > 0),
        _ => None,
    };
    dims.map(length).collect()
}

fn build(
    proto: &pb::ModelProto,
    binding: &Binding,
    spec: &Spec,
) -> Result<TractSession, SlotError> {
    let runtime = |error: TractError| failed(&error);
    let mut model = tract_onnx::onnx().model_for_proto_model(proto).map_err(runtime)?;
    refuse_unknown(&model)?;
    let (inputs, outputs) = (&binding.inputs, &binding.outputs);
    model.set_input_names(inputs.iter().map(|(name, _)| name)).map_err(runtime)?;
    model.select_outputs_by_name(outputs).map_err(runtime)?;
    let whole = spec.constant.len();
    for (at, (_, shape)) in inputs.iter().enumerate() {
        let kind = if at + whole >= inputs.len() { i64::datum_type() } else { f32::datum_type() };
        let fact = InferenceFact::dt_shape(kind, shape);
        model.set_input_fact(at, fact).map_err(runtime)?;
    }
    for at in 0..outputs.len() {
        model.set_output_fact(at, InferenceFact::default()).map_err(runtime)?;
    }
    let model = model.into_optimized().map_err(runtime)?;
    let (weight_bytes, run_bytes) = sizes(&model)?;
    let output_shapes = shapes(&model, spec.output.len())?;
    let plan = model.into_runnable().map_err(runtime)?;
    Ok(TractSession { plan, output_shapes, weight_bytes, run_bytes })
}

fn refuse_unknown(model: &InferenceModel) -> Result<(), SlotError> {
    let unknown = model.nodes().iter().filter_map(|node| node.op_as::<UnimplementedOp>());
    let mut operators: Vec<String> = unknown.map(|op| operator(&op.name())).collect();
    operators.sort();
    operators.dedup();
    if operators.is_empty() {
        Ok(())
    } else {
        Err(SlotError::UnknownOperators { runtime: RUNTIME, operators })
    }
}

/// The operator behind the name that the runtime gives to what it does not know.
fn operator(name: &str) -> String {
    let inner = name.split_once('(').map(|(_, inner)| inner.trim_end_matches(')'));
    inner.unwrap_or(name).to_owned()
}

/// Bytes of the weights, and of all that a run makes: more than lives at one time.
fn sizes(model: &TypedModel) -> Result<(u64, u64), SlotError> {
    let (mut weights, mut made) = (0, 0);
    for fact in model.nodes().iter().flat_map(|node| &node.outputs).map(|outlet| &outlet.fact) {
        let bytes = bytes_of(fact)?;
        *(if fact.konst.is_some() { &mut weights } else { &mut made }) += bytes;
    }
    Ok((weights, made))
}

fn bytes_of(fact: &TypedFact) -> Result<u64, SlotError> {
    let numbers = fact.shape.iter().try_fold(1_u64, |n, dim| {
        n.checked_mul(dim.to_i64().ok().and_then(|dim| u64::try_from(dim).ok())?)
    });
    let text = || SlotError::Malformed(format!("a tensor has no fixed shape: {:?}", fact.shape));
    numbers.map(|n| n.saturating_mul(fact.datum_type.size_of() as u64)).ok_or_else(text)
}

fn shapes(model: &TypedModel, count: usize) -> Result<Vec<Vec<usize>>, SlotError> {
    let shape = |at: usize| {
        let fact = model.output_fact(at).map_err(|error| failed(&error))?;
        let dims = fact.shape.iter().map(DimLike::to_usize);
        dims.collect::<Result<Vec<_>, _>>().map_err(|error| failed(&error.into()))
    };
    (0..count).map(shape).collect()
}

fn to_tract(numbers: &Numbers) -> TractResult<TValue> {
    let tensor = match &numbers.data {
        Data::Floats(floats) => Tensor::from_shape(&numbers.shape, floats)?,
        Data::Integers(whole) => Tensor::from_shape(&numbers.shape, whole)?,
    };
    Ok(tensor.into_tvalue())
}

fn from_tract(value: &TValue) -> TractResult<Numbers> {
    let floats = value.cast_to::<f32>()?;
    let data = floats.try_as_plain_ram()?.as_slice::<f32>()?.to_vec();
    Ok(Numbers::floats(value.shape().to_vec(), data))
}

impl Session for TractSession {
    fn run(&self, inputs: &[Numbers]) -> Result<Vec<Numbers>, SlotError> {
        guarded(|| {
            let inputs = inputs.iter().map(to_tract).collect::<TractResult<TVec<_>>>();
            let outputs = inputs.and_then(|inputs| self.plan.run(inputs));
            let outputs = outputs.and_then(|values| values.iter().map(from_tract).collect());
            outputs.map_err(|error| failed(&error))
        })
    }

    fn output_shapes(&self) -> &[Vec<usize>] {
        &self.output_shapes
    }

    fn weight_bytes(&self) -> u64 {
        self.weight_bytes
    }

    fn run_bytes(&self) -> u64 {
        self.run_bytes
    }

    fn runtime(&self) -> &'static str {
        RUNTIME
    }
}
