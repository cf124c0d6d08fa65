//! PLS, version 2.

use super::m3u::caption;
use super::{Item, Writing};
use std::collections::BTreeMap;
use std::io::{self, Write};

pub(super) fn write(items: &[Item], writing: &Writing, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "[playlist]")?;
    for (number, item) in (1..).zip(items) {
        write!(out, "File{number}=")?;
        out.write_all(&writing.line(&item.path))?;
        writeln!(out, "\nTitle{number}={}", caption(item))?;
        let seconds = item.duration_s.map_or(-1, |seconds| seconds.round() as i64);
        writeln!(out, "Length{number}={seconds}")?;
    }
    writeln!(out, "NumberOfEntries={}\nVersion=2", items.len())
}

/// The files in the order of their numbers, which need not be that of the lines.
pub(super) fn read(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut files: BTreeMap<u64, Vec<u8>> = BTreeMap::new();
    for line in bytes.split(|byte| matches!(byte, b'\n' | b'\r')) {
        let Some((name, value)) = cut(line) else { continue };
        let number = name.get(..4).filter(|start| start.eq_ignore_ascii_case(b"file"));
        let number = number.and_then(|_| std::str::from_utf8(name.get(4..)?).ok()?.parse().ok());
        if let Some(number) = number.filter(|_| !value.is_empty()) {
            files.insert(number, value.to_vec());
        }
    }
    files.into_values().collect()
}

fn cut(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = line.iter().position(|&byte| byte == b'=')?;
    Some((line.get(..at)?.trim_ascii(), line.get(at + 1..)?.trim_ascii()))
}
