//! Tags as they lie in files.
//!
//! A [`Holder`] keeps every item it does not know as the bytes it found; only fields that are set or
//! removed change. Its [`Patch`] says which bytes of the file give way to which.

mod ape;
mod comments;
mod flac;
mod id3v2;
mod input;
mod mp4;
mod mpeg;
mod ogg;
mod riff;

#[cfg(test)]
mod tests;

use std::fs::File;

use super::error::Unfit;
use super::field::Field;
use super::patch::Patch;
use input::Input;

/// The tags of one file.
pub(super) trait Holder {
    /// What stands there; several values are joined by "; ".
    fn get(&self, field: Field) -> Option<String>;
    /// Sets a field, in the place where it stands if it does.
    fn set(&mut self, field: Field, text: &str);
    /// Removes a field.
    fn remove(&mut self, field: Field);
    /// The change of the file.
    fn patch(&self) -> Result<Patch, Unfit>;
    /// True where gains are those of RFC 7845.
    fn is_opus(&self) -> bool {
        false
    }
}

/// Reads the tags of a file, which is recognised by its content.
pub(super) fn open(file: File) -> Result<Box<dyn Holder>, Unfit> {
    let mut input = Input::new(file)?;
    let start = mpeg::end_of_id3v2(&mut input)?;
    let head = input.array::<12>(start)?.unwrap_or_default();
    match &head {
        b if b.starts_with(b"fLaC") => Ok(Box::new(flac::Flac::read(&mut input, start)?)),
        b if b.starts_with(b"OggS") => Ok(Box::new(ogg::Ogg::read(input, start)?)),
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => Ok(Box::new(mp4::Mp4::read(&mut input)?)),
        [b'R', b'I', b'F', b'F', ..]
        | [b'R', b'F', b'6', b'4', ..]
        | [b'B', b'W', b'6', b'4', ..]
            if head.ends_with(b"WAVE") =>
        {
            Ok(Box::new(riff::Riff::read(&mut input)?))
        }
        [b'F', b'O', b'R', b'M', .., b'A', b'I', b'F', b'F' | b'C'] => {
            Ok(Box::new(riff::Riff::read(&mut input)?))
        }
        [0x1a, 0x45, 0xdf, 0xa3, ..] => Err(Unfit::Unsupported("Matroska and WebM")),
        [b'c', b'a', b'f', b'f', ..] => Err(Unfit::Unsupported("CAF")),
        [0xff, sync, ..] if sync & 0xe0 == 0xe0 => Ok(Box::new(mpeg::Mpeg::read(&mut input)?)),
        // Junk between a tag and the first frame.
        _ if start > 0 => Ok(Box::new(mpeg::Mpeg::read(&mut input)?)),
        _ => Err(Unfit::Unsupported("this container")),
    }
}

/// Joins several values of a field as they are shown.
fn joined<'a>(values: impl Iterator<Item = &'a str>) -> String {
    values.collect::<Vec<_>>().join("; ")
}
