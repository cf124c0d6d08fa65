//! Ways around two defects of the Vorbis decoder (symphonia 0.6.1) with several channels.
//!
//! 1. The Vorbis I specification, section 4.3.5, undoes channel coupling from the last step to the
//!    first; the decoder goes from the first to the last. With stereo there is one step and no
//!    difference, with 5.1 the channels come out mixed up.
//! 2. In residues of type 0 and 1 the classifications of the last partitions of one channel, where
//!    they do not fill a code word, overwrite the first of the next channel (section 8.6.2), and
//!    the rest of the packet is misread: quadraphonic files come out as noise.
//!
//! Both can be had right by a change of the setup header: the coupling steps are turned around, and
//! the residue's end is moved up to where the code words end. The partitions that are added so are
//! of class 0 in every stream of the reference encoder; the end is only moved where that class has
//! no code book, so that they cost nothing. Drop this module when the decoder follows the
//! specification.

/// Bytes of the identification header, before the setup header.
const IDENTIFICATION: usize = 30;
/// Where the number of channels stands in the identification header.
const CHANNELS_AT: usize = 11;

/// Returns the decoder set-up (identification header, then setup header) changed so that the decoder
/// reads it as the specification wants; `None` for what is no such set-up.
pub(super) fn corrected_setup(extra: &[u8]) -> Option<Vec<u8>> {
    let channels = u32::from(*extra.get(CHANNELS_AT)?);
    let setup = extra.get(IDENTIFICATION..)?;
    let mut bits = Bits { bytes: setup, at: 0 };
    if !setup.starts_with(b"\x05vorbis") {
        return None;
    }
    bits.skip(7 * 8)?;
    let mut dimensions = Vec::new();
    repeat(bits.read(8)? + 1, || {
        dimensions.push(skip_codebook(&mut bits)?);
        Some(())
    })?;
    let times = bits.read(6)? + 1;
    bits.skip(u64::from(times) * 16)?;
    repeat(bits.read(6)? + 1, || skip_floor(&mut bits))?;
    let mut corrected = extra.to_vec();
    let out = corrected.get_mut(IDENTIFICATION..)?;
    repeat(bits.read(6)? + 1, || round_residue(&mut bits, &dimensions, out))?;
    repeat(bits.read(6)? + 1, || turn_mapping(&mut bits, channels, out))?;
    Some(corrected)
}

fn repeat(times: u32, mut step: impl FnMut() -> Option<()>) -> Option<()> {
    (0..times).try_for_each(|_| step())
}

/// Bits of a Vorbis packet: the lowest of a byte comes first.
struct Bits<'a> {
    bytes: &'a [u8],
    at: u64,
}

impl Bits<'_> {
    fn read(&mut self, count: u32) -> Option<u32> {
        (0..count).try_fold(0, |value, bit| {
            let byte = self.bytes.get(usize::try_from(self.at / 8).ok()?)?;
            let one = u32::from(byte >> (self.at % 8) & 1);
            self.at += 1;
            Some(value | one << bit)
        })
    }

    fn flag(&mut self) -> Option<bool> {
        Some(self.read(1)? == 1)
    }

    fn skip(&mut self, count: u64) -> Option<()> {
        self.at = self.at.checked_add(count)?;
        (self.at <= self.bytes.len() as u64 * 8).then_some(())
    }
}

/// Number of bits that hold `value`.
fn width(value: u32) -> u32 {
    u32::BITS - value.leading_zeros()
}

/// Section 3.2.1; returns the dimensions.
fn skip_codebook(bits: &mut Bits<'_>) -> Option<u32> {
    bits.skip(24)?;
    let dimensions = bits.read(16)?;
    let entries = bits.read(24)?;
    if bits.flag()? {
        bits.skip(5)?;
        let mut left = entries;
        while left > 0 {
            left = left.checked_sub(bits.read(width(left))?)?;
        }
    } else {
        let sparse = bits.flag()?;
        repeat(entries, || if sparse && !bits.flag()? { Some(()) } else { bits.skip(5) })?;
    }
    let lookup = bits.read(4)?;
    if lookup == 0 {
        return Some(dimensions);
    }
    bits.skip(64)?;
    let value_bits = bits.read(4)? + 1;
    bits.skip(1)?;
    let values = match lookup {
        1 => lookup1_values(entries, dimensions)?,
        _ => u64::from(entries) * u64::from(dimensions),
    };
    bits.skip(values.checked_mul(u64::from(value_bits))?)?;
    Some(dimensions)
}

/// The largest number whose power to `dimensions` is at most `entries`; section 9.2.3.
fn lookup1_values(entries: u32, dimensions: u32) -> Option<u64> {
    let fits =
        |root: u64| root.checked_pow(dimensions).is_some_and(|power| power <= u64::from(entries));
    let guess = f64::from(entries).powf(1.0 / f64::from(dimensions)) as u64;
    (dimensions > 0).then(|| (guess.saturating_sub(1)..guess + 2).rfind(|&root| fits(root)))?
}

/// Sections 6.2.1 and 7.2.2.
fn skip_floor(bits: &mut Bits<'_>) -> Option<()> {
    if bits.read(16)? == 0 {
        bits.skip(8 + 16 + 16 + 6 + 8)?;
        let books = bits.read(4)? + 1;
        return bits.skip(u64::from(books) * 8);
    }
    let partitions = bits.read(5)?;
    let classes: Vec<u32> = (0..partitions).map(|_| bits.read(4)).collect::<Option<_>>()?;
    let mut dimensions = [0; 16];
    let used = classes.iter().max().map_or(0, |&last| last as usize + 1);
    for dimension in dimensions.get_mut(..used)? {
        *dimension = bits.read(3)? + 1;
        let subclasses = bits.read(2)?;
        let books = (1 << subclasses) + u64::from(subclasses > 0);
        bits.skip(books * 8)?;
    }
    bits.skip(2)?;
    let range = bits.read(4)?;
    classes
        .iter()
        .try_for_each(|&class| bits.skip(u64::from(*dimensions.get(class as usize)? * range)))
}

/// Section 8.6.1; moves the end of a residue of type 0 or 1 in `out` to the end of a code word.
fn round_residue(bits: &mut Bits<'_>, dimensions: &[u32], out: &mut [u8]) -> Option<()> {
    let kind = bits.read(16)?;
    let begin = bits.read(24)?;
    let end_at = bits.at;
    let (end, partition) = (bits.read(24)?, bits.read(24)? + 1);
    let classes = bits.read(6)? + 1;
    let per_word = *dimensions.get(bits.read(8)? as usize)?;
    let mut books = Vec::new();
    repeat(classes, || {
        let low = bits.read(3)?;
        let high = if bits.flag()? { bits.read(5)? } else { 0 };
        books.push(low.count_ones() + high.count_ones());
        Some(())
    })?;
    let word = u64::from(partition) * u64::from(per_word);
    if kind < 2 && books.first() == Some(&0) && word > 0 {
        let rounded = u64::from(end.checked_sub(begin)?).div_ceil(word) * word;
        let rounded = u32::try_from(u64::from(begin) + rounded).ok().filter(|end| end >> 24 == 0);
        write(out, end_at, 24, rounded.unwrap_or(end))?;
    }
    bits.skip(u64::from(books.iter().sum::<u32>()) * 8)
}

/// Section 4.2.4; reverses the coupling steps of one mapping in `out`.
fn turn_mapping(bits: &mut Bits<'_>, channels: u32, out: &mut [u8]) -> Option<()> {
    bits.skip(16)?;
    let submaps = if bits.flag()? { bits.read(4)? + 1 } else { 1 };
    if bits.flag()? {
        let steps = bits.read(8)? + 1;
        let step = 2 * width(channels.checked_sub(1)?);
        let first = bits.at;
        let pairs: Vec<u32> = (0..steps).map(|_| bits.read(step)).collect::<Option<_>>()?;
        for (index, &pair) in pairs.iter().rev().enumerate() {
            write(out, first + index as u64 * u64::from(step), step, pair)?;
        }
    }
    bits.skip(2)?;
    if submaps > 1 {
        bits.skip(u64::from(channels) * 4)?;
    }
    bits.skip(u64::from(submaps) * 24)
}

fn write(out: &mut [u8], at: u64, count: u32, value: u32) -> Option<()> {
    (0..count).try_for_each(|bit| {
        let place = at + u64::from(bit);
        let byte = out.get_mut(usize::try_from(place / 8).ok()?)?;
        let mask = 1 << (place % 8);
        *byte = if value >> bit & 1 == 1 { *byte | mask } else { *byte & !mask };
        Some(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_are_exact() {
        assert_eq!(lookup1_values(81, 4), Some(3));
        assert_eq!(lookup1_values(80, 4), Some(2));
        assert_eq!(lookup1_values(1 << 24, 1), Some(1 << 24));
        assert_eq!(lookup1_values(5, 0), None);
        assert_eq!(lookup1_values(0, 2), Some(0));
    }

    #[test]
    fn mappings_are_turned_and_nothing_else() {
        // Type 0, one submap, three coupling steps of four channels, reserved bits, one submap.
        let fields = [(0, 16), (0, 1), (1, 1), (2, 8), (0b01_00, 4), (0b11_10, 4), (0b10_00, 4)];
        let mut bytes = vec![0xff; 12];
        let mut at = 0;
        for (value, count) in fields {
            write(&mut bytes, at, count, value).unwrap();
            at += u64::from(count);
        }
        let mut turned = bytes.clone();
        turn_mapping(&mut Bits { bytes: &bytes, at: 0 }, 4, &mut turned).unwrap();
        let mut read = Bits { bytes: &turned, at: 26 };
        let steps: Vec<u32> = (0..3).map(|_| read.read(4).unwrap()).collect();
        assert_eq!(steps, [0b10_00, 0b11_10, 0b01_00]);
        let mut back = turned.clone();
        turn_mapping(&mut Bits { bytes: &turned, at: 0 }, 4, &mut back).unwrap();
        assert_eq!(back, bytes);
    }

    #[test]
    fn garbage_is_no_setup() {
        let mut extra = vec![0xff; 5000];
        assert_eq!(corrected_setup(&extra), None);
        extra[IDENTIFICATION..IDENTIFICATION + 7].copy_from_slice(b"\x05vorbis");
        assert_eq!(corrected_setup(&extra), None);
        assert_eq!(corrected_setup(b"short"), None);
    }
}
