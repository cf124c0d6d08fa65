//! How much of a track is heard, and what may be said of it then.

use super::catalogue::{Families, Family, Record, Value};

/// How much of a track is heard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Depth {
    /// All of it.
    #[default]
    Full,
    /// Excerpts: what is said of the whole is an estimate, and places in it are not told.
    Quick,
}

impl Depth {
    /// The name in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Quick => "quick",
        }
    }

    /// The inverse of [`Self::as_str`].
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Full, Self::Quick].into_iter().find(|depth| depth.as_str() == name)
    }

    /// What can be heard at this depth.
    pub fn families(self) -> Families {
        match self {
            Self::Full => Families::all(),
            Self::Quick => QUICK.into_iter().collect(),
        }
    }
}

/// Families that excerpts tell of. The others are places in the whole: sections, the envelope, the
/// first two minutes.
const QUICK: [Family; 7] = [
    Family::Loudness,
    Family::Signal,
    Family::Rhythm,
    Family::Tonal,
    Family::Timbre,
    Family::Perceptual,
    Family::Similarity,
];

/// Descriptors that name places in the track, or count over all of it.
const OF_THE_WHOLE: [&str; 22] = [
    "true_peak_overs",
    "loudness_curve_lufs",
    "loudness_curve_step_s",
    "silence_start_s",
    "silence_end_s",
    "silence_longest_s",
    "clipping_runs",
    "clipped_samples",
    "mono_loss_max_db",
    "tempo_stability",
    "tempo_kind",
    "beats",
    "downbeats",
    "onset_count",
    "onsets",
    "tempo_curve",
    "grid_bpm",
    "grid_offset_s",
    "key_sections",
    "key_stability",
    "chords",
    "chord_confidence",
];

/// The records of excerpts as those of a track of `frames` frames and `duration_s` seconds: its length
/// is known, what would need all of it is undefined.
#[must_use]
pub fn of_excerpts(mut records: Vec<Record>, frames: u64, duration_s: f64) -> Vec<Record> {
    for record in &mut records {
        for (field, value) in record.family.fields().iter().zip(&mut record.values) {
            match field.name {
                "duration_s" => *value = Value::Real(Some(duration_s)),
                "frames" => *value = Value::Integer(i64::try_from(frames).ok()),
                name if OF_THE_WHOLE.contains(&name) => *value = Value::undefined(field.kind),
                _ => {}
            }
        }
    }
    records
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feature::catalogue::Kind;

    #[test]
    fn every_descriptor_of_the_whole_is_one() {
        let fields = || Depth::Quick.families().iter().flat_map(Family::fields);
        for name in OF_THE_WHOLE {
            assert!(fields().any(|field| field.name == name), "{name}");
        }
        for field in fields().filter(|field| field.kind == Kind::Times) {
            assert!(OF_THE_WHOLE.contains(&field.name), "{} is a list of places", field.name);
        }
    }

    #[test]
    fn what_is_derived_has_what_it_is_made_of() {
        let quick = Depth::Quick.families();
        assert_eq!(quick.with_inputs(), quick);
    }

    #[test]
    fn the_length_is_that_of_the_track() {
        let values = |family: Family| {
            let fields = family.fields().iter();
            fields.map(|field| match field.kind {
                Kind::Real => Value::Real(Some(7.0)),
                Kind::Integer => Value::Integer(Some(7)),
                kind => Value::undefined(kind),
            })
        };
        let of = |family| Record { family, values: values(family).collect() };
        let told = of_excerpts(vec![of(Family::Signal)], 44_100, 1.0);
        let get = |name: &str| {
            let place = Family::Signal.fields().iter().position(|field| field.name == name);
            told[0].values[place.expect("a descriptor")].clone()
        };
        assert_eq!(get("frames"), Value::Integer(Some(44_100)));
        assert_eq!(get("duration_s"), Value::Real(Some(1.0)));
        assert_eq!(get("clipped_samples"), Value::Integer(None));
        assert_eq!(get("rms_dbfs"), Value::Real(Some(7.0)));
    }

    #[test]
    fn names_round_trip() {
        for depth in [Depth::Full, Depth::Quick] {
            assert_eq!(Depth::from_name(depth.as_str()), Some(depth));
        }
    }
}
