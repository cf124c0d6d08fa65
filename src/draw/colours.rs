//! Colours that are readable on white and on black.

/// A colour, with its opacity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Colour {
    /// Red, green, blue.
    pub rgb: [u8; 3],
    /// 0..=1.
    pub opacity: f32,
}

impl Colour {
    /// An opaque colour.
    pub const fn new(red: u8, green: u8, blue: u8) -> Self {
        Self { rgb: [red, green, blue], opacity: 1.0 }
    }

    /// The same with another opacity.
    #[must_use]
    pub const fn with_opacity(self, opacity: f32) -> Self {
        Self { opacity, ..self }
    }

    /// The same with a share of its light.
    #[must_use]
    pub(super) fn darkened(self, share: f32) -> Self {
        Self { rgb: self.rgb.map(|x| (share * f32::from(x)).round() as u8), ..self }
    }
}

/// Text, axes, everything that is no data.
pub(super) const NEUTRAL: Colour = Colour::new(0x80, 0x86, 0x8f);
/// An envelope of one colour.
pub(super) const PLAIN: Colour = Colour::new(0x5b, 0x86, 0xb8);
/// Dark and light line of the energy curve: one of them is seen on whatever lies below.
pub(super) const CASING: Colour = Colour::new(0x20, 0x24, 0x2a).with_opacity(0.6);
pub(super) const CURVE: Colour = Colour::new(0xff, 0xd1, 0x4d);
/// Where to mix in, and out.
pub(super) const MIX_IN: Colour = Colour::new(0x2f, 0xa3, 0x5c);
pub(super) const MIX_OUT: Colour = Colour::new(0xd6, 0x45, 0x4b);

/// Low, middle and high.
const BANDS: [[f32; 3]; 3] = [[212.0, 62.0, 80.0], [240.0, 172.0, 60.0], [52.0, 160.0, 214.0]];
/// What makes the three of equal weight in music, whose level falls with frequency.
const BAND_WEIGHTS: [f32; 3] = [1.0, 1.3, 3.2];
/// Shares are rounded to this, so that neighbours have the same colour and a file stays small.
const SHARE_STEPS: f32 = 12.0;

/// The colour of a column by its bands.
pub(super) fn of_bands(bands: [f32; 3]) -> Colour {
    let weighted: [f32; 3] = std::array::from_fn(|i| (bands[i] * BAND_WEIGHTS[i]).powi(2));
    let total = weighted.iter().sum::<f32>();
    if total.is_nan() || total <= 0.0 {
        return NEUTRAL;
    }
    let shares = weighted.map(|x| (SHARE_STEPS * x / total).round());
    let rounded = shares.iter().sum::<f32>().max(1.0);
    let rgb = std::array::from_fn(|channel| {
        let mix: f32 = (0..3).map(|band| shares[band] * BANDS[band][channel]).sum();
        (mix / rounded).round() as u8
    });
    Colour { rgb, opacity: 1.0 }
}

const SECTIONS: [Colour; 8] = [
    Colour::new(0x4e, 0x79, 0xa7),
    Colour::new(0xe8, 0x87, 0x3a),
    Colour::new(0x4f, 0x9d, 0x5b),
    Colour::new(0xb0, 0x6c, 0xa4),
    Colour::new(0xd6, 0x5b, 0x5f),
    Colour::new(0x3f, 0xa3, 0xa0),
    Colour::new(0xb8, 0x99, 0x2e),
    Colour::new(0x95, 0x6f, 0x59),
];

/// The colour of a section by its label: A, B … H, then again.
pub(super) fn of_label(label: &str) -> Colour {
    let number =
        label.bytes().fold(0, |sum, byte| 26 * sum + usize::from(byte.saturating_sub(b'A')) + 1);
    SECTIONS[number.saturating_sub(1) % SECTIONS.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_band_alone_has_its_colour() {
        for band in 0..3 {
            let mut bands = [0.0; 3];
            bands[band] = 0.7;
            assert_eq!(of_bands(bands).rgb, BANDS[band].map(|x| x as u8));
        }
        for odd in [[0.0; 3], [f32::NAN, 0.0, 1.0]] {
            assert_eq!(of_bands(odd), NEUTRAL);
        }
    }

    #[test]
    fn any_label_has_a_colour() {
        assert_eq!(of_label("A"), SECTIONS[0]);
        assert_eq!(of_label("I"), SECTIONS[0]);
        assert_eq!(of_label("AA"), of_label("C"));
        for odd in ["", "z", "ä", "ZZZZZZZZZZZ"] {
            assert!(SECTIONS.contains(&of_label(odd)), "{odd}");
        }
    }
}
