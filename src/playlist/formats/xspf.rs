//! XML Shareable Playlist Format, version 1 (xspf.org).

use super::{Item, ListError, Writing};
use quick_xml::Reader;
use quick_xml::events::Event;
use std::io::{self, Write};

use crate::xml::escaped;

pub(super) fn write(items: &[Item], writing: &Writing, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    writeln!(out, r#"<playlist version="1" xmlns="http://xspf.org/ns/0/">"#)?;
    element(out, "  ", "title", writing.title.as_deref())?;
    writeln!(out, "  <trackList>")?;
    for item in items {
        writeln!(out, "    <track>")?;
        // The order is that of the specification.
        element(out, "      ", "location", Some(&writing.uri(&item.path)))?;
        element(out, "      ", "title", item.title.as_deref())?;
        element(out, "      ", "creator", item.artist.as_deref())?;
        element(out, "      ", "album", item.album.as_deref())?;
        let milliseconds = item.duration_s.map(|seconds| format!("{:.0}", seconds * 1000.0));
        element(out, "      ", "duration", milliseconds.as_deref())?;
        writeln!(out, "    </track>")?;
    }
    writeln!(out, "  </trackList>\n</playlist>")
}

fn element(out: &mut impl Write, indent: &str, name: &str, text: Option<&str>) -> io::Result<()> {
    let Some(text) = text else { return Ok(()) };
    writeln!(out, "{indent}<{name}>{}</{name}>", escaped(text))
}

/// The first `location` of each track.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<Vec<u8>>, ListError> {
    let mut reader = Reader::from_reader(bytes);
    let mut places = Vec::new();
    // Elements that are open; a file that was cut ends within one.
    let mut open = 0_usize;
    let (mut root, mut in_track, mut inside, mut text) = (false, false, false, String::new());
    loop {
        let event = reader.read_event().map_err(|error| malformed(&reader, &error))?;
        match event {
            Event::Start(_) => open += 1,
            Event::End(_) => open = open.saturating_sub(1),
            Event::Eof if open > 0 => return Err(malformed(&reader, &"it ends too early")),
            _ => {}
        }
        match event {
            Event::Start(tag) => match tag.local_name().as_ref() {
                b"playlist" => root = true,
                b"track" => in_track = true,
                b"location" if in_track => inside = true,
                _ => {}
            },
            Event::End(tag) if tag.local_name().as_ref() == b"location" && inside => {
                places.push(std::mem::take(&mut text).trim().as_bytes().to_vec());
                (inside, in_track) = (false, false);
            }
            Event::Text(part) if inside => {
                text.push_str(&part.decode().map_err(|error| malformed(&reader, &error))?);
            }
            Event::CData(part) if inside => {
                text.push_str(&part.decode().map_err(|error| malformed(&reader, &error))?);
            }
            Event::GeneralRef(name) if inside => {
                let name = name.decode().map_err(|error| malformed(&reader, &error))?;
                let character = quick_xml::escape::unescape(&format!("&{name};"))
                    .map_err(|error| malformed(&reader, &error))?
                    .into_owned();
                text.push_str(&character);
            }
            Event::Eof if root => return Ok(places),
            Event::Eof => return Err(ListError::Missing { format: "XSPF", missing: "<playlist>" }),
            _ => {}
        }
    }
}

fn malformed(reader: &Reader<&[u8]>, error: &impl std::fmt::Display) -> ListError {
    let at = reader.error_position().max(reader.buffer_position().min(1));
    ListError::Malformed { format: "XSPF", reason: error.to_string(), at }
}
