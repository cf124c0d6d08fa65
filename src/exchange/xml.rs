//! Attributes of XML 1.0.

use std::io::{self, Write};

use crate::xml::escaped;

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
