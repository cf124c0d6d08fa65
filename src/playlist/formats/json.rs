//! JSPF, and a plain JSON object.

use super::location::url;
use super::{Item, ListError, Writing};
use serde_json::{Value, json};
use std::io::{self, Write};

pub(super) fn write(items: &[Item], writing: &Writing, out: &mut impl Write) -> io::Result<()> {
    let track = |item: &Item| {
        json!({
            "path": String::from_utf8_lossy(&writing.line(&item.path)),
            "artist": item.artist,
            "title": item.title,
            "album": item.album,
            "duration_s": item.duration_s,
            "location": url(&item.path),
        })
    };
    let tracks: Vec<Value> = items.iter().map(track).collect();
    pretty(&json!({"title": writing.title, "tracks": tracks}), out)
}

/// <https://www.xspf.org/jspf>: durations in milliseconds.
pub(super) fn write_jspf(
    items: &[Item],
    writing: &Writing,
    out: &mut impl Write,
) -> io::Result<()> {
    let track = |item: &Item| {
        let mut track = json!({"location": [writing.uri(&item.path)]});
        let fields = [("title", &item.title), ("creator", &item.artist), ("album", &item.album)];
        for (name, text) in fields {
            if let Some(text) = text {
                track[name] = json!(text);
            }
        }
        if let Some(seconds) = item.duration_s {
            track["duration"] = json!((seconds * 1000.0).round() as u64);
        }
        track
    };
    let tracks: Vec<Value> = items.iter().map(track).collect();
    let mut list = json!({"track": tracks});
    if let Some(title) = &writing.title {
        list["title"] = json!(title);
    }
    pretty(&json!({ "playlist": list }), out)
}

fn pretty(value: &Value, out: &mut impl Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, value)?;
    out.write_all(b"\n")
}

pub(super) fn read_jspf(bytes: &[u8]) -> Result<Vec<Vec<u8>>, ListError> {
    let value = parsed(bytes, "JSPF")?;
    let missing = ListError::Missing { format: "JSPF", missing: "playlist.track" };
    let tracks = value.pointer("/playlist/track").and_then(Value::as_array).ok_or(missing)?;
    let place = |track: &Value| match track.get("location") {
        Some(Value::Array(places)) => places.first().and_then(text),
        Some(place) => text(place),
        None => None,
    };
    Ok(tracks.iter().filter_map(place).collect())
}

/// `{"tracks": […]}` or the list alone, of objects with `location` or `path`, or of paths.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<Vec<u8>>, ListError> {
    let value = parsed(bytes, "JSON")?;
    let missing = ListError::Missing { format: "JSON", missing: "tracks" };
    let tracks = value.get("tracks").unwrap_or(&value).as_array().ok_or(missing)?;
    let place = |track: &Value| {
        ["location", "path"]
            .into_iter()
            .find_map(|name| text(track.get(name)?))
            .or_else(|| text(track))
    };
    Ok(tracks.iter().filter_map(place).collect())
}

fn text(value: &Value) -> Option<Vec<u8>> {
    value.as_str().filter(|text| !text.is_empty()).map(|text| text.as_bytes().to_vec())
}

fn parsed(bytes: &[u8], format: &'static str) -> Result<Value, ListError> {
    serde_json::from_slice(bytes).map_err(|error| {
        let before = bytes.split(|&byte| byte == b'\n').take(error.line().saturating_sub(1));
        let at = before.map(|line| line.len() as u64 + 1).sum::<u64>() + error.column() as u64;
        ListError::Malformed { format, reason: error.to_string(), at }
    })
}
