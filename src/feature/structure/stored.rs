//! A structure read back from stored values.

use super::result::{MixPoint, Section, Structure};
use crate::feature::catalogue::Value;

impl Structure {
    /// The structure behind stored values, by the names of [`super::FIELDS`]; what is missing or does
    /// not fit is unknown.
    pub fn from_values<'a>(get: impl Fn(&str) -> Option<&'a Value>) -> Self {
        let real = |name: &str| match get(name) {
            Some(Value::Real(number)) => *number,
            _ => None,
        };
        let text = |name: &str| match get(name) {
            Some(Value::Text(text)) => text.clone().unwrap_or_default(),
            _ => String::new(),
        };
        let point = |time: &str, reason: &str| {
            real(time).map(|time_s| MixPoint { time_s, reason: text(reason) })
        };
        let sections = match get("sections") {
            Some(Value::Json(Some(json))) => json.as_array().map_or(&[][..], Vec::as_slice),
            _ => &[],
        };
        Self {
            sections: sections.iter().filter_map(section).collect(),
            intro_end_s: real("intro_end_s"),
            outro_start_s: real("outro_start_s"),
            fade_in_s: real("fade_in_s"),
            fade_out_s: real("fade_out_s"),
            mix_in: point("mix_in_s", "mix_in_reason"),
            mix_out: point("mix_out_s", "mix_out_reason"),
            excerpt_start_s: real("excerpt_start_s"),
            energy_curve: match get("energy_curve") {
                Some(Value::Vector(curve)) => curve.clone(),
                _ => None,
            },
            energy_curve_step_s: real("energy_curve_step_s"),
        }
    }
}

fn section(json: &serde_json::Value) -> Option<Section> {
    let number = |name: &str| json.get(name)?.as_f64();
    Some(Section {
        start_s: number("start_s")?,
        end_s: number("end_s")?,
        label: json.get("label")?.as_str()?.to_owned(),
        energy: number("energy")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feature::structure::FIELDS;

    #[test]
    fn what_was_stored_is_read_back() {
        let structure = Structure {
            sections: vec![
                Section { start_s: 0.0, end_s: 12.5, label: "A".into(), energy: 0.25 },
                Section { start_s: 12.5, end_s: 40.0, label: "B".into(), energy: 1.0 },
            ],
            intro_end_s: Some(12.5),
            outro_start_s: None,
            fade_in_s: Some(3.0),
            fade_out_s: Some(33.0),
            mix_in: Some(MixPoint { time_s: 4.0, reason: "the first bar".into() }),
            mix_out: None,
            excerpt_start_s: Some(5.0),
            energy_curve: Some(vec![0.5, 1.0]),
            energy_curve_step_s: Some(1.0),
        };
        let values = structure.values();
        let get = |name: &str| {
            let place = FIELDS.iter().position(|field| field.name == name)?;
            values.get(place)
        };
        assert_eq!(Structure::from_values(get), structure);
        assert_eq!(Structure::from_values(|_| None), Structure::default());
    }
}
