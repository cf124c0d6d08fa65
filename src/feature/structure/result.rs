//! What is known of the structure of a track, and how it is stored.

use serde_json::json;

use crate::feature::catalogue::{Field, Kind, Value};

/// A stretch of music that hangs together.
#[derive(Clone, Debug, PartialEq)]
pub struct Section {
    /// Start in seconds; a downbeat where there is a pulse.
    pub start_s: f64,
    /// End in seconds: the start of the next section, or the end of the track.
    pub end_s: f64,
    /// A, B, C …: the same for sections that repeat each other, in order of first appearance.
    pub label: String,
    /// 0..=1: 1 is as loud as the loud parts of the track, 0 is 24 dB below them or less.
    pub energy: f64,
}

/// A point to mix at, and why it.
#[derive(Clone, Debug, PartialEq)]
pub struct MixPoint {
    /// Seconds; a downbeat.
    pub time_s: f64,
    /// In words, as "the last 16 bars of the intro".
    pub reason: String,
}

/// Structure of one track.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Structure {
    /// In order, without gaps; empty for silence.
    pub sections: Vec<Section>,
    /// End of the intro in seconds; `None` if there is none.
    pub intro_end_s: Option<f64>,
    /// Start of the outro in seconds; `None` if there is none.
    pub outro_start_s: Option<f64>,
    /// End of the fade-in in seconds; `None` if there is none.
    pub fade_in_s: Option<f64>,
    /// Start of the fade-out in seconds; `None` if there is none.
    pub fade_out_s: Option<f64>,
    /// Where to mix in; `None` without a pulse.
    pub mix_in: Option<MixPoint>,
    /// Where to mix out; `None` without a pulse.
    pub mix_out: Option<MixPoint>,
    /// Start of the most representative 30 s; `None` for silence.
    pub excerpt_start_s: Option<f64>,
    /// Energy over time, 0..=1; `None` for silence.
    pub energy_curve: Option<Vec<f32>>,
    /// Seconds a value of the curve; `None` for silence.
    pub energy_curve_step_s: Option<f64>,
}

/// The descriptors, in storage order.
pub const FIELDS: &[Field] = &[
    Field::new(
        "sections",
        Kind::Json,
        "s",
        "[{start_s, end_s, label, energy}], without gaps; null for silence",
        "bar-wise self-similarity of cepstra and chroma; checkerboard novelty (Foote, ICME 2000) and \
         structure features (Serrà et al., IEEE Trans. Multimedia 2014), divided by phrase length; \
         the same label for what repeats; models/structure",
    ),
    Field::real(
        "intro_end_s",
        "s",
        ">= 0; null without an intro",
        "first sections that are not heard again or are 2.9 dB below the typical one; a quarter of the \
         track and 60 s at most",
    ),
    Field::real(
        "outro_start_s",
        "s",
        ">= 0; null without an outro",
        "last sections, by the rule of intro_end_s",
    ),
    Field::real(
        "fade_in_s",
        "s",
        "> 0; null without a fade-in",
        "end of a steady rise of level (in decibels or in amplitude, least squares) by 12 dB or more \
         in 3 to 45 s",
    ),
    Field::real(
        "fade_out_s",
        "s",
        ">= 0; null without a fade-out",
        "start of a steady fall of level to the end, as fade_in_s",
    ),
    Field::real(
        "mix_in_s",
        "s",
        ">= 0, a downbeat; null without a pulse",
        "start of the last 16 or 8 bars of the intro, else the first bar that sounds",
    ),
    Field::new("mix_in_reason", Kind::Text, "", "words; null without a pulse", "why mix_in_s"),
    Field::real(
        "mix_out_s",
        "s",
        ">= 0, a downbeat; null without a pulse",
        "start of the outro, of the last phrase before a fade-out, or of the last section of 8 bars \
         or more",
    ),
    Field::new("mix_out_reason", Kind::Text, "", "words; null without a pulse", "why mix_out_s"),
    Field::real(
        "excerpt_start_s",
        "s",
        ">= 0; null for silence",
        "the 30 s most similar to the whole track (Cooper and Foote, ISMIR 2002), loud, at a section",
    ),
    Field::new(
        "energy_curve",
        Kind::Vector,
        "",
        "up to 1024 values 0..=1; null for silence",
        "level of 30-8000 Hz: 1 = the 95th percentile of the track, 0 = 24 dB below it",
    ),
    Field::real("energy_curve_step_s", "s", "1, 2, 4 ...", "seconds a value of energy_curve"),
];

impl Structure {
    /// The values, in the order of [`FIELDS`].
    pub fn values(&self) -> Vec<Value> {
        let time = |point: &Option<MixPoint>| Value::Real(point.as_ref().map(|p| p.time_s));
        let reason = |point: &Option<MixPoint>| {
            Value::Text(point.as_ref().map(|point| point.reason.clone()))
        };
        let sections = self.sections.iter().map(section);
        vec![
            Value::Json((!self.sections.is_empty()).then(|| sections.collect())),
            Value::Real(self.intro_end_s),
            Value::Real(self.outro_start_s),
            Value::Real(self.fade_in_s),
            Value::Real(self.fade_out_s),
            time(&self.mix_in),
            reason(&self.mix_in),
            time(&self.mix_out),
            reason(&self.mix_out),
            Value::Real(self.excerpt_start_s),
            Value::Vector(self.energy_curve.clone()),
            Value::Real(self.energy_curve_step_s),
        ]
    }
}

fn section(section: &Section) -> serde_json::Value {
    let rounded = |value: f64| (value * 1e3).round() / 1e3;
    json!({
        "start_s": rounded(section.start_s),
        "end_s": rounded(section.end_s),
        "label": section.label,
        "energy": rounded(section.energy),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_fit_the_catalogue() {
        let declared: Vec<Kind> = FIELDS.iter().map(|field| field.kind).collect();
        let values = Structure::default().values();
        assert_eq!(values.iter().map(Value::kind).collect::<Vec<_>>(), declared);
        assert!(values.iter().zip(FIELDS).all(|(v, f)| *v == Value::undefined(f.kind)));
    }
}
