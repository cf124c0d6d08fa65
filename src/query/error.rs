//! What is wrong with a query, and where.

use std::fmt::Write as _;
use std::ops::Range;

/// A query that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct QueryError {
    /// Bytes of the query that are at fault.
    pub at: Range<usize>,
    /// What is wrong, and what would be right.
    pub message: String,
}

impl QueryError {
    pub(super) fn new(at: Range<usize>, message: impl Into<String>) -> Self {
        Self { at, message: message.into() }
    }

    /// The query with the place underlined, on two lines.
    ///
    /// Characters are taken to be one column wide; control characters are shown as blanks.
    pub fn underline(&self, query: &str) -> String {
        let shown: String = query.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let columns = |from: usize, to: usize| {
            query.char_indices().filter(|(at, _)| (from..to).contains(at)).count()
        };
        let before = columns(0, self.at.start);
        let marks = columns(self.at.start, self.at.end).max(1);
        let mut text = String::new();
        let _ = write!(text, "  {shown}\n  {:before$}{}", "", "^".repeat(marks));
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_stands_under_its_place_whatever_the_letters() {
        let error = QueryError::new(7..10, "no");
        assert_eq!(error.underline("ä ö xy:zz"), "  ä ö xy:zz\n       ^^^");
        let end = QueryError::new(3..3, "no");
        assert_eq!(end.underline("bpm"), "  bpm\n     ^");
    }
}
