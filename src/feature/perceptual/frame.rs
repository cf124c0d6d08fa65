//! What one frame of 40 mel bands tells, without its neighbours but the one before.

use super::bands::{BASS, centres_hz};
use crate::dsp::log::ln;
use crate::dsp::mel::MEL_BANDS;
use crate::dsp::simd::{LANES, add, kernel, larger, mul, sum, sums};

/// Power up to which a frame is silence: the level of [`Frame::power`] is that of the loudness
/// meter within some decibels, so this is the absolute gate of BS.1770, -70.
pub(super) const SILENCE: f32 = 1e-7;

/// Depth of the logarithmic spectrum below the strongest band: 60 dB, below which codecs decide.
const DEPTH: f32 = 1e-3;

/// Neper to decibel.
const DECIBEL: f32 = 8.685889638;

/// One frame.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    /// Linear magnitudes.
    pub(super) mel: [f32; MEL_BANDS],
    /// Natural logarithms of the magnitudes, 60 dB deep.
    pub(super) log: [f32; MEL_BANDS],
    /// Sum of the squared magnitudes.
    pub(super) power: f32,
    /// Sum of the magnitudes, and of magnitude times frequency in hertz.
    pub(super) magnitude: f32,
    pub(super) moment_hz: f32,
    /// Mean curvature of the spectrum across bands, in decibels: lone partials are rough, noise and
    /// dense mixtures are smooth.
    pub(super) texture_db: f32,
    /// Sum of the compressed bands.
    pub(super) compressed: f32,
    /// What rose since the frame before, after `SuperFlux`: sum over all bands, and over the bass.
    pub(super) rise: f32,
    pub(super) bass_rise: f32,
}

impl Frame {
    pub(super) fn is_heard(&self) -> bool {
        self.power > SILENCE
    }
}

/// Makes frames; remembers the one before.
#[derive(Clone, Debug)]
pub(super) struct Maker {
    centres_hz: [f32; MEL_BANDS],
    /// Compressed bands of the frame before, the largest of each with its neighbours.
    ceiling: Option<[f32; MEL_BANDS]>,
}

impl Maker {
    pub(super) fn new() -> Self {
        Self { centres_hz: centres_hz(), ceiling: None }
    }

    /// The frame of linear bands and of the same bands as ln(1 + 1000 M).
    pub(super) fn make(&mut self, mel: &[f32; MEL_BANDS], compressed: &[f32; MEL_BANDS]) -> Frame {
        let mut frame = Frame {
            mel: *mel,
            log: [0.0; MEL_BANDS],
            power: 0.0,
            magnitude: 0.0,
            moment_hz: 0.0,
            texture_db: 0.0,
            compressed: 0.0,
            rise: 0.0,
            bass_rise: 0.0,
        };
        spectrum(&mut frame, &self.centres_hz);
        if let Some(ceiling) = &self.ceiling {
            rises(&mut frame, compressed, ceiling);
        }
        self.ceiling = Some(with_neighbours(compressed));
        frame
    }
}

kernel! {
    fn spectrum(frame: &mut Frame, centres_hz: &[f32; MEL_BANDS]) {
        let (mut power, mut magnitude, mut moment) = ([0.0; LANES], [0.0; LANES], [0.0; LANES]);
        let mut strongest = [0.0; LANES];
        for (block, centres) in frame.mel.as_chunks::<LANES>().0.iter().zip(centres_hz.as_chunks().0) {
            power = add(&power, &mul(block, block));
            magnitude = add(&magnitude, block);
            moment = add(&moment, &mul(block, centres));
            for i in 0..LANES {
                strongest[i] = larger(block[i], strongest[i]);
            }
        }
        [frame.power, frame.magnitude, frame.moment_hz] = sums(&[power, magnitude, moment]);
        let mut most = 0.0;
        for x in strongest {
            most = larger(x, most);
        }
        let floor = DEPTH * most + 1e-6;
        for (log, mel) in frame.log.as_chunks_mut::<LANES>().0.iter_mut().zip(frame.mel.as_chunks().0) {
            *log = add(mel, &[floor; LANES]);
        }
        ln(&mut frame.log);
        frame.texture_db = DECIBEL * curvature(&frame.log);
    }

    #[allow(clippy::needless_range_loop, reason = "lanes are counted alike in all arrays")]
    fn rises(frame: &mut Frame, compressed: &[f32; MEL_BANDS], ceiling: &[f32; MEL_BANDS]) {
        let (mut all, mut rise) = ([0.0; LANES], [0.0; MEL_BANDS]);
        for (block, now) in compressed.as_chunks::<LANES>().0.iter().enumerate() {
            all = add(&all, now);
            for i in 0..LANES {
                let band = LANES * block + i;
                rise[band] = larger(now[i] - ceiling[band], 0.0);
            }
        }
        let mut rises = [0.0; LANES];
        for block in rise.as_chunks::<LANES>().0 {
            rises = add(&rises, block);
        }
        [frame.compressed, frame.rise] = sums(&[all, rises]);
        for x in &rise[BASS] {
            frame.bass_rise += x;
        }
    }
}

/// Mean magnitude of the second difference.
#[inline(always)]
fn curvature(log: &[f32; MEL_BANDS]) -> f32 {
    const INNER: usize = MEL_BANDS - 2;
    let mut bends = [0.0; MEL_BANDS];
    for i in 0..INNER {
        bends[i] = (log[i + 2] - 2.0 * log[i + 1] + log[i]).abs();
    }
    let mut total = [0.0; LANES];
    for block in bends.as_chunks::<LANES>().0 {
        total = add(&total, block);
    }
    sum(&total) / INNER as f32
}

/// The largest of each band and its neighbours: `SuperFlux`, Böck and Widmer, `DAFx` 2013.
fn with_neighbours(bands: &[f32; MEL_BANDS]) -> [f32; MEL_BANDS] {
    let mut wide = *bands;
    for (wide, &right) in wide.iter_mut().zip(&bands[1..]) {
        *wide = larger(*wide, right);
    }
    for (wide, &left) in wide[1..].iter_mut().zip(bands) {
        *wide = larger(*wide, left);
    }
    wide
}
