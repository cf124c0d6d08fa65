//! What is drawn over an envelope.

use crate::feature::structure::{Section, Structure};

/// A point in time.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    /// Seconds.
    pub time_s: f64,
    /// Why it is there.
    pub reason: String,
}

/// A stretch of time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stretch {
    /// Seconds.
    pub start_s: f64,
    /// Seconds.
    pub end_s: f64,
}

/// The structure of a track, as far as it is drawn.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Marks {
    /// Sections in order.
    pub sections: Vec<Section>,
    /// Energy over time, 0..=1, and the seconds of a value.
    pub energy: Option<(Vec<f32>, f64)>,
    /// From the start of the track to its end.
    pub intro: Option<Stretch>,
    /// To the end of the track.
    pub outro: Option<Stretch>,
    /// From the start of the track.
    pub fade_in: Option<Stretch>,
    /// To the end of the track.
    pub fade_out: Option<Stretch>,
    /// Half a minute that stands for the whole.
    pub excerpt: Option<Stretch>,
    /// Where to mix in.
    pub mix_in: Option<Mark>,
    /// Where to mix out.
    pub mix_out: Option<Mark>,
}

impl Marks {
    /// The marks of a structure of a track of `duration_s` seconds.
    pub fn of(structure: &Structure, duration_s: f64) -> Self {
        let until = |end_s: f64| Stretch { start_s: 0.0, end_s };
        let from = |start_s: f64| Stretch { start_s, end_s: duration_s };
        let half_minute =
            |start_s: f64| Stretch { start_s, end_s: (start_s + 30.0).min(duration_s) };
        let mark = |point: &crate::feature::structure::MixPoint| Mark {
            time_s: point.time_s,
            reason: point.reason.clone(),
        };
        Self {
            sections: structure.sections.clone(),
            energy: structure.energy_curve.clone().zip(structure.energy_curve_step_s),
            intro: structure.intro_end_s.map(until),
            outro: structure.outro_start_s.map(from),
            fade_in: structure.fade_in_s.map(until),
            fade_out: structure.fade_out_s.map(from),
            excerpt: structure.excerpt_start_s.map(half_minute),
            mix_in: structure.mix_in.as_ref().map(mark),
            mix_out: structure.mix_out.as_ref().map(mark),
        }
    }
}
