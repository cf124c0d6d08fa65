//! Attributes of XML 1.0.

use std::io::{self, Write};

/// Opens an element: `<name a="…"`, and what ends the tag. Undefined attributes are left out.
pub(super) fn tag(
    out: &mut dyn Write,
    name: &str,
    attributes: &[(&str, Option<String>)],
    end: &str,
) -> io::Result<()> {
    write!(out, "<{name}")?;
    for (attribute, value) in attributes {
        if let Some(value) = value {
            write!(out, " {attribute}=\"{}\"", escaped(value))?;
        }
    }
    out.write_all(end.as_bytes())
}

/// A text within quotes. Line breaks and tabs are written as references, or a reader would make
/// blanks of them; what XML has no way to write is left out.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\t' => escaped.push_str("&#9;"),
            '\n' => escaped.push_str("&#10;"),
            '\r' => escaped.push_str("&#13;"),
            '\u{FFFE}' | '\u{FFFF}' => {}
            c if c < ' ' => {}
            c => escaped.push(c),
        }
    }
    escaped
}
