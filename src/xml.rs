//! Text in XML 1.0.

/// A text as it may stand within an element or within quotes. Line breaks and tabs are written as
/// references, or a reader would make blanks of them in an attribute; characters that XML 1.0 has
/// no way to write are left out.
///
/// Source: W3C, Extensible Markup Language 1.0, sections 2.2, 2.4 and 3.3.3.
pub fn escaped(text: &str) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_leave_its_element_or_its_quotes() {
        assert_eq!(escaped("a<b>&\"\u{0}c\u{FFFE}"), "a&lt;b&gt;&amp;&quot;c");
    }

    #[test]
    fn a_reader_gets_every_line_break_back() {
        let text = "one\r\ntwo\tthree\n";
        let read = quick_xml::escape::unescape(&escaped(text)).expect("sound").into_owned();
        assert_eq!(read, text);
    }
}
