//! The text form that `AcoustID` takes: compressed, in base64.
//!
//! Four bytes of head (the algorithm, the number of hashes in 24 bits, big-endian), then for each
//! hash the positions of the bits that differ from the hash before, as distances: three bits each,
//! 0 ends a hash, 7 means that five bits more are added from a second list behind the first. Bits
//! are packed from the low end; each list fills whole bytes. Base64 of RFC 4648 section 5, unpadded.

use data_encoding::BASE64URL_NOPAD;

/// Number of Chromaprint's algorithm 2 in the head.
const ALGORITHM: u8 = 1;
/// Bits of a distance, and the first that does not fit.
const NORMAL_BITS: u32 = 3;
const LONG: u32 = 7;
/// Bits of what a long distance has more.
const REST_BITS: u32 = 5;
/// Largest number of hashes that the head can tell.
const MOST: usize = 0xff_ffff;

/// Why a text is no fingerprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TextError {
    /// A character outside the alphabet, or a length that no bytes have.
    #[error("not base64")]
    Base64,
    /// Fewer bytes than the head promises.
    #[error("cut short")]
    Short,
    /// Another algorithm, whose hashes mean something else.
    #[error("algorithm {0}, not 1")]
    Algorithm(u8),
    /// A bit beyond the 32nd.
    #[error("a hash of more than 32 bits")]
    Bits,
}

/// The fingerprint as text; what lies beyond 2^24 - 1 hashes (24 days) is left out.
pub fn to_text(hashes: &[u32]) -> String {
    let hashes = hashes.get(..MOST).unwrap_or(hashes);
    let (normal, rest) = distances(hashes);
    let [_, high, middle, low] = (hashes.len() as u32).to_be_bytes();
    let mut bytes = vec![ALGORITHM, high, middle, low];
    pack(&normal, NORMAL_BITS, &mut bytes);
    pack(&rest, REST_BITS, &mut bytes);
    BASE64URL_NOPAD.encode(&bytes)
}

/// The inverse of [`to_text`].
pub fn from_text(text: &str) -> Result<Vec<u32>, TextError> {
    let bytes = BASE64URL_NOPAD.decode(text.trim().as_bytes()).map_err(|_| TextError::Base64)?;
    let ([algorithm, high, middle, low], body) =
        bytes.split_first_chunk::<4>().ok_or(TextError::Short)?;
    if *algorithm != ALGORITHM {
        return Err(TextError::Algorithm(*algorithm));
    }
    let count = u32::from_be_bytes([0, *high, *middle, *low]);
    let (normal, used) = normal_part(body, count)?;
    let mut rest = Unpack::new(body.get(used..).unwrap_or(&[]), REST_BITS);
    hashes(&normal, count, &mut rest)
}

/// Distances between changed bits, 0 behind each hash, and what long ones have more.
fn distances(hashes: &[u32]) -> (Vec<u32>, Vec<u32>) {
    let (mut normal, mut rest) = (Vec::new(), Vec::new());
    let mut before = 0;
    for &hash in hashes {
        let mut changed = hash ^ before;
        before = hash;
        let mut last = 0;
        while changed != 0 {
            let bit = changed.trailing_zeros() + 1;
            changed &= changed - 1;
            let distance = bit - last;
            last = bit;
            normal.push(distance.min(LONG));
            rest.extend(distance.checked_sub(LONG));
        }
        normal.push(0);
    }
    (normal, rest)
}

/// Appends numbers of `width` bits, the first one lowest.
fn pack(numbers: &[u32], width: u32, bytes: &mut Vec<u8>) {
    let (mut held, mut bits) = (0_u32, 0);
    for number in numbers {
        held |= number << bits;
        bits += width;
        while bits >= 8 {
            bytes.push(held as u8);
            held >>= 8;
            bits -= 8;
        }
    }
    if bits > 0 {
        bytes.push(held as u8);
    }
}

/// Numbers of a fixed width.
struct Unpack<'a> {
    bytes: std::slice::Iter<'a, u8>,
    width: u32,
    held: u32,
    bits: u32,
}

impl<'a> Unpack<'a> {
    fn new(bytes: &'a [u8], width: u32) -> Self {
        Self { bytes: bytes.iter(), width, held: 0, bits: 0 }
    }
}

impl Iterator for Unpack<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        while self.bits < self.width {
            self.held |= u32::from(*self.bytes.next()?) << self.bits;
            self.bits += 8;
        }
        let number = self.held & ((1 << self.width) - 1);
        self.held >>= self.width;
        self.bits -= self.width;
        Some(number)
    }
}

/// The first list, up to the end of the last hash, and the bytes it takes.
fn normal_part(body: &[u8], count: u32) -> Result<(Vec<u32>, usize), TextError> {
    let mut ended = 0;
    let mut normal = Vec::new();
    let mut numbers = Unpack::new(body, NORMAL_BITS);
    while ended < count {
        let number = numbers.next().ok_or(TextError::Short)?;
        ended += u32::from(number == 0);
        normal.push(number);
    }
    let used = (normal.len() * NORMAL_BITS as usize).div_ceil(8);
    Ok((normal, used))
}

fn hashes(normal: &[u32], count: u32, rest: &mut Unpack<'_>) -> Result<Vec<u32>, TextError> {
    let mut hashes = Vec::with_capacity(count as usize);
    let (mut hash, mut bit) = (0_u32, 0);
    for &number in normal {
        if number == 0 {
            hashes.push(hash);
            bit = 0;
            continue;
        }
        bit += number;
        if number == LONG {
            bit += rest.next().ok_or(TextError::Short)?;
        }
        hash ^= 1_u32.checked_shl(bit - 1).ok_or(TextError::Bits)?;
    }
    Ok(hashes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn it_is_the_text_of_the_documentation() {
        // The worked example of the compression in Chromaprint's own tests.
        assert_eq!(to_text(&[1]), BASE64URL_NOPAD.encode(&[1, 0, 0, 1, 1]));
        assert_eq!(to_text(&[7]), BASE64URL_NOPAD.encode(&[1, 0, 0, 1, 73, 0]));
        assert_eq!(to_text(&[1 << 6]), BASE64URL_NOPAD.encode(&[1, 0, 0, 1, 7, 0]));
        assert_eq!(to_text(&[1 << 8]), BASE64URL_NOPAD.encode(&[1, 0, 0, 1, 7, 2]));
        assert_eq!(to_text(&[1, 0]), BASE64URL_NOPAD.encode(&[1, 0, 0, 2, 65, 0]));
        assert_eq!(to_text(&[]), BASE64URL_NOPAD.encode(&[1, 0, 0, 0]));
    }

    #[test]
    fn what_is_no_fingerprint_is_refused() {
        let text = |bytes: &[u8]| BASE64URL_NOPAD.encode(bytes);
        assert_eq!(from_text("%%"), Err(TextError::Base64));
        assert_eq!(from_text(&text(&[1, 0])), Err(TextError::Short));
        assert_eq!(from_text(&text(&[2, 0, 0, 0])), Err(TextError::Algorithm(2)));
        assert_eq!(from_text(&text(&[1, 255, 255, 255, 1])), Err(TextError::Short));
        assert_eq!(from_text(&text(&[1, 0, 0, 1, 7])), Err(TextError::Short));
        assert_eq!(from_text(&text(&[1, 0, 0, 1, 7, 31])), Err(TextError::Bits));
    }

    proptest! {
        #[test]
        fn every_fingerprint_comes_back(hashes in prop::collection::vec(any::<u32>(), 0..300)) {
            prop_assert_eq!(from_text(&to_text(&hashes)), Ok(hashes));
        }

        #[test]
        fn no_text_panics(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let mut bytes = bytes;
            if let Some(first) = bytes.first_mut() {
                *first = ALGORITHM;
            }
            let _ = from_text(&BASE64URL_NOPAD.encode(&bytes));
        }
    }
}
