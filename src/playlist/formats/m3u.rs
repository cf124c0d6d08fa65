//! Extended M3U.

use super::{Item, Writing};
use std::io::{self, Write};

pub(super) fn write(items: &[Item], writing: &Writing, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "#EXTM3U")?;
    if let Some(title) = &writing.title {
        writeln!(out, "#PLAYLIST:{}", one_line(title))?;
    }
    for item in items {
        // -1 is "not known".
        let seconds = item.duration_s.map_or(-1, |seconds| seconds.round() as i64);
        writeln!(out, "#EXTINF:{seconds},{}", caption(item))?;
        out.write_all(&writing.line(&item.path))?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

/// "Artist - Title", or what is known, or the name of the file.
pub fn caption(item: &Item) -> String {
    let name = || item.path.file_stem().map(|name| name.to_string_lossy().into_owned());
    let title = item.title.clone().or_else(name).unwrap_or_default();
    one_line(&match &item.artist {
        Some(artist) => format!("{artist} - {title}"),
        None => title,
    })
}

fn one_line(text: &str) -> String {
    text.replace(|c: char| c.is_control(), " ")
}

pub(super) fn read(bytes: &[u8]) -> Vec<Vec<u8>> {
    let lines = bytes.split(|byte| matches!(byte, b'\n' | b'\r'));
    let lines = lines.map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
    lines.filter(|line| !line.starts_with(b"#")).map(<[u8]>::to_vec).collect()
}
