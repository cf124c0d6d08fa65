//! Quantities that cross module edges.

/// Sample rate in hertz; always within [`Hertz::MIN`]..=[`Hertz::MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hertz(u32);

impl Hertz {
    /// Lowest rate that is analysed: below it there is no music to speak of.
    pub const MIN: u32 = 2_000;
    /// Highest rate that is analysed: twice the fastest converter in use.
    pub const MAX: u32 = 768_000;

    /// Checks the range once, so that nothing behind this line has to.
    pub fn new(hz: u32) -> Option<Self> {
        (Self::MIN..=Self::MAX).contains(&hz).then_some(Self(hz))
    }

    /// The rate as a number, in hertz.
    pub fn get(self) -> u32 {
        self.0
    }

    /// Length of `frames` frames, in seconds.
    pub fn seconds(self, frames: u64) -> f64 {
        frames as f64 / f64::from(self.0)
    }
}

/// Largest number of channels that is analysed.
pub const MAX_CHANNELS: usize = 8;

/// Where a channel belongs, as far as loudness is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChannelRole {
    /// Left, right, centre, behind the listener and anything unknown: weight 1 in ITU-R BS.1770.
    Front,
    /// At the side, 60 to 120 degrees off the centre: weight 1.41.
    Surround,
    /// Low-frequency effects: left out of loudness and of the mono mix.
    LowFrequency,
}

/// Number and role of the channels of a stream; 1..=[`MAX_CHANNELS`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ChannelLayout(Vec<ChannelRole>);

impl ChannelLayout {
    /// `None` for no channel or for more than [`MAX_CHANNELS`].
    pub fn new(roles: Vec<ChannelRole>) -> Option<Self> {
        (1..=MAX_CHANNELS).contains(&roles.len()).then_some(Self(roles))
    }

    /// A layout of `count` front channels; `None` outside 1..=[`MAX_CHANNELS`].
    pub fn front(count: usize) -> Option<Self> {
        Self::new(vec![ChannelRole::Front; count.min(MAX_CHANNELS + 1)])
    }

    /// Number of channels.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Role of each channel, in the order of the samples.
    pub fn roles(&self) -> &[ChannelRole] {
        &self.0
    }
}

/// What every stage behind the decoder has to know of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamSpec {
    /// Sample rate.
    pub rate: Hertz,
    /// Channels.
    pub channels: ChannelLayout,
}

/// A range of tempi, both ends included.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BpmRange {
    low: f64,
    high: f64,
}

impl BpmRange {
    /// Reads `80-160`; `None` unless both ends lie in 20..=400 and the first is the smaller.
    pub fn parse(text: &str) -> Option<Self> {
        let (low, high) = text.split_once('-')?;
        let (low, high) = (low.trim().parse().ok()?, high.trim().parse().ok()?);
        let sound = |bpm: f64| (20.0..=400.0).contains(&bpm);
        (sound(low) && sound(high) && low < high).then_some(Self { low, high })
    }

    /// Doubles or halves `bpm` until it lies in the range; a tempo that no octave brings there (the
    /// range is narrower than one) stays as it is.
    pub fn fold(self, bpm: f64) -> f64 {
        let octaves = [0, -1, 1, -2, 2, -3, 3].map(|octave| bpm * 2f64.powi(octave));
        octaves.into_iter().find(|bpm| (self.low..=self.high).contains(bpm)).unwrap_or(bpm)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_outside_the_range_are_refused() {
        assert_eq!(Hertz::new(0), None);
        assert_eq!(Hertz::new(4_000_000_000), None);
        assert_eq!(Hertz::new(48_000).map(|r| r.seconds(24_000)), Some(0.5));
    }

    #[test]
    fn layouts_outside_the_range_are_refused() {
        assert_eq!(ChannelLayout::front(0), None);
        assert_eq!(ChannelLayout::front(255), None);
        assert_eq!(ChannelLayout::front(8).map(|l| l.count()), Some(8));
    }

    #[test]
    fn tempi_fold_by_octaves_only() {
        let range = BpmRange::parse("80-160").expect("sound");
        assert!((range.fold(174.0) - 87.0).abs() < 1e-9);
        assert!((range.fold(60.0) - 120.0).abs() < 1e-9);
        assert!((range.fold(80.0) - 80.0).abs() < 1e-9);
        assert!((range.fold(35.0) - 140.0).abs() < 1e-9);
        let narrow = BpmRange::parse("100 - 110").expect("sound");
        assert!((narrow.fold(75.0) - 75.0).abs() < 1e-9, "no octave of 75 lies there");
    }

    #[test]
    fn nonsense_is_no_range() {
        for text in ["", "80", "160-80", "0-100", "80-160-320", "a-b", "-80-160", "80-1e9"] {
            assert_eq!(BpmRange::parse(text), None, "{text}");
        }
    }
}
