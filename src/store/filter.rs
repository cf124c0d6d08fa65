//! Conditions on files, and what they are in SQL.

use super::column::Column;
use super::facts::TrackId;
use super::fold::folded;
use super::sql;
use rusqlite::types::Value as Sql;
use std::fmt::Write as _;

/// How two numbers compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compare {
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `=`
    Equal,
    /// `>=`
    GreaterOrEqual,
    /// `>`
    Greater,
}

impl Compare {
    fn as_str(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Equal => "=",
            Self::GreaterOrEqual => ">=",
            Self::Greater => ">",
        }
    }
}

/// A condition on a file. What is undefined passes none but `Not`.
#[derive(Clone, Debug, PartialEq)]
pub enum Filter {
    /// All of these; everything passes an empty list.
    All(Vec<Filter>),
    /// One of these; nothing passes an empty list.
    Any(Vec<Filter>),
    /// What does not pass this.
    Not(Box<Filter>),
    /// A number compared.
    Compare(Column, Compare, f64),
    /// A text that is this one, whatever the case of ASCII letters.
    Is(Column, String),
    /// A text that holds this one, whatever case and accents.
    Contains(Column, String),
    /// What is defined at all.
    Known(Column),
    /// Files of these tracks.
    Tracks(Vec<TrackId>),
}

/// Where a filter can be decided: in one family, and for what a user may set, over one column.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Home {
    family: &'static str,
    corrected: Option<&'static str>,
}

/// Columns of a file of which one value leaves few files.
const NARROW: [&str; 3] = ["artist", "album", "year"];

/// A clause being written, with its parameters.
#[derive(Default)]
pub(super) struct Clause {
    /// Something beside it leaves few files: each is looked up, where else the tracks of a family that pass would be
    /// listed.
    narrow: bool,
    pub(super) text: String,
    pub(super) values: Vec<Sql>,
}

impl Filter {
    /// True when a column is asked for anywhere in it.
    pub(super) fn names(&self, name: &str) -> bool {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().any(|part| part.names(name)),
            Self::Not(part) => part.names(name),
            Self::Tracks(_) => false,
            Self::Compare(column, ..)
            | Self::Is(column, _)
            | Self::Contains(column, _)
            | Self::Known(column) => column.name() == name,
        }
    }

    /// The filter as a condition on `file f` and `recording r`.
    pub(super) fn clause(&self) -> Clause {
        let mut clause = Clause::default();
        clause.filter(self);
        clause
    }

    /// True where few files can pass.
    fn is_narrow(&self) -> bool {
        match self {
            Self::Tracks(_) => true,
            Self::Is(column, _) | Self::Compare(column, Compare::Equal, _) => {
                NARROW.contains(&column.name())
            }
            Self::All(parts) => parts.iter().any(Self::is_narrow),
            _ => false,
        }
    }

    fn column(&self) -> Option<Column> {
        match self {
            Self::All(_) | Self::Any(_) | Self::Not(_) | Self::Tracks(_) => None,
            Self::Compare(column, ..)
            | Self::Is(column, _)
            | Self::Contains(column, _)
            | Self::Known(column) => Some(*column),
        }
    }

    /// The home of all its tests, if they share one. A negation has none: what is not measured
    /// passes it, and has no row in the family.
    fn home(&self) -> Option<Home> {
        match self {
            Self::All(parts) | Self::Any(parts) => {
                let mut homes = parts.iter().map(Self::home);
                let first = homes.next()??;
                homes.all(|home| home == Some(first)).then_some(first)
            }
            Self::Not(_) => None,
            _ => {
                let column = self.column()?;
                let corrected = column.is_corrected().then_some(column.name());
                Some(Home { family: column.family()?.as_str(), corrected })
            }
        }
    }
}

impl Clause {
    fn filter(&mut self, filter: &Filter) {
        if let Some(home) = filter.home() {
            return self.at_home(home, std::slice::from_ref(&filter));
        }
        match filter {
            Filter::All(parts) => self.all(parts),
            Filter::Any(parts) => self.joined(parts, " OR ", "0", Self::filter),
            Filter::Not(part) => {
                self.text.push('(');
                self.filter(part);
                self.text.push_str(") IS NOT TRUE");
            }
            Filter::Tracks(tracks) => {
                let ids: Vec<i64> = tracks.iter().map(|track| track.0).collect();
                let place = self.value(Sql::Text(serde_json::Value::from(ids).to_string()));
                let _ = write!(self.text, "f.track_id IN ({})", sql::listed(&place));
            }
            test => self.test(test, Column::source),
        }
    }

    /// Conditions on one family are asked of it in one go: two ends of a range are one search. Where files are
    /// few, each is asked for; else the tracks that pass in all families are listed before any file is looked at.
    fn all(&mut self, parts: &[Filter]) {
        let around = self.narrow;
        self.narrow |= parts.iter().any(Filter::is_narrow);
        let mut groups: Vec<(Option<Home>, Vec<&Filter>)> = Vec::new();
        for part in parts {
            let home = part.home();
            match groups.iter_mut().find(|(known, _)| home.is_some() && *known == home) {
                Some((_, group)) => group.push(part),
                None => groups.push((home, vec![part])),
            }
        }
        let (homed, rest): (Vec<_>, Vec<_>) = groups.into_iter().partition(|(h, _)| h.is_some());
        let homed: Vec<String> =
            homed.iter().filter_map(|(home, group)| Some(self.tracks((*home)?, group))).collect();
        let mut conditions = Vec::new();
        if self.narrow {
            conditions.extend(homed.iter().map(|tracks| sql::held(tracks)));
        } else if !homed.is_empty() {
            conditions.push(sql::of_tracks(&homed));
        }
        self.text.push('(');
        self.text.push_str(&conditions.join(" AND "));
        let rest: Vec<&Filter> = rest.into_iter().flat_map(|(_, group)| group).collect();
        if !conditions.is_empty() && !rest.is_empty() {
            self.text.push_str(" AND ");
        }
        if conditions.is_empty() || !rest.is_empty() {
            self.joined(&rest, " AND ", "1", |clause, part| clause.filter(part));
        }
        self.text.push(')');
        self.narrow = around;
    }

    fn at_home(&mut self, home: Home, parts: &[&Filter]) {
        let tracks = self.tracks(home, parts);
        let condition = if self.narrow { sql::held(&tracks) } else { sql::of_tracks(&[tracks]) };
        self.text.push_str(&condition);
    }

    /// The tracks of a family that pass.
    fn tracks(&mut self, home: Home, parts: &[&Filter]) -> String {
        let mut inner = Self { values: std::mem::take(&mut self.values), ..Self::default() };
        inner.joined(parts, " AND ", "1", |clause, part| clause.inside(part));
        self.values = inner.values;
        match home.corrected {
            None => sql::of_family(home.family, &inner.text),
            Some(column) => sql::in_force(home.family, column, &inner.text),
        }
    }

    fn inside(&mut self, filter: &Filter) {
        match filter {
            Filter::All(parts) => self.joined(parts, " AND ", "1", Self::inside),
            Filter::Any(parts) => self.joined(parts, " OR ", "0", Self::inside),
            test => self.test(test, |column| column.name().to_owned()),
        }
    }

    fn joined<T>(&mut self, parts: &[T], sign: &str, none: &str, each: impl Fn(&mut Self, &T)) {
        self.text.push('(');
        for (index, part) in parts.iter().enumerate() {
            self.text.push_str(if index == 0 { "" } else { sign });
            each(self, part);
        }
        self.text.push_str(if parts.is_empty() { none } else { "" });
        self.text.push(')');
    }

    fn test(&mut self, test: &Filter, source: impl Fn(Column) -> String) {
        let Some(column) = test.column() else { return };
        let expression = source(column);
        match test {
            Filter::Compare(_, how, number) => {
                let place = self.value(Sql::Real(*number));
                let _ = write!(self.text, "{expression} {} {place}", how.as_str());
            }
            Filter::Is(_, text) => {
                let place = self.value(Sql::Text(text.clone()));
                let _ = write!(self.text, "{expression} = {place} COLLATE NOCASE");
            }
            Filter::Contains(_, text) => {
                let place = self.value(Sql::Text(folded(text)));
                let _ = write!(self.text, "instr(folded({expression}), {place}) > 0");
            }
            _ => {
                let _ = write!(self.text, "{expression} IS NOT NULL");
            }
        }
    }

    /// A numbered parameter: a clause may repeat its condition.
    fn value(&mut self, value: Sql) -> String {
        self.values.push(value);
        format!("?{}", self.values.len())
    }
}
