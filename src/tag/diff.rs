//! What stands there against what should.

use super::field::Field;
use super::format::Holder;
use crate::feature::tonal::Key;
use serde_json::{Value, json};

/// What is done about a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// There was nothing.
    Add,
    /// Another value takes its place.
    Replace,
    /// It goes.
    Remove,
    /// It is right already, or as near as makes no difference.
    Same,
    /// Somebody else set another value: it stays.
    Keep,
}

impl Action {
    /// The stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Replace => "replace",
            Self::Remove => "remove",
            Self::Same => "same",
            Self::Keep => "keep",
        }
    }

    /// True when the file changes.
    pub fn changes(self) -> bool {
        matches!(self, Self::Add | Self::Replace | Self::Remove)
    }
}

/// One field of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Which.
    pub field: Field,
    /// What stands there.
    pub old: Option<String>,
    /// What should; `None` to remove it.
    pub new: Option<String>,
    /// What is done.
    pub action: Action,
}

/// Texts that this program wrote into files with the same sound.
#[derive(Clone, Debug, Default)]
pub(super) struct Written(Vec<(String, String)>);

impl Written {
    /// From the journal.
    pub(super) fn read(changes: &[String]) -> Self {
        let lists = changes.iter().filter_map(|json| serde_json::from_str::<Value>(json).ok());
        let of_list = |list: Value| list.as_array().cloned().unwrap_or_default();
        let text = |change: &Value, name: &str| Some(change.get(name)?.as_str()?.to_owned());
        let both = |change: Value| Some((text(&change, "field")?, text(&change, "new")?));
        Self(lists.flat_map(of_list).filter_map(both).collect())
    }

    fn has(&self, field: Field, text: &str) -> bool {
        self.0.iter().any(|(own, written)| own == field.as_str() && written == text)
    }
}

/// The changes as the journal keeps them.
pub(super) fn to_json(changes: &[Change]) -> String {
    let made = changes.iter().filter(|change| change.action.changes());
    let object = |c: &Change| json!({"field": c.field.as_str(), "old": c.old, "new": c.new});
    Value::Array(made.map(object).collect()).to_string()
}

/// Compares. A value that this program wrote is its own to replace; any other only with `force`, and
/// one that says the same in other words stays without it. Gains are kept together.
pub(super) fn compare(
    holder: &dyn Holder,
    wanted: &[(Field, String)],
    unwanted: &[Field],
    written: &Written,
    force: bool,
) -> Vec<Change> {
    let mut changes: Vec<Change> = Vec::new();
    for (field, new) in wanted.iter().filter(|(field, _)| !unwanted.contains(field)) {
        let old = holder.get(*field);
        let action = match &old {
            None => Action::Add,
            Some(old) if old == new => Action::Same,
            Some(old) if force || written.has(*field, old) => Action::Replace,
            Some(old) if agree(*field, old, new) => Action::Same,
            Some(_) => Action::Keep,
        };
        changes.push(Change { field: *field, old, new: Some(new.clone()), action });
    }
    if changes.iter().any(|change| change.field.is_gain() && change.action == Action::Keep) {
        for change in changes.iter_mut().filter(|change| change.field.is_gain()) {
            change.action = Action::Keep;
        }
    }
    for &field in unwanted {
        if let Some(old) = holder.get(field) {
            let own = force || written.has(field, &old);
            let action = if own { Action::Remove } else { Action::Keep };
            changes.push(Change { field, old: Some(old), new: None, action });
        }
    }
    changes
}

/// True when both say the same for a listener: tempi within 1 % (or half a beat, as whole numbers
/// are rounded), keys in any notation, gains within 0.1 dB, peaks within 1 %.
fn agree(field: Field, old: &str, new: &str) -> bool {
    let numbers = number(old).zip(number(new));
    let within = |most: f64| numbers.is_some_and(|(old, new)| (old - new).abs() <= most);
    let relative = |share: f64| numbers.is_some_and(|(old, new)| (old - new).abs() <= share * new);
    match field {
        Field::Bpm => within(0.5) || relative(0.01),
        Field::Key => match (old.trim().parse::<Key>(), new.parse::<Key>()) {
            (Ok(old), Ok(new)) => old == new,
            _ => false,
        },
        Field::TrackGain | Field::AlbumGain => within(0.1),
        Field::TrackPeak | Field::AlbumPeak => relative(0.01),
        Field::R128Track | Field::R128Album => within(25.6),
        Field::Energy
        | Field::Danceability
        | Field::Valence
        | Field::Acousticness
        | Field::Instrumentalness => within(0.005),
        Field::Mood | Field::Comment => old.trim().eq_ignore_ascii_case(new),
    }
}

/// A number, whatever unit follows it.
fn number(text: &str) -> Option<f64> {
    let number = text.split_whitespace().next()?.replace(',', ".");
    let number = number.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    number.parse().ok().filter(|number: &f64| number.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fields by name.
    #[derive(Default)]
    struct Sheet(Vec<(Field, &'static str)>);

    impl Holder for Sheet {
        fn get(&self, field: Field) -> Option<String> {
            self.0.iter().find(|(own, _)| *own == field).map(|(_, text)| (*text).into())
        }
        fn set(&mut self, _: Field, _: &str) {}
        fn remove(&mut self, _: Field) {}
        fn patch(&self) -> Result<crate::tag::patch::Patch, crate::tag::error::Unfit> {
            Ok(crate::tag::patch::Patch::default())
        }
    }

    #[test]
    fn what_agrees_is_left_alone() {
        for (field, old, new) in [
            (Field::Bpm, "127.4", "128"),
            (Field::Bpm, "40", "40.4"),
            (Field::Key, "8A", "Am"),
            (Field::Key, "1m", "8A"),
            (Field::Key, "A#m", "Bbm"),
            (Field::TrackGain, "-7.2 dB", "-7.23 dB"),
            (Field::TrackGain, "-7,30", "-7.23 dB"),
            (Field::TrackPeak, "0.98", "0.984000"),
        ] {
            assert!(agree(field, old, new), "{field:?} {old} {new}");
        }
        for (field, old, new) in [
            (Field::Bpm, "64", "128"),
            (Field::Bpm, "126", "128"),
            (Field::Bpm, "fast", "128"),
            (Field::Key, "Am", "C"),
            (Field::Key, "o", "Am"),
            (Field::TrackGain, "-6.9 dB", "-7.23 dB"),
        ] {
            assert!(!agree(field, old, new), "{field:?} {old} {new}");
        }
    }

    fn actions(changes: &[Change]) -> Vec<Action> {
        changes.iter().map(|change| change.action).collect()
    }

    #[test]
    fn what_others_set_is_kept_and_what_we_wrote_is_ours() {
        let sheet = Sheet(vec![(Field::Bpm, "64"), (Field::Key, "C")]);
        let wanted = [(Field::Bpm, "128".to_owned()), (Field::Key, "Am".to_owned())];
        let none = Written::default();
        let changes = compare(&sheet, &wanted, &[], &none, false);
        assert_eq!(actions(&changes), [Action::Keep, Action::Keep]);
        assert_eq!(actions(&compare(&sheet, &wanted, &[], &none, true)), [Action::Replace; 2]);
        let earlier =
            Change { field: Field::Bpm, old: None, new: Some("64".into()), action: Action::Add };
        let journal = Written::read(&[to_json(&[earlier]), "damaged".into()]);
        let changes = compare(&sheet, &wanted, &[], &journal, false);
        assert_eq!(actions(&changes), [Action::Replace, Action::Keep]);
        let changes = compare(&sheet, &[], &[Field::Bpm, Field::Key, Field::Mood], &journal, false);
        assert_eq!(actions(&changes), [Action::Remove, Action::Keep]);
    }

    #[test]
    fn half_of_the_gains_is_not_written_beside_somebody_elses() {
        let sheet = Sheet(vec![(Field::TrackGain, "-3.00 dB")]);
        let wanted = [
            (Field::TrackGain, "-7.00 dB".to_owned()),
            (Field::AlbumGain, "-8.00 dB".to_owned()),
            (Field::Bpm, "128".to_owned()),
        ];
        let changes = compare(&sheet, &wanted, &[], &Written::default(), false);
        assert_eq!(actions(&changes), [Action::Keep, Action::Keep, Action::Add]);
    }
}
