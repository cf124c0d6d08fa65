//! What is measured: one row a descriptor, with unit, range and source.
//!
//! The catalogue is the single list that the store, the exports and the documentation are made
//! from. A descriptor's name is its column, its JSON field and its CSV heading.

use serde::{Serialize, Serializer};

/// A group of descriptors that is computed, versioned and stored together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// Loudness and peaks (ITU-R BS.1770, EBU R128).
    Loudness,
    /// The signal as such: silence, clipping, zero crossings.
    Signal,
    /// Onsets, tempo, beats.
    Rhythm,
    /// Tuning, chroma, key.
    Tonal,
    /// Spectral shape and MFCC.
    Timbre,
    /// Sections, intro and outro, where to mix.
    Structure,
    /// Scores of what listeners perceive.
    Perceptual,
    /// The envelope to draw.
    Waveform,
    /// What similarity is computed from.
    Similarity,
    /// Chromaprint.
    Fingerprint,
}

impl Family {
    /// Every family, in storage order.
    pub const ALL: [Self; 10] = [
        Self::Loudness,
        Self::Signal,
        Self::Rhythm,
        Self::Tonal,
        Self::Timbre,
        Self::Structure,
        Self::Perceptual,
        Self::Waveform,
        Self::Similarity,
        Self::Fingerprint,
    ];

    /// Name of the family: its table.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Loudness => "loudness",
            Self::Signal => "signal",
            Self::Rhythm => "rhythm",
            Self::Tonal => "tonal",
            Self::Timbre => "timbre",
            Self::Structure => "structure",
            Self::Perceptual => "perceptual",
            Self::Waveform => "waveform",
            Self::Similarity => "similarity",
            Self::Fingerprint => "fingerprint",
        }
    }

    /// Version of the algorithms behind the stored numbers.
    ///
    /// It rises with every change of a stored number; tracks with an older one are analysed again,
    /// in this family only.
    pub fn version(self) -> u32 {
        match self {
            Self::Loudness => super::loudness::VERSION,
            Self::Signal => super::signal::VERSION,
            Self::Rhythm => super::rhythm::VERSION,
            Self::Tonal => super::tonal::VERSION,
            Self::Timbre => super::timbre::VERSION,
            Self::Structure => super::structure::VERSION,
            Self::Perceptual => super::perceptual::VERSION,
            Self::Waveform => super::waveform::VERSION,
            Self::Similarity => super::similarity::VERSION,
            Self::Fingerprint => super::fingerprint::VERSION,
        }
    }

    /// Its descriptors, in storage order.
    pub fn fields(self) -> &'static [Field] {
        match self {
            Self::Loudness => super::loudness::FIELDS,
            Self::Signal => super::signal::FIELDS,
            Self::Rhythm => super::rhythm::FIELDS,
            Self::Tonal => super::tonal::FIELDS,
            Self::Timbre => super::timbre::FIELDS,
            Self::Structure => super::structure::FIELDS,
            Self::Perceptual => super::perceptual::FIELDS,
            Self::Waveform => super::waveform::FIELDS,
            Self::Similarity => super::similarity::FIELDS,
            Self::Fingerprint => super::fingerprint::FIELDS,
        }
    }

    /// True for families that are made of other families' results after the track has ended.
    pub fn is_derived(self) -> bool {
        matches!(self, Self::Structure | Self::Perceptual | Self::Similarity)
    }

    /// Families whose results this one is computed from, itself left out.
    ///
    /// Rhythm and tonality listen to each other: bars begin where the harmony changes, and chords
    /// change on beats.
    pub fn inputs(self) -> Families {
        let inputs: &[Self] = match self {
            Self::Rhythm => &[Self::Tonal],
            Self::Tonal => &[Self::Rhythm],
            Self::Structure => &[Self::Rhythm, Self::Tonal],
            Self::Perceptual | Self::Similarity => {
                &[Self::Loudness, Self::Signal, Self::Rhythm, Self::Tonal, Self::Timbre]
            }
            Self::Loudness | Self::Signal | Self::Timbre | Self::Waveform | Self::Fingerprint => {
                &[]
            }
        };
        inputs.iter().copied().collect()
    }
}

/// A set of families.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Families(u16);

impl Families {
    /// No family.
    pub const NONE: Self = Self(0);

    /// Every family.
    pub fn all() -> Self {
        Family::ALL.into_iter().collect()
    }

    /// This set and `family`.
    #[must_use]
    pub fn with(self, family: Family) -> Self {
        Self(self.0 | 1 << family as u8)
    }

    /// This set and all that its members are computed from.
    #[must_use]
    pub fn with_inputs(self) -> Self {
        // One step suffices: what is an input of an input is an input (see the test).
        self.iter().fold(self, |set, family| Self(set.0 | family.inputs().0))
    }

    /// This set and the families derived from its members, which do not outlive them.
    #[must_use]
    pub fn with_derived(self) -> Self {
        let of_these = |family: &Family| family.is_derived() && family.inputs().0 & self.0 != 0;
        Family::ALL.into_iter().filter(of_these).fold(self, Self::with)
    }

    /// True when `family` is in the set.
    pub fn contains(self, family: Family) -> bool {
        self.0 & (1 << family as u8) != 0
    }

    /// True when the set is empty.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The members, in storage order.
    pub fn iter(self) -> impl Iterator<Item = Family> {
        Family::ALL.into_iter().filter(move |&family| self.contains(family))
    }
}

impl FromIterator<Family> for Families {
    fn from_iter<I: IntoIterator<Item = Family>>(families: I) -> Self {
        families.into_iter().fold(Self::NONE, Self::with)
    }
}

/// How a descriptor is stored and printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A number; SQL `REAL`.
    Real,
    /// A count or an index; SQL `INTEGER`.
    Integer,
    /// A name; SQL `TEXT`.
    Text,
    /// Times in seconds, ascending; a BLOB of `u32` little-endian in units of 0.1 ms.
    Times,
    /// Numbers; a BLOB of `f32` little-endian.
    Vector,
    /// Alternatives with shares; SQL `TEXT` holding a JSON array of objects.
    Json,
    /// Bytes of a documented layout; a BLOB, base64 in JSON.
    Bytes,
}

/// A row of the catalogue.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Column, JSON field and CSV heading, unit in the suffix.
    pub name: &'static str,
    /// Storage and shape.
    pub kind: Kind,
    /// Unit, in words; empty for plain numbers.
    pub unit: &'static str,
    /// Range or shape, in words.
    pub range: &'static str,
    /// Definition and source.
    pub reference: &'static str,
}

impl Field {
    /// A row of any kind.
    pub const fn new(
        name: &'static str,
        kind: Kind,
        unit: &'static str,
        range: &'static str,
        reference: &'static str,
    ) -> Self {
        Self { name, kind, unit, range, reference }
    }

    /// A row that holds a number.
    pub const fn real(
        name: &'static str,
        unit: &'static str,
        range: &'static str,
        reference: &'static str,
    ) -> Self {
        Self::new(name, Kind::Real, unit, range, reference)
    }
}

/// One measured value, in the order of [`Family::fields`].
///
/// `None` inside a variant is "undefined here", as the tempo of silence; it is stored as NULL. NaN
/// and infinities become NULL too.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Value {
    /// A number.
    Real(Option<f64>),
    /// A count or an index.
    Integer(Option<i64>),
    /// A name.
    Text(Option<String>),
    /// Times in seconds.
    Times(Option<Vec<f64>>),
    /// Numbers.
    Vector(Option<Vec<f32>>),
    /// A JSON document.
    Json(Option<serde_json::Value>),
    /// Bytes.
    #[serde(serialize_with = "base64")]
    Bytes(Option<Vec<u8>>),
}

impl Value {
    /// The kind of column it fits.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Real(_) => Kind::Real,
            Self::Integer(_) => Kind::Integer,
            Self::Text(_) => Kind::Text,
            Self::Times(_) => Kind::Times,
            Self::Vector(_) => Kind::Vector,
            Self::Json(_) => Kind::Json,
            Self::Bytes(_) => Kind::Bytes,
        }
    }

    /// The undefined value of a kind.
    pub fn undefined(kind: Kind) -> Self {
        match kind {
            Kind::Real => Self::Real(None),
            Kind::Integer => Self::Integer(None),
            Kind::Text => Self::Text(None),
            Kind::Times => Self::Times(None),
            Kind::Vector => Self::Vector(None),
            Kind::Json => Self::Json(None),
            Kind::Bytes => Self::Bytes(None),
        }
    }
}

/// The values of one family of one track.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Whose values they are.
    pub family: Family,
    /// One value per field of the family.
    pub values: Vec<Value>,
}

/// Bytes as text, in standard base64 (RFC 4648) with padding.
pub fn to_base64(bytes: &[u8]) -> String {
    data_encoding::BASE64.encode(bytes)
}

#[allow(clippy::ref_option)] // the signature serde asks for
fn base64<S: Serializer>(bytes: &Option<Vec<u8>>, serializer: S) -> Result<S::Ok, S::Error> {
    bytes.as_deref().map(to_base64).serialize(serializer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_of_inputs_are_inputs() {
        for family in Family::ALL {
            let once = Families::NONE.with(family).with_inputs();
            assert_eq!(once, once.with_inputs(), "{}", family.as_str());
        }
    }
}
