//! The whole picture.

use super::colours::{CASING, CURVE, Colour, MIX_IN, MIX_OUT, NEUTRAL, of_label};
use super::envelope::{self, Frame};
use super::marks::{Mark, Marks, Stretch};
use super::scene::{Anchor, Scene};
use crate::feature::waveform::Waveform;

/// Heights of the lanes around an envelope with its structure, and the distance between them.
const SECTIONS: f32 = 22.0;
const STRETCHES: f32 = 17.0;
const AXIS: f32 = 20.0;
const GAP: f32 = 4.0;
/// Space at the left and the right of a structure plot, where half a number of the axis may stand.
const SIDE: f32 = 16.0;
/// Size of the text.
const TEXT: f32 = 12.0;
/// Seconds between two numbers of the axis; the first that leaves room is taken.
const TICKS_S: [f64; 12] =
    [0.1, 0.5, 1.0, 5.0, 10.0, 15.0, 30.0, 60.0, 300.0, 600.0, 1800.0, 3600.0];
/// Room for a number of the axis, in pixels.
const TICK_ROOM: f64 = 64.0;

/// How a picture looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Colours by low, middle and high; else one.
    pub coloured: bool,
}

/// The envelope of a track; with `marks` also its structure, and the time.
pub fn draw(waveform: &Waveform, marks: Option<&Marks>, style: Style) -> Scene {
    let mut scene = Scene::new(style.width, style.height);
    let (width, height) = (style.width as f32, style.height as f32);
    let Some(marks) = marks else {
        let frame = Frame { left: 0.0, top: 0.0, width, height };
        envelope::draw(&mut scene, frame, waveform, style.coloured);
        return scene;
    };
    let top = SECTIONS + GAP;
    let below = GAP + STRETCHES + AXIS;
    let frame = Frame {
        left: SIDE,
        top,
        width: (width - 2.0 * SIDE).max(1.0).floor(),
        height: (height - top - below).max(1.0),
    };
    let mut plot = Plot { scene, frame, duration_s: waveform.duration_s, names: vec![] };
    plot.sections(marks);
    envelope::draw(&mut plot.scene, frame, waveform, style.coloured);
    plot.energy(marks);
    plot.fades(marks);
    plot.stretches(marks);
    plot.axis();
    plot.scale(envelope::peak(waveform));
    plot.mix_points(marks);
    plot.scene
}

struct Plot {
    scene: Scene,
    frame: Frame,
    duration_s: f64,
    /// From where to where names stand below the envelope.
    names: Vec<[f32; 2]>,
}

impl Plot {
    fn x(&self, time_s: f64) -> f32 {
        self.frame.x(time_s, self.duration_s)
    }

    /// Named boxes above the envelope, and their tint behind it.
    fn sections(&mut self, marks: &Marks) {
        for section in &marks.sections {
            let (left, right) = (self.x(section.start_s).round(), self.x(section.end_s).round());
            let colour = of_label(&section.label);
            let width = (right - left - 1.0).max(0.5);
            self.scene.bar(colour, [left, 0.0, width, SECTIONS]);
            self.scene.bar(
                colour.with_opacity(0.13),
                [left, self.frame.top - GAP, width, self.frame.height + 2.0 * GAP],
            );
            if width > TEXT * 0.8 * section.label.len() as f32 {
                let at = [left + width / 2.0, SECTIONS / 2.0 + 0.35 * TEXT];
                let white = Colour::new(255, 255, 255);
                self.scene.text(white, TEXT, at, Anchor::Middle, section.label.clone());
            }
        }
    }

    /// The energy as a line over the envelope, 1 at its top.
    fn energy(&mut self, marks: &Marks) {
        let Some((values, step_s)) = &marks.energy else { return };
        let (top, height) = (self.frame.top + 3.0, self.frame.height - 6.0);
        let place = |(at, value): (usize, &f32)| {
            [self.x((at as f64 + 0.5) * step_s), top + height * (1.0 - value.clamp(0.0, 1.0))]
        };
        let points: Vec<[f32; 2]> = values.iter().enumerate().map(place).collect();
        self.scene.line(CASING, 3.5, points.clone());
        self.scene.line(CURVE, 1.75, points);
    }

    /// Wedges from nothing to full height.
    fn fades(&mut self, marks: &Marks) {
        let (top, bottom) = (self.frame.top, self.frame.bottom());
        let middle = f32::midpoint(top, bottom);
        for (fade, opens) in [(marks.fade_in, true), (marks.fade_out, false)] {
            let Some(Stretch { start_s, end_s }) = fade else { continue };
            let (start, end) = (self.x(start_s), self.x(end_s));
            let (point, wide) = if opens { (start, end) } else { (end, start) };
            self.scene.line(NEUTRAL, 1.5, vec![[wide, top], [point, middle], [wide, bottom]]);
        }
    }

    /// Intro, outro, fades and excerpt as brackets below the envelope.
    fn stretches(&mut self, marks: &Marks) {
        let named = [
            (marks.intro, "intro", NEUTRAL),
            (marks.outro, "outro", NEUTRAL),
            (marks.excerpt, "excerpt", CURVE),
        ];
        let top = self.frame.bottom() + GAP;
        for (stretch, name, colour) in named {
            let Some(Stretch { start_s, end_s }) = stretch else { continue };
            let (left, right) = (self.x(start_s), self.x(end_s));
            self.scene.bar(colour, [left, top, (right - left - 1.0).max(1.0), 3.0]);
            let width = width_of(name);
            if right - left > width {
                let middle = f32::midpoint(left, right);
                self.names.push([middle - width / 2.0, middle + width / 2.0]);
                let at = [middle, top + 3.0 + TEXT];
                self.scene.text(NEUTRAL, TEXT - 1.0, at, Anchor::Middle, name);
            }
        }
    }

    fn axis(&mut self) {
        let top = self.frame.bottom() + GAP + STRETCHES;
        self.scene.bar(NEUTRAL.with_opacity(0.6), [self.frame.left, top, self.frame.width, 1.0]);
        let room = TICK_ROOM * self.duration_s / f64::from(self.frame.width);
        let step = TICKS_S.into_iter().find(|&step| step >= room).unwrap_or(7200.0);
        let step = step.max(self.duration_s / 200.0);
        let count = (self.duration_s / step) as usize;
        for tick in 0..=count {
            let time = tick as f64 * step;
            let x = self.x(time);
            self.scene.bar(NEUTRAL, [x.round(), top, 1.0, 4.0]);
            let at = [x, top + 5.0 + TEXT * 0.85];
            self.scene.text(NEUTRAL, TEXT - 1.0, at, Anchor::Middle, clock(time, step));
        }
    }

    /// What the height of the envelope stands for, below it where no name stands.
    fn scale(&mut self, peak: f32) {
        if peak <= 0.0 {
            return;
        }
        let text = format!("peak {:.1} dBFS", 20.0 * peak.log10());
        let (width, right) = (width_of(&text), self.frame.left + self.frame.width);
        let places = (0..).map(|step| right - step as f32 * TEXT);
        let mut places = places.take_while(|end| end - width >= self.frame.left);
        let free = |end: &f32| {
            !self.names.iter().any(|[from, to]| *from < end + TEXT && end - width < to + TEXT)
        };
        if let Some(end) = places.find(free) {
            let at = [end, self.frame.bottom() + GAP + 3.0 + TEXT];
            self.scene.text(NEUTRAL, TEXT - 1.0, at, Anchor::End, text);
        }
    }

    fn mix_points(&mut self, marks: &Marks) {
        let named = [(&marks.mix_in, "mix in", MIX_IN), (&marks.mix_out, "mix out", MIX_OUT)];
        for (mark, name, colour) in named {
            let Some(Mark { time_s, .. }) = mark else { continue };
            let (x, top, bottom) = (self.x(*time_s), self.frame.top, self.frame.bottom());
            self.scene.bar(CASING, [x - 1.5, top, 4.0, bottom - top]);
            self.scene.bar(colour, [x - 0.5, top, 2.0, bottom - top]);
            self.flag(name, colour, x);
        }
    }

    /// The name of a mark on a label that points inwards.
    fn flag(&mut self, name: &str, colour: Colour, x: f32) {
        let (height, width) = (TEXT + 4.0, 0.62 * TEXT * name.len() as f32 + 8.0);
        let top = self.frame.bottom() - height;
        let to_the_right = x + width < self.frame.left + self.frame.width;
        let tip = if to_the_right { x + width } else { x - width };
        let inner = if to_the_right { tip - 5.0 } else { tip + 5.0 };
        let (middle, bottom) = (top + height / 2.0, top + height);
        let corners = vec![[x, top], [inner, top], [tip, middle], [inner, bottom], [x, bottom]];
        self.scene.area(colour, corners);
        let at = [f32::midpoint(x, inner), middle + 0.33 * TEXT];
        self.scene.text(Colour::new(255, 255, 255), TEXT - 1.0, at, Anchor::Middle, name);
    }
}

/// Room for a name below the envelope.
fn width_of(text: &str) -> f32 {
    0.6 * TEXT * text.len() as f32
}

/// A time as people write it: 0:07, 3:25, 1:02:00; tenths where the steps are fine.
fn clock(time_s: f64, step_s: f64) -> String {
    if step_s < 1.0 {
        return format!("{time_s:.1}");
    }
    let seconds = time_s.round() as u64;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes}:{seconds:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feature::structure::Section;
    use crate::feature::waveform::Column;

    fn all(duration_s: f64) -> Marks {
        let part =
            |from: f64, to: f64| Stretch { start_s: from * duration_s, end_s: to * duration_s };
        let mark = |at: f64| Some(Mark { time_s: at * duration_s, reason: String::new() });
        let section = |from: f64, to: f64, label: &str| {
            let Stretch { start_s, end_s } = part(from, to);
            Section { start_s, end_s, label: label.into(), energy: 0.5 }
        };
        Marks {
            sections: vec![section(0.0, 0.4, "A"), section(0.4, 1.0, "AB")],
            energy: Some((vec![0.1, 0.9, f32::NAN], duration_s / 3.0)),
            intro: Some(part(0.0, 0.2)),
            outro: Some(part(0.8, 1.0)),
            fade_in: Some(part(0.0, 0.1)),
            fade_out: Some(part(0.9, 1.0)),
            excerpt: Some(part(0.4, 0.6)),
            mix_in: mark(0.1),
            mix_out: mark(0.99),
        }
    }

    #[test]
    fn any_length_and_size_can_be_drawn() {
        for duration_s in [0.0, 0.02, 3.0, 200.0, 36_000.0, 4e5] {
            for (width, height) in [(1, 1), (40, 30), (1200, 260)] {
                let columns = vec![Column { max: 0.5, rms: 0.2, ..Column::default() }; 320];
                let waveform = Waveform { duration_s, level: 4, columns };
                let style = Style { width, height, coloured: true };
                let scene = draw(&waveform, Some(&all(duration_s)), style);
                let svg = super::super::to_svg(&scene);
                assert!(!svg.contains("NaN") && !svg.contains("inf") && svg.len() < 200_000);
                assert!(super::super::to_png(&scene).is_ok());
            }
        }
    }

    #[test]
    fn everything_is_named_and_in_its_place() {
        let columns = vec![Column { max: 0.5, min: -0.5, rms: 0.2, ..Column::default() }; 320];
        let waveform = Waveform { duration_s: 102.4, level: 4, columns };
        let style = Style { width: 1200, height: 260, coloured: false };
        let svg = super::super::to_svg(&draw(&waveform, Some(&all(102.4)), style));
        for name in [
            ">A<",
            ">AB<",
            "intro",
            "outro",
            "excerpt",
            "mix in",
            "mix out",
            ">1:00<",
            "peak -6.0 dBFS",
        ] {
            assert!(svg.contains(name), "{name} is missing");
        }
        let bare = super::super::to_svg(&draw(&waveform, None, style));
        assert!(!bare.contains("<text"));
    }

    #[test]
    fn times_are_written_as_people_do() {
        let times =
            [(0.0, 30.0), (90.0, 30.0), (3720.0, 600.0), (0.5, 0.1)].map(|(t, s)| clock(t, s));
        assert_eq!(times, ["0:00", "1:30", "1:02:00", "0.5"]);
    }
}
