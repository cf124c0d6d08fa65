//! Vorbis comments (Xiph.Org, "Ogg Vorbis I format specification: comment field and header
//! specification"), as FLAC, Ogg Vorbis and Opus hold them.

use super::joined;
use crate::tag::error::Unfit;
use crate::tag::field::Field;

const DAMAGED: Unfit = Unfit::Damaged("the comment header");

/// Vendor, comments, and what stands behind them, as bytes.
#[derive(Clone, Debug, Default)]
pub(super) struct Comments {
    vendor: Vec<u8>,
    entries: Vec<Vec<u8>>,
    tail: Vec<u8>,
}

impl Comments {
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, Unfit> {
        let mut rest = bytes;
        let vendor = text(&mut rest).ok_or(DAMAGED)?;
        let count = number(&mut rest).ok_or(DAMAGED)?;
        let mut entries = Vec::new();
        for _ in 0..count {
            entries.push(text(&mut rest).ok_or(DAMAGED)?);
        }
        Ok(Self { vendor, entries, tail: rest.to_vec() })
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        push(&mut bytes, &self.vendor);
        bytes.extend((self.entries.len() as u32).to_le_bytes());
        self.entries.iter().for_each(|entry| push(&mut bytes, entry));
        bytes.extend_from_slice(&self.tail);
        bytes
    }

    /// Places of the comments of the first name that is there.
    fn places(&self, field: Field) -> (Vec<usize>, &'static str) {
        for name in field.names() {
            let of_name = |(_, entry): &(usize, &Vec<u8>)| value(entry, name).is_some();
            let found: Vec<usize> =
                self.entries.iter().enumerate().filter(of_name).map(|(place, _)| place).collect();
            if !found.is_empty() {
                return (found, name);
            }
        }
        (Vec::new(), field.names().first().copied().unwrap_or_default())
    }

    pub(super) fn get(&self, field: Field) -> Option<String> {
        let (places, name) = self.places(field);
        let entries = places.iter().filter_map(|&place| self.entries.get(place));
        let values = entries.filter_map(|entry| value(entry, name));
        let values: Vec<_> = values.map(String::from_utf8_lossy).collect();
        (!values.is_empty()).then(|| joined(values.iter().map(AsRef::as_ref)))
    }

    pub(super) fn set(&mut self, field: Field, text: &str) {
        let (places, name) = self.places(field);
        let Some(&first) = places.first() else {
            self.entries.push(format!("{name}={text}").into_bytes());
            return;
        };
        for &place in places.iter().skip(1).rev() {
            self.entries.remove(place);
        }
        if let Some(entry) = self.entries.get_mut(first) {
            entry.truncate(name.len() + 1); // the name as it was spelt
            entry.extend_from_slice(text.as_bytes());
        }
    }

    pub(super) fn remove(&mut self, field: Field) {
        let named = |entry: &[u8]| field.names().iter().any(|name| value(entry, name).is_some());
        self.entries.retain(|entry| !named(entry));
    }
}

/// The value of a comment of this name.
fn value<'a>(entry: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let (found, value) = entry.split_at_checked(name.len())?;
    found.eq_ignore_ascii_case(name.as_bytes()).then_some(())?;
    value.strip_prefix(b"=")
}

fn number(rest: &mut &[u8]) -> Option<u32> {
    let (number, tail) = rest.split_first_chunk::<4>()?;
    *rest = tail;
    Some(u32::from_le_bytes(*number))
}

fn text(rest: &mut &[u8]) -> Option<Vec<u8>> {
    let len = number(rest)? as usize;
    let (text, tail) = rest.split_at_checked(len)?;
    *rest = tail;
    Some(text.to_vec())
}

fn push(bytes: &mut Vec<u8>, text: &[u8]) {
    bytes.extend((text.len() as u32).to_le_bytes());
    bytes.extend_from_slice(text);
}
