//! Text as questions compare it: without case and accents.

use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// Lower case without accents: "Björk" and "bjork" are one.
///
/// Compatibility decomposition (Unicode, NFKD) without combining marks, then lower case.
pub(super) fn folded(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect()
}

/// Makes `folded(text)` known to a connection; NULL stays NULL.
pub(super) fn register(conn: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    conn.create_scalar_function("folded", 1, flags, |context| {
        let text = context.get_raw(0).as_str_or_null();
        Ok(text.ok().flatten().map(folded))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_accents_do_not_count() {
        for text in ["BJÖRK", "Bjo\u{308}rk", "bjork", "Ｂｊｏｒｋ"] {
            assert_eq!(folded(text), "bjork", "{text}");
        }
        assert_eq!(folded("Чайковский"), "чаиковскии", "й is и with a breve");
        assert_eq!(folded(""), "");
    }
}
