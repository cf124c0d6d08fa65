//! From tokens to a filter, by recursive descent.

use super::error::QueryError;
use super::fields::{named, of_term};
use super::token::{Kind as Token, Operator, Text, tokens};
use super::value;
use crate::feature::Kind;
use crate::feature::tonal::Key;
use crate::store::{Column, Compare, Filter, Quantity};
use std::ops::Range;

/// Deepest nesting of parentheses and negations: far above any question, far below the stack.
const DEPTH: usize = 64;
/// Most conditions, values counted: SQLite takes expressions that are 1 000 deep, and a row of them is as deep as it
/// is long.
const CONDITIONS: usize = 500;

/// A tempo this near is the same to a listener (and to the scores of tempo estimation).
const NEAR_TEMPO: f64 = 0.04;

/// Fields a bare word is looked for in.
const WORD_FIELDS: [&str; 4] = ["title", "artist", "album", "album_artist"];

pub(super) struct Parser {
    tokens: std::iter::Peekable<std::vec::IntoIter<super::token::Token>>,
    end: usize,
    now_ms: i64,
    conditions: usize,
}

impl Parser {
    pub(super) fn new(text: &str, now_ms: i64) -> Result<Self, QueryError> {
        let tokens = tokens(text)?.into_iter().peekable();
        Ok(Self { tokens, end: text.len(), now_ms, conditions: 0 })
    }

    pub(super) fn query(mut self) -> Result<Filter, QueryError> {
        if self.tokens.peek().is_none() {
            return Ok(Filter::All(Vec::new()));
        }
        let filter = self.any(0)?;
        match self.tokens.next() {
            None => Ok(filter),
            Some(token) => Err(QueryError::new(token.at, "there is no ( to this )")),
        }
    }

    fn any(&mut self, depth: usize) -> Result<Filter, QueryError> {
        let mut parts = vec![self.all(depth)?];
        while self.tokens.next_if(|token| token.kind == Token::Or).is_some() {
            parts.push(self.all(depth)?);
        }
        Ok(one_or(parts, Filter::Any))
    }

    fn all(&mut self, depth: usize) -> Result<Filter, QueryError> {
        let mut parts = vec![self.not(depth)?];
        loop {
            let and = self.tokens.next_if(|token| token.kind == Token::And).is_some();
            match self.tokens.peek().map(|token| &token.kind) {
                None | Some(Token::Or | Token::Close) if !and => {
                    return Ok(one_or(parts, Filter::All));
                }
                _ => parts.push(self.not(depth)?),
            }
        }
    }

    fn not(&mut self, depth: usize) -> Result<Filter, QueryError> {
        if self.tokens.next_if(|token| token.kind == Token::Not).is_some() {
            let depth = self.deeper(depth)?;
            return Ok(Filter::Not(Box::new(self.not(depth)?)));
        }
        self.unit(depth)
    }

    fn deeper(&mut self, depth: usize) -> Result<usize, QueryError> {
        if depth < DEPTH {
            return Ok(depth + 1);
        }
        Err(QueryError::new(self.here(), format!("more than {DEPTH} levels are nested here")))
    }

    fn here(&mut self) -> Range<usize> {
        self.tokens.peek().map_or(self.end..self.end, |token| token.at.clone())
    }

    fn unit(&mut self, depth: usize) -> Result<Filter, QueryError> {
        let at = self.here();
        match self.tokens.next().map(|token| token.kind) {
            Some(Token::Word(word)) => {
                self.count(1, at)?;
                Ok(anywhere(&word.content))
            }
            Some(Token::Term(name, operator, values)) => {
                self.count(values.len(), at)?;
                self.term(&name, operator, &values)
            }
            Some(Token::Open) => {
                let depth = self.deeper(depth)?;
                let inner = self.any(depth)?;
                match self.tokens.next_if(|token| token.kind == Token::Close) {
                    Some(_) => Ok(inner),
                    None => Err(QueryError::new(at, "this ( is never closed")),
                }
            }
            _ => Err(QueryError::new(at, "a condition is needed here, such as bpm:120..128")),
        }
    }

    fn count(&mut self, more: usize, at: Range<usize>) -> Result<(), QueryError> {
        self.conditions += more;
        if self.conditions <= CONDITIONS {
            return Ok(());
        }
        Err(QueryError::new(at, format!("there are more than {CONDITIONS} conditions")))
    }

    fn term(&self, name: &Text, operator: Operator, values: &[Text]) -> Result<Filter, QueryError> {
        if name.content.eq_ignore_ascii_case("has") && operator == Operator::Colon {
            return has(values);
        }
        let column = of_term(name)?;
        let alternatives = values.iter().map(|value| self.test(column, operator, value));
        let any = one_or(alternatives.collect::<Result<_, _>>()?, Filter::Any);
        if operator != Operator::Unequal {
            return Ok(any);
        }
        Ok(Filter::All(vec![Filter::Known(column), Filter::Not(Box::new(any))]))
    }

    fn test(&self, column: Column, operator: Operator, value: &Text) -> Result<Filter, QueryError> {
        match (column.name(), operator) {
            ("key", _) => key(column, operator, value),
            ("bpm", Operator::Near) => near_tempo(column, value),
            (_, Operator::Near) => {
                let message =
                    format!("~ is for bpm and key; write {}:{}", column.name(), value.content);
                Err(QueryError::new(value.at.clone(), message))
            }
            _ if column.kind() == Kind::Text => text(column, operator, value),
            _ if column.quantity() == Quantity::Moment => self.moment(column, operator, value),
            _ => range(column, operator, value),
        }
    }

    /// Ages and dates. `added<30d` is younger than 30 days, `added>2024` after that year.
    fn moment(
        &self,
        column: Column,
        operator: Operator,
        value: &Text,
    ) -> Result<Filter, QueryError> {
        let at_least = |ms| Filter::Compare(column, Compare::GreaterOrEqual, ms);
        let before = |ms| Filter::Compare(column, Compare::Less, ms);
        if let Some(age) = value::age_ms(&value.content) {
            let then = self.now_ms as f64 - age;
            return match operator {
                Operator::Less | Operator::LessOrEqual | Operator::Colon => Ok(at_least(then)),
                Operator::Greater | Operator::GreaterOrEqual => Ok(before(then)),
                _ => Err(QueryError::new(value.at.clone(), "an age is compared with < or >")),
            };
        }
        let (low, high) =
            value.content.split_once("..").unwrap_or((&value.content, &value.content));
        let read = |text: &str| value::date_ms(text).ok_or_else(|| unread(value, Quantity::Moment));
        let open = |text: &str| text.trim().is_empty();
        let period = || Ok::<_, QueryError>((read(low)?, read(high)?));
        match operator {
            Operator::Colon | Operator::Equal | Operator::Unequal => {
                Ok(Filter::All(match (open(low), open(high)) {
                    (true, true) => return Err(unread(value, Quantity::Moment)),
                    (true, false) => vec![before(read(high)?.1)],
                    (false, true) => vec![at_least(read(low)?.0)],
                    (false, false) => vec![at_least(period()?.0.0), before(period()?.1.1)],
                }))
            }
            Operator::Less => Ok(before(read(&value.content)?.0)),
            Operator::LessOrEqual => Ok(before(read(&value.content)?.1)),
            Operator::Greater => Ok(at_least(read(&value.content)?.1)),
            Operator::GreaterOrEqual => Ok(at_least(read(&value.content)?.0)),
            Operator::Near => Err(unread(value, Quantity::Moment)),
        }
    }
}

/// One filter as it is, several combined.
fn one_or(mut parts: Vec<Filter>, combine: fn(Vec<Filter>) -> Filter) -> Filter {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        last => {
            parts.extend(last);
            combine(parts)
        }
    }
}

fn anywhere(word: &str) -> Filter {
    let contains = |column| Filter::Contains(column, word.to_owned());
    Filter::Any(WORD_FIELDS.into_iter().filter_map(Column::find).map(contains).collect())
}

fn has(values: &[Text]) -> Result<Filter, QueryError> {
    let error = |value: &Text, message| QueryError::new(value.at.clone(), message);
    let known =
        |value: &Text| named(&value.content).map(Filter::Known).map_err(|m| error(value, m));
    Ok(one_or(values.iter().map(known).collect::<Result<_, _>>()?, Filter::Any))
}

fn text(column: Column, operator: Operator, value: &Text) -> Result<Filter, QueryError> {
    match operator {
        Operator::Colon => Ok(Filter::Contains(column, value.content.clone())),
        Operator::Equal | Operator::Unequal => Ok(Filter::Is(column, value.content.clone())),
        _ => {
            let message =
                format!("`{}` is text; write {0}:{} or {0}={1}", column.name(), value.content);
            Err(QueryError::new(value.at.clone(), message))
        }
    }
}

fn range(column: Column, operator: Operator, value: &Text) -> Result<Filter, QueryError> {
    let quantity = column.quantity();
    let read = |text: &str| value::number(text, quantity).ok_or_else(|| unread(value, quantity));
    let compare = |how, text: &str| Ok(Filter::Compare(column, how, read(text)?));
    let how = match operator {
        Operator::Less => Compare::Less,
        Operator::LessOrEqual => Compare::LessOrEqual,
        Operator::Greater => Compare::Greater,
        Operator::GreaterOrEqual => Compare::GreaterOrEqual,
        _ => match value.content.split_once("..") {
            None => Compare::Equal,
            Some(("", "")) => return Err(unread(value, quantity)),
            Some(("", high)) => return compare(Compare::LessOrEqual, high),
            Some((low, "")) => return compare(Compare::GreaterOrEqual, low),
            Some((low, high)) => return between(column, read(low)?, read(high)?, value),
        },
    };
    compare(how, &value.content)
}

fn between(column: Column, low: f64, high: f64, value: &Text) -> Result<Filter, QueryError> {
    if low > high {
        let message = format!("the range is empty: {low} is more than {high}");
        return Err(QueryError::new(value.at.clone(), message));
    }
    let end = |how, number| Filter::Compare(column, how, number);
    Ok(Filter::All(vec![end(Compare::GreaterOrEqual, low), end(Compare::LessOrEqual, high)]))
}

fn unread(value: &Text, quantity: Quantity) -> QueryError {
    let wanted = value::wanted(quantity);
    let message = format!("`{}` is not {wanted}, nor a range of them (a..b)", value.content);
    QueryError::new(value.at.clone(), message)
}

/// The tempo, its half and its double, each within 4 %.
fn near_tempo(column: Column, value: &Text) -> Result<Filter, QueryError> {
    let bpm = value::number(&value.content, Quantity::Plain).filter(|bpm| *bpm > 0.0);
    let bpm = bpm.ok_or_else(|| unread(value, Quantity::Plain))?;
    let octave = |factor: f64| {
        let (low, high) = (bpm * factor * (1.0 - NEAR_TEMPO), bpm * factor * (1.0 + NEAR_TEMPO));
        between(column, low, high, value)
    };
    Ok(Filter::Any([1.0, 0.5, 2.0].into_iter().map(octave).collect::<Result<_, _>>()?))
}

fn key(column: Column, operator: Operator, value: &Text) -> Result<Filter, QueryError> {
    let key: Key = value
        .content
        .parse()
        .map_err(|error| QueryError::new(value.at.clone(), format!("{error}")))?;
    let is = |key: Key| Filter::Is(column, key.to_string());
    match operator {
        Operator::Colon | Operator::Equal | Operator::Unequal => Ok(is(key)),
        // A step either way on the circle of fifths, and the relative key.
        Operator::Near => {
            let mixes = [key, key.transposed(7), key.transposed(-7), key.relative()];
            Ok(Filter::Any(mixes.map(is).into()))
        }
        _ => Err(QueryError::new(value.at.clone(), "keys have no order; write key:8A or key~8A")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;
    use crate::store::{Question, Readers};

    const NOW: i64 = 1_750_000_000_000;

    fn column(name: &str) -> Column {
        Column::find(name).expect("a column")
    }

    fn compare(name: &str, how: Compare, number: f64) -> Filter {
        Filter::Compare(column(name), how, number)
    }

    #[test]
    fn terms_side_by_side_must_all_hold() {
        let filter = parse("bpm:120..128 year<2000 -artist:\"A B\"", NOW).expect("sound");
        let range = vec![
            compare("bpm", Compare::GreaterOrEqual, 120.0),
            compare("bpm", Compare::LessOrEqual, 128.0),
        ];
        let artist = Filter::Contains(column("artist"), "A B".into());
        let wanted = vec![
            Filter::All(range),
            compare("year", Compare::Less, 2000.0),
            Filter::Not(Box::new(artist)),
        ];
        assert_eq!(filter, Filter::All(wanted));
    }

    #[test]
    fn or_binds_weaker_than_and() {
        let grouped = parse("(year:1 year:2) or year:3", NOW);
        assert_eq!(parse("year:1 year:2 | year:3", NOW), grouped);
        assert_eq!(parse("year:1 and year:2 or year:3", NOW), grouped);
        assert_ne!(parse("year:1 (year:2 or year:3)", NOW), grouped);
    }

    #[test]
    fn ages_count_back_from_now() {
        let then = NOW as f64 - 30.0 * 86_400_000.0;
        let younger = compare("added_at", Compare::GreaterOrEqual, then);
        assert_eq!(parse("added<30d", NOW), Ok(younger));
        assert_eq!(parse("added>30d", NOW), Ok(compare("added_at", Compare::Less, then)));
    }

    #[test]
    fn keys_are_read_in_any_notation_and_mix_with_their_neighbours() {
        let a_minor = Filter::Is(column("key"), "A minor".into());
        for text in ["key:8A", "key:Am", "key:\"A minor\"", "key=1m", "initial_key:8a"] {
            assert_eq!(parse(text, NOW), Ok(a_minor.clone()), "{text}");
        }
        // Camelot wheel: 8A mixes with 8A, 9A, 7A and 8B.
        let mixes = ["A minor", "E minor", "D minor", "C major"];
        let mixes = mixes.map(|key| Filter::Is(column("key"), key.into())).into();
        assert_eq!(parse("key~8A", NOW), Ok(Filter::Any(mixes)));
    }

    #[test]
    fn errors_point_at_the_place() {
        let cases = [
            ("bmp:120", 0..3, "did you mean `bpm`"),
            ("year<x", 5..6, "not a number"),
            ("genre:\"a b", 6..10, "never closed"),
            ("(bpm:1", 0..1, "never closed"),
            ("bpm:1)", 5..6, "no ("),
            ("bpm:", 4..4, "value is needed"),
            ("bpm:130..120", 4..12, "empty"),
            ("genre>a", 6..7, "is text"),
            ("key:H#x", 4..7, "no key"),
            ("bpm:1 or", 8..8, "condition is needed"),
            ("beats:3", 0..5, "list"),
            ("bpm:1 !", 6..7, "field or a word"),
            ("genre~house", 6..11, "genre:house"),
            ("added:x", 6..7, "an age"),
            ("bpm:..", 4..6, "not a number"),
        ];
        for (text, at, part) in cases {
            let error = parse(text, NOW).expect_err(text);
            assert_eq!(error.at, at, "{text}: {error}");
            assert!(error.message.contains(part), "{text}: {error}");
        }
    }

    #[test]
    fn deep_nesting_is_refused_before_the_stack_ends() {
        for sign in ["(", "-", "not "] {
            let error = parse(&(sign.repeat(100_000) + "a"), NOW).expect_err("too deep");
            assert!(error.message.contains("nested"), "{error}");
        }
    }

    #[test]
    fn more_conditions_than_the_database_takes_are_refused() {
        let readers = Readers::empty().expect("a database");
        for (text, some) in [("a ", 499), ("-bpm:1 ", 499), ("a or ", 499), ("bpm:1,2,3 or ", 166)]
        {
            let nested = "-(".repeat(30) + &text.repeat(some) + "a" + &")".repeat(30);
            let filter = parse(&nested, NOW).expect("few enough");
            let question = Question { filter, sort: Vec::new(), limit: None };
            assert!(readers.select(&question).is_ok(), "the database takes what passes: {text}");
            let error = parse(&(text.repeat(some + 1) + "a"), NOW).expect_err("too many");
            assert!(error.message.contains("more than 500 conditions"), "{error}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in "[a-z:=<>~!()|,.\"' 0-9äé-]{0,40}") {
            let _ = parse(&text, NOW).map_err(|error| error.underline(&text));
        }

        #[test]
        fn whatever_is_quoted_is_taken_literally(value in "\\PC{1,20}") {
            let query = format!("title:\"{}\"", value.replace('"', "\"\""));
            proptest::prop_assert_eq!(parse(&query, NOW), Ok(Filter::Contains(column("title"), value)));
        }
    }
}
