//! Values of a row by their names.

use crate::feature::Value;
use crate::feature::tonal::Key;
use crate::store::Row;

/// A row, to be asked for its values.
#[derive(Clone, Copy)]
pub(super) struct Facts<'a>(pub(super) &'a Row);

impl<'a> Facts<'a> {
    /// A number.
    pub(super) fn real(self, name: &str) -> Option<f64> {
        match self.0.get(name)? {
            Value::Real(number) => *number,
            Value::Integer(number) => number.map(|number| number as f64),
            _ => None,
        }
    }

    /// A whole number.
    pub(super) fn whole(self, name: &str) -> Option<i64> {
        match self.0.get(name)? {
            Value::Integer(number) => *number,
            _ => None,
        }
    }

    /// A text.
    pub(super) fn text(self, name: &str) -> Option<&'a str> {
        match self.0.get(name)? {
            Value::Text(text) => text.as_deref(),
            _ => None,
        }
    }

    /// Times in seconds; empty if there are none.
    pub(super) fn times(self, name: &str) -> &'a [f64] {
        match self.0.get(name) {
            Some(Value::Times(Some(times))) => times,
            _ => &[],
        }
    }

    /// Numbers.
    pub(super) fn vector(self, name: &str) -> Option<&'a [f32]> {
        match self.0.get(name)? {
            Value::Vector(numbers) => numbers.as_deref(),
            _ => None,
        }
    }

    /// The key in force.
    pub(super) fn key(self) -> Option<Key> {
        self.text("key")?.parse().ok()
    }

    /// The title, or else the name of the file.
    pub(super) fn title(self) -> String {
        let name = || self.0.path.file_stem().map(|name| name.to_string_lossy().into_owned());
        self.text("title").map(str::to_owned).or_else(name).unwrap_or_default()
    }

    /// A track peak as ReplayGain has it: linear, 1 is full scale. `decibels` names the column.
    pub(super) fn peak(self, decibels: &str) -> Option<f64> {
        self.real(decibels).map(|peak| 10f64.powf(peak / 20.0))
    }
}
