//! Values as SQLite keeps them.
//!
//! | kind | SQL | layout |
//! |---|---|---|
//! | real | `REAL` | |
//! | integer | `INTEGER` | |
//! | text, JSON | `TEXT` | UTF-8 |
//! | times | `BLOB` | `u32` little-endian each, in units of 0.1 ms (up to 119 hours) |
//! | vector | `BLOB` | `f32` little-endian each |
//! | bytes | `BLOB` | as they are |
//!
//! What is undefined is NULL; so is a number, or a list with a number, that is not finite. A list
//! without elements is an empty BLOB.

use crate::feature::catalogue::{Kind, Value};
use rusqlite::types::{Value as Sql, ValueRef};

/// Units of a stored time in a second.
const TICKS_PER_S: f64 = 10_000.0;

/// Times as a BLOB, rounded to 0.1 ms; what lies outside 0 s ..= 119 h is kept at the end of the
/// range. `None` when a time is not finite.
fn encode_times(times: &[f64]) -> Option<Vec<u8>> {
    let finite = times.iter().all(|time| time.is_finite());
    // The conversion saturates at both ends.
    let ticks = times.iter().map(|time| (time * TICKS_PER_S).round() as u32);
    finite.then(|| ticks.flat_map(u32::to_le_bytes).collect())
}

/// The inverse of [`encode_times`]; `None` when the length is not a multiple of four.
fn decode_times(blob: &[u8]) -> Option<Vec<f64>> {
    let (words, rest) = blob.as_chunks::<4>();
    let seconds = |word: &[u8; 4]| f64::from(u32::from_le_bytes(*word)) / TICKS_PER_S;
    rest.is_empty().then(|| words.iter().map(seconds).collect())
}

/// Numbers as a BLOB. `None` when one is not finite.
fn encode_vector(vector: &[f32]) -> Option<Vec<u8>> {
    let finite = vector.iter().all(|x| x.is_finite());
    finite.then(|| vector.iter().flat_map(|x| x.to_le_bytes()).collect())
}

/// The inverse of [`encode_vector`]; `None` when the length is not a multiple of four or a number
/// is not finite.
fn decode_vector(blob: &[u8]) -> Option<Vec<f32>> {
    let (words, rest) = blob.as_chunks::<4>();
    let vector: Vec<f32> = words.iter().map(|word| f32::from_le_bytes(*word)).collect();
    (rest.is_empty() && vector.iter().all(|x| x.is_finite())).then_some(vector)
}

/// A value as SQLite takes it.
pub(super) fn encode(value: &Value) -> Sql {
    let stored = match value {
        Value::Real(x) => x.filter(|x| x.is_finite()).map(Sql::Real),
        Value::Integer(n) => n.map(Sql::Integer),
        Value::Text(text) => text.clone().map(Sql::Text),
        Value::Times(times) => times.as_deref().and_then(encode_times).map(Sql::Blob),
        Value::Vector(vector) => vector.as_deref().and_then(encode_vector).map(Sql::Blob),
        Value::Json(json) => json.as_ref().map(|json| Sql::Text(json.to_string())),
        Value::Bytes(bytes) => bytes.clone().map(Sql::Blob),
    };
    stored.unwrap_or(Sql::Null)
}

/// A value as SQLite gives it. What does not fit the kind is undefined: a database may have been
/// edited by hand.
pub(super) fn decode(kind: Kind, stored: ValueRef<'_>) -> Value {
    match kind {
        Kind::Real => Value::Real(real(stored)),
        Kind::Integer => Value::Integer(stored.as_i64().ok()),
        Kind::Text => Value::Text(text(stored)),
        Kind::Times => Value::Times(stored.as_blob().ok().and_then(decode_times)),
        Kind::Vector => Value::Vector(stored.as_blob().ok().and_then(decode_vector)),
        Kind::Bytes => Value::Bytes(stored.as_blob().ok().map(<[u8]>::to_vec)),
        Kind::Json => {
            Value::Json(stored.as_str().ok().and_then(|json| serde_json::from_str(json).ok()))
        }
    }
}

fn real(stored: ValueRef<'_>) -> Option<f64> {
    match stored {
        ValueRef::Real(x) => Some(x),
        ValueRef::Integer(n) => Some(n as f64),
        _ => None,
    }
}

fn text(stored: ValueRef<'_>) -> Option<String> {
    match stored {
        ValueRef::Text(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const KINDS: [Kind; 7] =
        [Kind::Real, Kind::Integer, Kind::Text, Kind::Times, Kind::Vector, Kind::Json, Kind::Bytes];

    #[test]
    fn the_layout_is_the_documented_one() {
        assert_eq!(encode_times(&[0.0001, 1.0]), Some(vec![1, 0, 0, 0, 0x10, 0x27, 0, 0]));
        assert_eq!(encode_vector(&[1.0]), Some(vec![0, 0, 0x80, 0x3F]));
        assert_eq!(encode_times(&[]), Some(vec![]));
    }

    #[test]
    fn what_is_not_finite_is_null() {
        for x in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(encode(&Value::Real(Some(x))), Sql::Null);
            assert_eq!(encode(&Value::Times(Some(vec![1.0, x]))), Sql::Null);
            assert_eq!(encode(&Value::Vector(Some(vec![x as f32, 1.0]))), Sql::Null);
        }
        for kind in KINDS {
            assert_eq!(encode(&Value::undefined(kind)), Sql::Null);
            assert_eq!(decode(kind, ValueRef::Null), Value::undefined(kind));
        }
    }

    #[test]
    fn times_stay_within_the_range() {
        let ends = encode_times(&[-1.0, 1e12]).and_then(|blob| decode_times(&blob));
        assert_eq!(ends, Some(vec![0.0, f64::from(u32::MAX) / TICKS_PER_S]));
    }

    proptest! {
        #[test]
        fn vectors_round_trip(vector in prop::collection::vec(-1e30f32..1e30, 0..200)) {
            let blob = encode_vector(&vector).expect("finite");
            prop_assert_eq!(decode_vector(&blob), Some(vector));
        }

        #[test]
        fn times_round_trip_to_the_tick(times in prop::collection::vec(0.0f64..400_000.0, 0..200)) {
            let blob = encode_times(&times).expect("finite");
            let back = decode_times(&blob).expect("whole words");
            prop_assert_eq!(back.len(), times.len());
            prop_assert!(times.iter().zip(&back).all(|(a, b)| (a - b).abs() <= 0.000_050_1));
        }

        #[test]
        fn no_blob_of_any_length_panics(blob in prop::collection::vec(any::<u8>(), 0..40)) {
            for kind in KINDS {
                for stored in [ValueRef::Blob(&blob), ValueRef::Text(&blob)] {
                    prop_assert_eq!(decode(kind, stored).kind(), kind);
                }
            }
        }
    }
}
