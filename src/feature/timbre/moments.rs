//! Sums over the frames of a track, sorted by level, so that quiet frames can be left out at the end.

use super::contrast::BANDS;
use super::mfcc::COEFFICIENTS;
use super::shape::FIGURES;

/// Numbers of the upper triangle of the covariance.
pub(super) const TRIANGLE: usize = COEFFICIENTS * (COEFFICIENTS + 1) / 2;

/// Level below which a frame counts as silence, in dBFS: the absolute gate of ITU-R BS.1770.
const SILENCE_DB: f64 = -70.0;

/// Width of a level class, in decibels.
const CLASS_DB: f64 = 3.0;

/// Classes from the gate up to 0 dBFS and a little beyond.
const CLASSES: usize = 24;

/// Share of the frames, silence not counted, that is left out because it is quietest.
const QUIET_SHARE: f64 = 0.05;

/// What a frame adds to the sums.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Frame {
    /// Mean square, full scale = 1.
    pub(super) power: f64,
    pub(super) figures: [f64; FIGURES],
    /// Measured for some frames only.
    pub(super) contrast: Option<[f32; BANDS]>,
    pub(super) mfcc: [f32; COEFFICIENTS],
}

impl Frame {
    /// The level class of a frame; `None` for silence.
    fn class(power: f64) -> Option<usize> {
        let db = 10.0 * power.max(f64::MIN_POSITIVE).log10();
        (db >= SILENCE_DB).then(|| (((db - SILENCE_DB) / CLASS_DB) as usize).min(CLASSES - 1))
    }

    /// True when a frame of this power is no silence.
    pub(super) fn is_heard(power: f64) -> bool {
        Self::class(power).is_some()
    }
}

/// Sums of the frames of one level class.
#[derive(Clone, Debug)]
pub(super) struct Sums {
    pub(super) frames: u64,
    /// Frames that follow one that is no silence either: those with flux and MFCC difference.
    pub(super) pairs: u64,
    /// Frames whose contrast was measured.
    pub(super) contrasts: u64,
    pub(super) figures: [f64; FIGURES],
    pub(super) squares: [f64; FIGURES],
    pub(super) contrast: [f64; BANDS],
    pub(super) mfcc: [f64; COEFFICIENTS],
    /// All products of two coefficients; only the upper triangle is read.
    pub(super) products: [[f64; COEFFICIENTS]; COEFFICIENTS],
    pub(super) delta: [f64; COEFFICIENTS],
}

impl Sums {
    fn new() -> Self {
        Self {
            frames: 0,
            pairs: 0,
            contrasts: 0,
            figures: [0.0; FIGURES],
            squares: [0.0; FIGURES],
            contrast: [0.0; BANDS],
            mfcc: [0.0; COEFFICIENTS],
            products: [[0.0; COEFFICIENTS]; COEFFICIENTS],
            delta: [0.0; COEFFICIENTS],
        }
    }

    fn merge(&mut self, other: &Self) {
        self.frames += other.frames;
        self.pairs += other.pairs;
        self.contrasts += other.contrasts;
        add(&mut self.figures, &other.figures);
        add(&mut self.squares, &other.squares);
        add(&mut self.contrast, &other.contrast);
        add(&mut self.mfcc, &other.mfcc);
        add(self.products.as_flattened_mut(), other.products.as_flattened());
        add(&mut self.delta, &other.delta);
    }
}

fn add(sums: &mut [f64], values: &[f64]) {
    sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
}

crate::dsp::simd::kernel! {
    fn accumulate(sums: &mut Sums, frame: &Frame, before: Option<&[f32; COEFFICIENTS]>) {
        sums.frames += 1;
        for (i, x) in frame.figures.into_iter().enumerate() {
            sums.figures[i] += x;
            sums.squares[i] += x * x;
        }
        if let Some(contrast) = &frame.contrast {
            sums.contrasts += 1;
            for (sum, x) in sums.contrast.iter_mut().zip(contrast) {
                *sum += f64::from(*x);
            }
        }
        let c: [f64; COEFFICIENTS] = std::array::from_fn(|i| f64::from(frame.mfcc[i]));
        for (sum, c) in sums.mfcc.iter_mut().zip(&c) {
            *sum += c;
        }
        for (row, x) in sums.products.iter_mut().zip(&c) {
            for (sum, c) in row.iter_mut().zip(&c) {
                *sum += x * c;
            }
        }
        if let Some(before) = before {
            sums.pairs += 1;
            for (sum, (c, before)) in sums.delta.iter_mut().zip(c.iter().zip(before)) {
                *sum += (c - f64::from(*before)).abs();
            }
        }
    }
}

/// [`Sums`] per level class.
#[derive(Clone, Debug)]
pub(super) struct Classes(Vec<Sums>);

impl Classes {
    pub(super) fn new() -> Self {
        Self(vec![Sums::new(); CLASSES])
    }

    /// Adds a frame, if it is no silence. `before`: the coefficients of the frame before it, if that
    /// is no silence either; without them the flux must be 0.
    pub(super) fn push(&mut self, frame: &Frame, before: Option<&[f32; COEFFICIENTS]>) {
        if let Some(sums) = Frame::class(frame.power).and_then(|class| self.0.get_mut(class)) {
            accumulate(sums, frame, before);
        }
    }

    /// Sums over all classes but the quietest ones, as many as hold at most 5 % of the frames.
    pub(super) fn loud(&self) -> Sums {
        let frames: u64 = self.0.iter().map(|class| class.frames).sum();
        let mut quiet = 0;
        let mut loud = Sums::new();
        for class in &self.0 {
            quiet += class.frames;
            if quiet as f64 > QUIET_SHARE * frames as f64 {
                loud.merge(class);
            }
        }
        loud
    }

    /// Heap bytes held.
    pub(super) fn footprint() -> u64 {
        (CLASSES * size_of::<Sums>()) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(db: f64, value: f32) -> Frame {
        Frame {
            power: 10.0_f64.powf(db / 10.0),
            figures: [f64::from(value); FIGURES],
            contrast: Some([value; BANDS]),
            mfcc: [value; COEFFICIENTS],
        }
    }

    #[test]
    fn silence_is_not_counted_and_the_quietest_are_left_out() {
        let mut classes = Classes::new();
        (0..50).for_each(|_| classes.push(&frame(-71.0, 9.0), None));
        (0..4).for_each(|_| classes.push(&frame(-40.0, 5.0), None));
        (0..96).for_each(|_| classes.push(&frame(-10.0, 1.0), None));
        let loud = classes.loud();
        assert_eq!((loud.frames, loud.mfcc[3]), (96, 96.0));
        (0..4).for_each(|_| classes.push(&frame(-40.0, 5.0), None));
        assert_eq!(classes.loud().frames, 104, "8 of 104 frames are too many to leave out");
    }

    #[test]
    fn extreme_levels_have_a_class() {
        assert_eq!(Frame::class(0.0), None);
        assert_eq!(Frame::class(1e20), Some(CLASSES - 1));
        assert_eq!(Frame::class(1.1e-7), Some(0));
    }
}
