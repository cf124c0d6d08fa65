//! One column of a row group.

use crate::feature::Value;
use crate::feature::catalogue::Kind;
use ::parquet::basic::{LogicalType, Repetition, Type as Physical};
use ::parquet::column::writer::ColumnWriter;
use ::parquet::data_type::ByteArray;
use ::parquet::errors::ParquetError;
use ::parquet::schema::types::{ColumnPath, Type};
use std::sync::Arc;

/// Values that are there, one after the other.
#[derive(Debug)]
enum Values {
    Doubles(Vec<f64>),
    Floats(Vec<f32>),
    Integers(Vec<i64>),
    Bytes(Vec<ByteArray>),
}

/// The values of a column, with the levels that say which are there.
///
/// A plain value has definition level 1, an undefined one 0. Of a list each element has 2, an empty one 1, an
/// undefined one 0; repetition is 0 where a list begins (Dremel's encoding, as the format has it).
#[derive(Debug)]
pub(super) struct Buffer {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    values: Values,
    defined: Vec<i16>,
    repeated: Vec<i16>,
    /// Bytes of those of `values` that are no numbers.
    text_bytes: usize,
}

impl Buffer {
    pub(super) fn new(name: &'static str, kind: Kind) -> Self {
        let values = match kind {
            Kind::Real | Kind::Times => Values::Doubles(Vec::new()),
            Kind::Integer => Values::Integers(Vec::new()),
            Kind::Vector => Values::Floats(Vec::new()),
            Kind::Text | Kind::Json | Kind::Bytes => Values::Bytes(Vec::new()),
        };
        Self { name, kind, values, defined: Vec::new(), repeated: Vec::new(), text_bytes: 0 }
    }

    fn is_list(&self) -> bool {
        matches!(self.kind, Kind::Times | Kind::Vector)
    }

    /// Its place in the schema.
    pub(super) fn path(&self) -> ColumnPath {
        let list: &[&str] = if self.is_list() { &["list", "element"] } else { &[] };
        let parts = std::iter::once(self.name).chain(list.iter().copied());
        ColumnPath::new(parts.map(str::to_owned).collect())
    }

    /// Its type.
    pub(super) fn schema(&self) -> Result<Type, ParquetError> {
        let (physical, logical) = match self.kind {
            Kind::Real | Kind::Times => (Physical::DOUBLE, None),
            Kind::Integer => (Physical::INT64, None),
            Kind::Vector => (Physical::FLOAT, None),
            Kind::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
            Kind::Json => (Physical::BYTE_ARRAY, Some(LogicalType::Json)),
            Kind::Bytes => (Physical::BYTE_ARRAY, None),
        };
        if !self.is_list() {
            return Type::primitive_type_builder(self.name, physical)
                .with_repetition(Repetition::OPTIONAL)
                .with_logical_type(logical)
                .build();
        }
        let element = Type::primitive_type_builder("element", physical)
            .with_repetition(Repetition::REQUIRED)
            .build()?;
        let list = Type::group_type_builder("list")
            .with_repetition(Repetition::REPEATED)
            .with_fields(vec![Arc::new(element)])
            .build()?;
        Type::group_type_builder(self.name)
            .with_repetition(Repetition::OPTIONAL)
            .with_logical_type(Some(LogicalType::List))
            .with_fields(vec![Arc::new(list)])
            .build()
    }

    /// Bytes held.
    pub(super) fn bytes(&self) -> usize {
        let levels = 2 * (self.defined.len() + self.repeated.len());
        levels
            + match &self.values {
                Values::Doubles(values) => 8 * values.len(),
                Values::Floats(values) => 4 * values.len(),
                Values::Integers(values) => 8 * values.len(),
                Values::Bytes(values) => size_of::<ByteArray>() * values.len() + self.text_bytes,
            }
    }

    /// Takes the value of a row; what is undefined, or none of its kind, becomes null.
    pub(super) fn push(&mut self, value: Option<&Value>) {
        let known = match (&mut self.values, value) {
            (Values::Doubles(values), Some(Value::Real(Some(number)))) => {
                values.push(*number);
                true
            }
            (Values::Integers(values), Some(Value::Integer(Some(number)))) => {
                values.push(*number);
                true
            }
            (Values::Doubles(values), Some(Value::Times(Some(times)))) => {
                values.extend_from_slice(times);
                return self.list(times.len());
            }
            (Values::Floats(values), Some(Value::Vector(Some(vector)))) => {
                values.extend_from_slice(vector);
                return self.list(vector.len());
            }
            (Values::Bytes(values), Some(value)) => match bytes(value) {
                Some(bytes) => {
                    self.text_bytes += bytes.len();
                    values.push(ByteArray::from(bytes));
                    true
                }
                None => false,
            },
            _ => false,
        };
        self.defined.push(i16::from(known));
        if self.is_list() {
            self.repeated.push(0);
        }
    }

    fn list(&mut self, length: usize) {
        self.defined.extend(std::iter::repeat_n(2, length));
        self.repeated.extend((0..length).map(|place| i16::from(place > 0)));
        if length == 0 {
            self.defined.push(1);
            self.repeated.push(0);
        }
    }

    /// Writes all it holds, and holds nothing then.
    pub(super) fn write(&mut self, writer: &mut ColumnWriter<'_>) -> Result<(), ParquetError> {
        let defined = Some(self.defined.as_slice());
        let repeated = Some(self.repeated.as_slice()).filter(|_| self.is_list());
        match (&self.values, writer) {
            (Values::Doubles(values), ColumnWriter::DoubleColumnWriter(writer)) => {
                writer.write_batch(values, defined, repeated)
            }
            (Values::Floats(values), ColumnWriter::FloatColumnWriter(writer)) => {
                writer.write_batch(values, defined, repeated)
            }
            (Values::Integers(values), ColumnWriter::Int64ColumnWriter(writer)) => {
                writer.write_batch(values, defined, repeated)
            }
            (Values::Bytes(values), ColumnWriter::ByteArrayColumnWriter(writer)) => {
                writer.write_batch(values, defined, repeated)
            }
            _ => Err(ParquetError::General(format!("{}: the schema has another type", self.name))),
        }?;
        *self = Self::new(self.name, self.kind);
        Ok(())
    }
}

fn bytes(value: &Value) -> Option<Vec<u8>> {
    match value {
        Value::Text(text) => text.as_ref().map(|text| text.clone().into_bytes()),
        Value::Json(json) => json.as_ref().map(|json| json.to_string().into_bytes()),
        Value::Bytes(bytes) => bytes.clone(),
        _ => None,
    }
}
