//! From text to tokens with their places.

use super::error::QueryError;
use std::ops::Range;

/// An operator between a field and its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Colon,
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Near,
}

impl Operator {
    /// Longer ones first.
    const ALL: [(&'static str, Self); 8] = [
        ("!=", Self::Unequal),
        ("<=", Self::LessOrEqual),
        (">=", Self::GreaterOrEqual),
        (":", Self::Colon),
        ("=", Self::Equal),
        ("<", Self::Less),
        (">", Self::Greater),
        ("~", Self::Near),
    ];

    /// How it is written.
    pub(super) fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(_, operator)| *operator == self).map_or("", |(text, _)| text)
    }
}

/// One alternative of a term, without its quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Text {
    pub(super) content: String,
    pub(super) quoted: bool,
    pub(super) at: Range<usize>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Open,
    Close,
    Or,
    And,
    Not,
    /// A word by itself.
    Word(Text),
    /// Name of the field, operator, alternatives.
    Term(Text, Operator, Vec<Text>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) at: Range<usize>,
}

/// Cuts a query into tokens.
pub(super) fn tokens(query: &str) -> Result<Vec<Token>, QueryError> {
    let mut cutter = Cutter { query, at: 0 };
    let mut tokens = Vec::new();
    while let Some(token) = cutter.next()? {
        tokens.push(token);
    }
    Ok(tokens)
}

struct Cutter<'a> {
    query: &'a str,
    at: usize,
}

impl Cutter<'_> {
    fn rest(&self) -> &str {
        self.query.get(self.at..).unwrap_or("")
    }

    fn next(&mut self) -> Result<Option<Token>, QueryError> {
        let blank = self.rest().len() - self.rest().trim_start().len();
        self.at += blank;
        let start = self.at;
        let Some(first) = self.rest().chars().next() else { return Ok(None) };
        let kind = match first {
            '(' => self.sign(Kind::Open),
            ')' => self.sign(Kind::Close),
            '|' => self.sign(Kind::Or),
            '-' => self.sign(Kind::Not),
            _ => self.term()?,
        };
        Ok(Some(Token { kind, at: start..self.at }))
    }

    fn sign(&mut self, kind: Kind) -> Kind {
        self.at += 1;
        kind
    }

    fn term(&mut self) -> Result<Kind, QueryError> {
        let name = self.text(|c| c.is_whitespace() || "():=<>~!|".contains(c))?;
        let rest = self.rest();
        let Some(&(sign, operator)) = Operator::ALL.iter().find(|(s, _)| rest.starts_with(s))
        else {
            return self.word(name);
        };
        self.at += sign.len();
        let mut values = vec![self.value(operator)?];
        while self.rest().starts_with(',') {
            self.at += 1;
            values.push(self.value(operator)?);
        }
        Ok(Kind::Term(name, operator, values))
    }

    fn word(&mut self, word: Text) -> Result<Kind, QueryError> {
        if word.content.is_empty() && !word.quoted {
            // What ends a name and is none of the signs above: a lone `!`.
            return Err(QueryError::new(self.at..self.at + 1, "a field or a word is needed here"));
        }
        Ok(match word.content.as_str() {
            "or" | "OR" if !word.quoted => Kind::Or,
            "and" | "AND" if !word.quoted => Kind::And,
            "not" | "NOT" if !word.quoted => Kind::Not,
            _ => Kind::Word(word),
        })
    }

    fn value(&mut self, operator: Operator) -> Result<Text, QueryError> {
        let value = self.text(|c| c.is_whitespace() || "(),".contains(c))?;
        if value.content.is_empty() {
            let message = format!("a value is needed after `{}`", operator.as_str());
            return Err(QueryError::new(self.at..self.at, message));
        }
        Ok(value)
    }

    /// A quoted text, or all up to a character that ends it.
    fn text(&mut self, ends: impl Fn(char) -> bool) -> Result<Text, QueryError> {
        let start = self.at;
        let quote = self.rest().chars().next().filter(|c| matches!(c, '"' | '\''));
        if let Some(quote) = quote {
            let text = self.quoted(quote)?;
            return Ok(Text { content: text, quoted: true, at: start..self.at });
        }
        let rest = self.rest();
        let text = rest.get(..rest.find(ends).unwrap_or(rest.len())).unwrap_or("").to_owned();
        self.at += text.len();
        Ok(Text { content: text, quoted: false, at: start..self.at })
    }

    fn quoted(&mut self, quote: char) -> Result<String, QueryError> {
        let start = self.at;
        let mut text = String::new();
        let mut characters = self.rest().char_indices().skip(1).peekable();
        while let Some((at, c)) = characters.next() {
            let twice = characters.peek().is_some_and(|&(_, next)| next == quote);
            match c {
                _ if c != quote => text.push(c),
                _ if twice => {
                    text.push(quote);
                    characters.next();
                }
                _ => {
                    self.at += at + quote.len_utf8();
                    return Ok(text);
                }
            }
        }
        Err(QueryError::new(start..self.query.len(), format!("the quote {quote} is never closed")))
    }
}
