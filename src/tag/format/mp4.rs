//! MP4 (ISO/IEC 14496-12) with the tags of iTunes: `moov/udta/meta/ilst`.
//!
//! Where the movie box stands before the sound and changes its length, the offsets of the chunks
//! behind it (`stco`, `co64`) move with them.

use std::ops::Range;

use super::Holder;
use super::input::Input;
use crate::tag::error::Unfit;
use crate::tag::field::{Field, Mp4Place};
use crate::tag::patch::Patch;

const DAMAGED: Unfit = Unfit::Damaged("the MP4 boxes");
/// Boxes of the whole file that are walked through; a guard, not a format rule.
const MOST_BOXES: usize = 1 << 16;
const TEXT: u32 = 1;
const INTEGER: u32 = 21;

/// A box: its name and its body.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Atom {
    name: [u8; 4],
    body: Vec<u8>,
}

impl Atom {
    fn new(name: [u8; 4], body: Vec<u8>) -> Self {
        Self { name, body }
    }

    fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = (self.body.len() as u32 + 8).to_be_bytes().to_vec();
        bytes.extend_from_slice(&self.name);
        bytes.extend_from_slice(&self.body);
        bytes
    }
}

/// The boxes in a body; up to three zero bytes may end it (`udta` of `QuickTime` has four).
fn atoms(body: &[u8]) -> Result<Vec<Atom>, Unfit> {
    let mut found = Vec::new();
    let mut rest = body;
    while !rest.is_empty() {
        let size: &[u8; 4] = rest.first_chunk().ok_or(DAMAGED)?;
        let size = u32::from_be_bytes(*size) as usize;
        let (own, tail) = rest.split_at_checked(size).filter(|_| size >= 8).ok_or(DAMAGED)?;
        let name: [u8; 4] = own.get(4..8).and_then(|name| name.try_into().ok()).ok_or(DAMAGED)?;
        found.push(Atom::new(name, own.get(8..).unwrap_or_default().to_vec()));
        rest = tail;
    }
    Ok(found)
}

fn concat(atoms: &[Atom]) -> Vec<u8> {
    atoms.iter().flat_map(Atom::to_bytes).collect()
}

/// The tags of a movie.
#[derive(Debug)]
pub(super) struct Mp4 {
    /// Where the movie box lies.
    range: Range<u64>,
    moov: Vec<Atom>,
    items: Vec<Atom>,
    /// Sound behind the movie box, and fragments anywhere.
    followed: bool,
    fragmented: bool,
}

impl Mp4 {
    pub(super) fn read(input: &mut Input) -> Result<Self, Unfit> {
        if input.array::<4>(8)? == Some(*b"qt  ") {
            return Err(Unfit::Unsupported("QuickTime movies"));
        }
        let (mut at, mut range) = (0, None);
        let (mut followed, mut fragmented) = (false, false);
        for _ in 0..MOST_BOXES {
            let Some(head) = input.array::<8>(at)? else { break };
            let [size @ .., _, _, _, _] = head;
            let name = [head[4], head[5], head[6], head[7]];
            let len = match u32::from_be_bytes(size) {
                0 => input.len() - at,
                1 => input.array(at + 8)?.map(u64::from_be_bytes).ok_or(DAMAGED)?,
                len => u64::from(len),
            };
            let end = at.checked_add(len).filter(|_| len >= 8).ok_or(DAMAGED)?;
            match &name {
                b"moov" if range.is_none() && u32::from_be_bytes(size) > 1 => range = Some(at..end),
                b"moov" => return Err(Unfit::Unsupported("an MP4 file with an unusual movie box")),
                b"mdat" => followed |= range.is_some(),
                b"moof" => fragmented = true,
                _ => {}
            }
            at = end;
        }
        let range = range.ok_or(DAMAGED)?;
        let moov = atoms(&input.bytes(range.start + 8..range.end)?)?;
        let items = match Self::find(&moov)? {
            Some(ilst) => atoms(&ilst)?,
            None => Vec::new(),
        };
        Ok(Self { range, moov, items, followed, fragmented })
    }

    /// The body of the list of items.
    fn find(moov: &[Atom]) -> Result<Option<Vec<u8>>, Unfit> {
        let Some(udta) = moov.iter().find(|atom| &atom.name == b"udta") else { return Ok(None) };
        let (children, _) = user_data(&udta.body)?;
        let Some(meta) = children.iter().find(|atom| &atom.name == b"meta") else {
            return Ok(None);
        };
        let children = atoms(meta.body.get(4..).ok_or(DAMAGED)?)?;
        Ok(children.into_iter().find(|atom| &atom.name == b"ilst").map(|ilst| ilst.body))
    }

    fn text(&self, name: &str) -> Option<(usize, String)> {
        let found = |(place, item): (usize, &Atom)| {
            let text = freeform(item, name)?;
            Some((place, text))
        };
        self.items.iter().enumerate().find_map(found)
    }

    fn plain(&self, name: [u8; 4]) -> Option<(usize, &Atom)> {
        self.items.iter().enumerate().find(|(_, item)| item.name == name)
    }

    fn put(&mut self, place: Option<usize>, item: Atom) {
        match place.and_then(|place| self.items.get_mut(place)) {
            Some(found) => *found = item,
            None => self.items.push(item),
        }
    }

    fn put_text(&mut self, name: &str, text: &str) {
        let found = self.text(name).map(|(place, _)| place);
        // The name as it was spelt.
        let spelt = found.and_then(|place| label(self.items.get(place)?, *b"name"));
        let item = freeform_item(spelt.as_deref().unwrap_or(name.as_bytes()), text);
        self.put(found, item);
    }

    /// The movie with these items.
    fn rebuilt(&self) -> Result<Vec<Atom>, Unfit> {
        let ilst = Atom::new(*b"ilst", concat(&self.items));
        let mut moov = self.moov.clone();
        let place = moov.iter().position(|atom| &atom.name == b"udta");
        let udta = place.and_then(|place| moov.get(place));
        let (mut children, tail) = match udta {
            Some(udta) => user_data(&udta.body)?,
            None => (Vec::new(), Vec::new()),
        };
        if let Some(meta) = children.iter_mut().find(|atom| &atom.name == b"meta") {
            let (version, inner) = meta.body.split_at_checked(4).ok_or(DAMAGED)?;
            let mut inner = atoms(inner)?;
            match inner.iter_mut().find(|atom| &atom.name == b"ilst") {
                Some(found) => *found = ilst,
                None => inner.push(ilst),
            }
            meta.body = [version, &concat(&inner)].concat();
        } else {
            let handler = b"\0\0\0\0\0\0\0\0mdirappl\0\0\0\0\0\0\0\0\0".to_vec();
            let inner = [Atom::new(*b"hdlr", handler), ilst];
            children.push(Atom::new(*b"meta", [&[0; 4][..], &concat(&inner)].concat()));
        }
        let udta = Atom::new(*b"udta", [concat(&children), tail].concat());
        match place.and_then(|place| moov.get_mut(place)) {
            Some(found) => *found = udta,
            None => moov.push(udta),
        }
        Ok(moov)
    }
}

/// The boxes of `udta`, and the four zero bytes that `QuickTime` ends it with.
fn user_data(body: &[u8]) -> Result<(Vec<Atom>, Vec<u8>), Unfit> {
    match body.strip_suffix(&[0; 4]) {
        Some(plain) if atoms(body).is_err() => Ok((atoms(plain)?, vec![0; 4])),
        _ => Ok((atoms(body)?, Vec::new())),
    }
}

/// `mean` or `name` of a free item, without its four bytes of version and flags.
fn label(item: &Atom, which: [u8; 4]) -> Option<Vec<u8>> {
    let inner = atoms(&item.body).ok()?;
    let found = inner.into_iter().find(|atom| atom.name == which)?;
    Some(found.body.get(4..)?.to_vec())
}

/// The values of an item: type and bytes of each.
fn values(item: &Atom) -> Vec<(u32, Vec<u8>)> {
    let inner = atoms(&item.body).unwrap_or_default();
    let data = inner.into_iter().filter(|atom| &atom.name == b"data");
    let value = |data: Atom| {
        let kind = u32::from_be_bytes(*data.body.first_chunk()?) & 0x00ff_ffff;
        Some((kind, data.body.get(8..)?.to_vec()))
    };
    data.filter_map(value).collect()
}

fn shown(item: &Atom) -> String {
    let text = |(kind, value): &(u32, Vec<u8>)| match *kind {
        0 | INTEGER if value.len() <= 8 => whole(value).to_string(),
        _ => String::from_utf8_lossy(value).into_owned(),
    };
    let values: Vec<String> = values(item).iter().map(text).collect();
    super::joined(values.iter().map(String::as_str))
}

fn whole(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |number, &byte| number << 8 | u64::from(byte))
}

/// The text of a free item of this name.
fn freeform(item: &Atom, name: &str) -> Option<String> {
    let ours = &item.name == b"----" && label(item, *b"mean")? == b"com.apple.iTunes";
    let named = ours && label(item, *b"name")?.eq_ignore_ascii_case(name.as_bytes());
    named.then(|| shown(item))
}

fn data(kind: u32, value: &[u8]) -> Atom {
    Atom::new(*b"data", [&kind.to_be_bytes()[..], &[0; 4], value].concat())
}

fn freeform_item(name: &[u8], text: &str) -> Atom {
    let labelled = |kind: [u8; 4], text: &[u8]| Atom::new(kind, [&[0; 4][..], text].concat());
    let inner = [
        labelled(*b"mean", b"com.apple.iTunes"),
        labelled(*b"name", name),
        data(TEXT, text.as_bytes()),
    ];
    Atom::new(*b"----", concat(&inner))
}

const TEMPO: [u8; 4] = *b"tmpo";
const COMMENT: [u8; 4] = *b"\xa9cmt";

impl Holder for Mp4 {
    fn get(&self, field: Field) -> Option<String> {
        match field.mp4() {
            Mp4Place::Text(name) => self.text(name).map(|(_, text)| text),
            Mp4Place::Comment => self.plain(COMMENT).map(|(_, item)| shown(item)),
            Mp4Place::Tempo => match self.text("BPM") {
                Some((_, text)) => Some(text),
                None => self.plain(TEMPO).map(|(_, item)| shown(item)).filter(|text| text != "0"),
            },
        }
    }

    fn set(&mut self, field: Field, text: &str) {
        match field.mp4() {
            Mp4Place::Text(name) => self.put_text(name, text),
            Mp4Place::Comment => {
                let place = self.plain(COMMENT).map(|(place, _)| place);
                let body = data(TEXT, text.as_bytes()).to_bytes();
                self.put(place, Atom::new(COMMENT, body));
            }
            Mp4Place::Tempo => {
                let bpm = text.parse::<f64>().unwrap_or_default().round() as u16;
                let place = self.plain(TEMPO).map(|(place, _)| place);
                let body = data(INTEGER, &bpm.to_be_bytes()).to_bytes();
                self.put(place, Atom::new(TEMPO, body));
                if text.contains('.') || self.text("BPM").is_some() {
                    self.put_text("BPM", text);
                }
            }
        }
    }

    fn remove(&mut self, field: Field) {
        let gone = |item: &Atom| match field.mp4() {
            Mp4Place::Text(name) => freeform(item, name).is_some(),
            Mp4Place::Comment => item.name == COMMENT,
            Mp4Place::Tempo => item.name == TEMPO || freeform(item, "BPM").is_some(),
        };
        self.items.retain(|item| !gone(item));
    }

    fn patch(&self) -> Result<Patch, Unfit> {
        let mut moov = self.rebuilt()?;
        let len = 8 + moov.iter().map(|atom| 8 + atom.body.len() as u64).sum::<u64>();
        if len > u64::from(u32::MAX) {
            return Err(Unfit::Unsupported("an MP4 file whose movie box is full"));
        }
        let grown = len as i64 - (self.range.end - self.range.start) as i64;
        if grown != 0 && self.fragmented {
            return Err(Unfit::Unsupported("MP4 in fragments"));
        }
        if grown != 0 && self.followed {
            let behind = self.range.end;
            moov.iter_mut().try_for_each(|atom| shift(atom, &TO_TABLES, behind, grown))?;
        }
        let mut patch = Patch::default();
        patch.replace(self.range.clone(), Atom::new(*b"moov", concat(&moov)).to_bytes());
        Ok(patch)
    }
}

/// The way from the movie box to its tables of chunks. Boxes that hold each other otherwise are none of them, and
/// may be nested deeper than a stack goes.
const TO_TABLES: [[u8; 4]; 4] = [*b"trak", *b"mdia", *b"minf", *b"stbl"];

/// Moves the offsets of chunks that lie behind the movie box.
fn shift(atom: &mut Atom, way: &[[u8; 4]], behind: u64, by: i64) -> Result<(), Unfit> {
    match (way, &atom.name) {
        ([next, rest @ ..], name) if next == name => {
            let mut inner = atoms(&atom.body)?;
            inner.iter_mut().try_for_each(|atom| shift(atom, rest, behind, by))?;
            atom.body = concat(&inner);
            Ok(())
        }
        ([], b"stco") => offsets::<4>(&mut atom.body, behind, by),
        ([], b"co64") => offsets::<8>(&mut atom.body, behind, by),
        _ => Ok(()),
    }
}

fn offsets<const N: usize>(body: &mut [u8], behind: u64, by: i64) -> Result<(), Unfit> {
    let table = body.get_mut(8..).ok_or(DAMAGED)?;
    for place in table.chunks_exact_mut(N) {
        let offset = whole(place);
        if offset >= behind {
            let moved = offset.checked_add_signed(by).ok_or(DAMAGED)?;
            let bytes = moved.to_be_bytes();
            let (above, own) = bytes.split_at(8 - N);
            if above.iter().any(|&byte| byte != 0) {
                return Err(Unfit::Unsupported("an MP4 file that is full at 4 GiB"));
            }
            place.copy_from_slice(own);
        }
    }
    Ok(())
}
