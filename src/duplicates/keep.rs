//! Which of several copies to keep, and why.

use crate::store::Copy;
use std::cmp::Ordering;

/// Bit rates closer than this are equal, in bit/s: encoders with variable rate never hit a number.
const RATE_STEP: u64 = 8_000;
/// Lengths closer than this are equal, in seconds: codecs pad.
const LENGTH_STEP_S: f64 = 2.0;

/// Something that speaks for a copy: more is better, the first difference decides.
///
/// Damage comes first, as no bit rate makes up for holes. Bit rates count between lossy copies only,
/// and are compared as they are, whatever the codec.
#[derive(Clone, Copy, Debug)]
struct Criterion {
    rank: fn(&Copy) -> u64,
    /// Copies that have a common measure: all, only lossy ones, or only lossless ones.
    between: Between,
    /// Words about a copy and another.
    why: fn(&Copy, &Copy) -> String,
}

#[derive(Clone, Copy, Debug)]
enum Between {
    All,
    Lossy,
    Lossless,
}

impl Between {
    fn holds(self, copies: [&Copy; 2]) -> bool {
        match self {
            Self::All => true,
            Self::Lossy => copies.iter().all(|copy| !copy.lossless),
            Self::Lossless => copies.iter().all(|copy| copy.lossless),
        }
    }
}

const CRITERIA: [Criterion; 8] = [
    Criterion {
        rank: |copy| u64::MAX - copy.damaged_packets,
        between: Between::All,
        why: |copy, best| {
            format!("{} damaged packets against {}", copy.damaged_packets, best.damaged_packets)
        },
    },
    Criterion {
        rank: |copy| u64::from(copy.lossless),
        between: Between::All,
        why: |copy, best| format!("lossy ({}) against lossless ({})", copy.codec, best.codec),
    },
    Criterion {
        rank: |copy| u64::from(copy.channels.min(2)),
        between: Between::All,
        why: |copy, best| format!("{} channels against {}", copy.channels, best.channels),
    },
    Criterion {
        rank: |copy| if copy.lossless { 0 } else { rate(copy) },
        between: Between::Lossy,
        why: |copy, best| format!("{} kbit/s against {}", kbits(copy), kbits(best)),
    },
    Criterion {
        rank: |copy| u64::from(copy.sample_rate_hz),
        between: Between::All,
        why: |copy, best| format!("{} Hz against {}", copy.sample_rate_hz, best.sample_rate_hz),
    },
    Criterion {
        rank: |copy| u64::from(copy.bits_per_sample.unwrap_or(0)),
        between: Between::Lossless,
        why: |copy, best| {
            let bits = |copy: &Copy| copy.bits_per_sample.unwrap_or(0);
            format!("{} bits a sample against {}", bits(copy), bits(best))
        },
    },
    Criterion {
        rank: |copy| u64::from(copy.tags),
        between: Between::All,
        why: |copy, best| format!("{} tags against {}", copy.tags, best.tags),
    },
    Criterion {
        rank: |copy| (copy.duration_s / LENGTH_STEP_S).round() as u64,
        between: Between::All,
        why: |copy, best| format!("{:.1} s against {:.1}", copy.duration_s, best.duration_s),
    },
];

fn rate(copy: &Copy) -> u64 {
    (copy.bitrate_bps.unwrap_or(0) + RATE_STEP / 2) / RATE_STEP
}

fn kbits(copy: &Copy) -> u64 {
    (copy.bitrate_bps.unwrap_or(0) + 500) / 1000
}

/// Sorts copies, the one to keep first. What nothing tells apart is sorted by path: the shorter one,
/// then the first in the order of bytes.
pub(super) fn sort(copies: &mut [Copy]) {
    copies.sort_by(|a, b| {
        let decided =
            CRITERIA.iter().map(|criterion| (criterion.rank)(b).cmp(&(criterion.rank)(a)));
        let by_path = |copy: &Copy| (copy.path.as_os_str().len(), copy.path.clone());
        decided.fold(Ordering::Equal, Ordering::then).then_with(|| by_path(a).cmp(&by_path(b)))
    });
}

/// What speaks against a copy beside the one to keep, and what for it, the weightiest first.
pub(super) fn reasons(copy: &Copy, best: &Copy) -> (Vec<String>, Vec<String>) {
    let (mut against, mut in_favour) = (Vec::new(), Vec::new());
    for criterion in CRITERIA.iter().filter(|criterion| criterion.between.holds([copy, best])) {
        match (criterion.rank)(copy).cmp(&(criterion.rank)(best)) {
            Ordering::Less => against.push((criterion.why)(copy, best)),
            Ordering::Greater => in_favour.push((criterion.why)(copy, best)),
            Ordering::Equal => {}
        }
    }
    (against, in_favour)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{FileId, TrackId};

    fn copy(path: &str) -> Copy {
        Copy {
            file: FileId(1),
            track: TrackId(1),
            path: path.into(),
            size_bytes: 1,
            codec: "mp3".into(),
            lossless: false,
            bits_per_sample: None,
            sample_rate_hz: 44_100,
            channels: 2,
            duration_s: 200.0,
            bitrate_bps: Some(192_000),
            damaged_packets: 0,
            tags: 5,
        }
    }

    fn best(copies: [Copy; 2]) -> String {
        let mut there = copies.clone();
        sort(&mut there);
        let mut back = copies;
        back.reverse();
        sort(&mut back);
        assert_eq!(there, back, "the order of files decides nothing");
        there[0].path.to_string_lossy().into_owned()
    }

    #[test]
    fn the_better_copy_is_kept() {
        let flac = || Copy { lossless: true, codec: "flac".into(), ..copy("b") };
        let cases = [
            ("lossless", copy("a"), Copy { tags: 0, ..flac() }),
            ("bit rate", copy("a"), Copy { bitrate_bps: Some(320_000), tags: 0, ..copy("b") }),
            ("sample rate", flac(), Copy { sample_rate_hz: 96_000, path: "b".into(), ..flac() }),
            (
                "bits",
                Copy { path: "a".into(), ..flac() },
                Copy { bits_per_sample: Some(24), ..flac() },
            ),
            ("tags", copy("a"), Copy { tags: 6, ..copy("b") }),
            ("damage", Copy { damaged_packets: 3, path: "a".into(), ..flac() }, copy("b")),
            ("length", copy("a"), Copy { duration_s: 203.0, ..copy("b") }),
            ("stereo", Copy { channels: 1, bitrate_bps: Some(320_000), ..copy("a") }, copy("b")),
            ("shorter path", copy("aa"), copy("b")),
        ];
        for (name, worse, better) in cases {
            assert_eq!(best([worse, better]), "b", "{name}");
        }
    }

    #[test]
    fn reasons_say_what_differs_and_nothing_else() {
        let flac = Copy {
            lossless: true,
            codec: "flac".into(),
            bitrate_bps: Some(900_000),
            bits_per_sample: Some(16),
            ..copy("a")
        };
        let (against, in_favour) = reasons(&Copy { tags: 9, ..copy("b") }, &flac);
        assert_eq!(against, ["lossy (mp3) against lossless (flac)"]);
        assert_eq!(in_favour, ["9 tags against 5"]);
        assert_eq!(reasons(&copy("a"), &copy("b")), (vec![], vec![]));
    }
}
