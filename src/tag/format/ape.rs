//! APE tags, version 1 and 2, at the end of a file (Hydrogenaudio wiki, "`APEv2` specification").

use std::ops::Range;

use super::input::Input;
use super::joined;
use crate::tag::error::Unfit;
use crate::tag::field::Field;

const FRAME: u64 = 32;
/// Kind of an item, in its flags; 0 is text.
const KIND: u32 = 0b110;

/// An item: its flags, its key, its value.
#[derive(Clone, Debug)]
struct Item {
    flags: u32,
    key: Vec<u8>,
    value: Vec<u8>,
}

/// A tag, and where it lies.
#[derive(Clone, Debug)]
pub(super) struct Ape {
    range: Range<u64>,
    version: u32,
    flags: u32,
    items: Vec<Item>,
}

impl Ape {
    /// The tag at the end of the file, or before an `ID3v1` tag there.
    pub(super) fn find(input: &mut Input) -> Result<Option<Self>, Unfit> {
        let id3v1 = input.len().checked_sub(128);
        let before = match id3v1 {
            Some(at) if input.array::<3>(at)? == Some(*b"TAG") => at,
            _ => input.len(),
        };
        for end in [input.len(), before] {
            if let Some(tag) = Self::before(input, end)? {
                return Ok(Some(tag));
            }
        }
        Ok(None)
    }

    fn before(input: &mut Input, end: u64) -> Result<Option<Self>, Unfit> {
        let Some(footer) = end.checked_sub(FRAME) else { return Ok(None) };
        let Some(bytes) = input.array::<32>(footer)? else { return Ok(None) };
        if !bytes.starts_with(b"APETAGEX") {
            return Ok(None);
        }
        let damaged = || Unfit::Damaged("the APE tag");
        let mut rest = bytes.get(8..).unwrap_or_default();
        let mut next = || number(&mut rest).ok_or_else(damaged);
        let (version, size, count, flags) = (next()?, next()?, next()?, next()?);
        let start = end.checked_sub(u64::from(size)).ok_or_else(damaged)?;
        let header = if flags >> 31 == 1 { FRAME } else { 0 };
        let range = start.checked_sub(header).ok_or_else(damaged)?..end;
        let body = input.bytes(start..footer.max(start))?;
        let mut rest = body.as_slice();
        let items: Option<Vec<Item>> = (0..count).map(|_| item(&mut rest)).collect();
        let items = items.filter(|_| rest.is_empty()).ok_or_else(damaged)?;
        Ok(Some(Self { range, version, flags, items }))
    }

    pub(super) fn range(&self) -> Range<u64> {
        self.range.clone()
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut body = Vec::new();
        for item in &self.items {
            body.extend((item.value.len() as u32).to_le_bytes());
            body.extend(item.flags.to_le_bytes());
            body.extend_from_slice(&item.key);
            body.push(0);
            body.extend_from_slice(&item.value);
        }
        let has_header = self.flags >> 31 == 1;
        let frame = |is_header: bool| {
            let flags = (self.flags & !(1 << 29)) | u32::from(is_header) << 29;
            let size = body.len() as u32 + FRAME as u32;
            let fields = [self.version, size, self.items.len() as u32, flags, 0, 0];
            [&b"APETAGEX"[..], &fields.map(u32::to_le_bytes).concat()].concat()
        };
        let header = if has_header { frame(true) } else { Vec::new() };
        [header, body.clone(), frame(false)].concat()
    }

    fn place(&self, field: Field) -> Option<usize> {
        let of_name = |name: &&str| {
            self.items.iter().position(|item| item.key.eq_ignore_ascii_case(name.as_bytes()))
        };
        field.names().iter().find_map(of_name)
    }

    pub(super) fn get(&self, field: Field) -> Option<String> {
        let item = self.items.get(self.place(field)?)?;
        if item.flags & KIND != 0 {
            return Some("(no text)".into());
        }
        let text = String::from_utf8_lossy(&item.value).into_owned();
        Some(joined(text.split('\0')))
    }

    pub(super) fn set(&mut self, field: Field, text: &str) {
        let value = text.as_bytes().to_vec();
        if let Some(item) = self.place(field).and_then(|place| self.items.get_mut(place)) {
            item.value = value;
            item.flags &= !KIND;
            return;
        }
        let key = field.names().first().copied().unwrap_or_default().as_bytes().to_vec();
        self.items.push(Item { flags: 0, key, value });
    }

    pub(super) fn remove(&mut self, field: Field) {
        let named =
            |key: &[u8]| field.names().iter().any(|name| key.eq_ignore_ascii_case(name.as_bytes()));
        self.items.retain(|item| !named(&item.key));
    }
}

fn number(rest: &mut &[u8]) -> Option<u32> {
    let (number, tail) = rest.split_first_chunk::<4>()?;
    *rest = tail;
    Some(u32::from_le_bytes(*number))
}

fn item(rest: &mut &[u8]) -> Option<Item> {
    let (len, flags) = (number(rest)? as usize, number(rest)?);
    let end = rest.iter().position(|&byte| byte == 0)?;
    let (key, tail) = rest.split_at_checked(end)?;
    let (value, tail) = tail.get(1..)?.split_at_checked(len)?;
    *rest = tail;
    Some(Item { flags, key: key.to_vec(), value: value.to_vec() })
}
