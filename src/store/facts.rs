//! What is known of files and tracks, as it crosses the edge of the store.

use crate::audio::{HeadHash, PayloadHash, Tags};
use crate::feature::Depth;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

macro_rules! id {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub i64);
    };
}

id!(
    /// Row of a file: a path and what it points to.
    FileId
);
id!(
    /// Row of a track: one audio payload, in however many files.
    TrackId
);
id!(
    /// Row of a run of the program.
    RunId
);

/// What a `stat` says of a file: enough to tell whether it may have changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stamp {
    /// Length, in bytes.
    pub size: u64,
    /// Time of the last modification, in nanoseconds since 1970.
    pub mtime_ns: i64,
    /// Device; 0 where there is no such thing.
    pub device: u64,
    /// Number of the inode; 0 where there is no such thing.
    pub inode: u64,
}

impl Stamp {
    /// Reads the stamp off a file's metadata.
    pub fn of(metadata: &std::fs::Metadata) -> Self {
        let (device, inode) = identity(metadata);
        let mtime_ns = metadata.modified().map_or(0, nanoseconds);
        Self { size: metadata.len(), mtime_ns, device, inode }
    }

    /// True when size and time agree: the content is taken to be the same. Device and inode may
    /// differ, since network and removable file systems renumber them.
    pub fn unchanged_since(self, earlier: Self) -> bool {
        self.size == earlier.size && self.mtime_ns == earlier.mtime_ns
    }
}

#[cfg(unix)]
fn identity(metadata: &std::fs::Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt;
    (metadata.dev(), metadata.ino())
}

#[cfg(not(unix))]
fn identity(_: &std::fs::Metadata) -> (u64, u64) {
    (0, 0)
}

/// Nanoseconds since 1970, negative before it, at the end of the range beyond it.
fn nanoseconds(time: SystemTime) -> i64 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_nanos()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_nanos()).map_or(i64::MIN, |ns| -ns),
    }
}

/// Now, in milliseconds since 1970.
pub fn unix_ms() -> i64 {
    nanoseconds(SystemTime::now()) / 1_000_000
}

/// How a file stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// Analysed.
    Ok,
    /// Its last analysis failed.
    Failed,
    /// It was there once and is gone.
    Missing,
}

impl Status {
    /// The name in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Failed => "failed",
            Self::Missing => "missing",
        }
    }

    /// The inverse of [`Self::as_str`].
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Ok, Self::Failed, Self::Missing].into_iter().find(|status| status.as_str() == name)
    }
}

/// A file as it was read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FileFacts {
    /// Where it lies.
    pub path: PathBuf,
    /// Its `stat` before it was read.
    pub stamp: Stamp,
    /// Short name of its container, such as `ogg`; `None` when that was not looked at, as the known one stays.
    pub container: Option<String>,
    /// Its tags.
    pub tags: Tags,
}

/// An audio payload as it was decoded.
#[derive(Clone, Debug, PartialEq)]
pub struct TrackFacts {
    /// Hash of the payload: what identifies the track.
    pub payload: PayloadHash,
    /// Hash of the beginning of the payload, to recognise a new one quickly.
    pub head: Option<HeadHash>,
    /// Short name of the codec, such as `vorbis`.
    pub codec: String,
    /// True when the codec keeps every bit.
    pub lossless: bool,
    /// Bits of a sample as coded, where the codec has such a thing.
    pub bits_per_sample: Option<u32>,
    /// Sample rate, in hertz.
    pub sample_rate_hz: u32,
    /// Number of channels.
    pub channels: u32,
    /// Frames decoded.
    pub frames: u64,
    /// Length decoded, in seconds.
    pub duration_s: f64,
    /// Mean rate of the payload, in bits per second.
    pub bitrate_bps: Option<u64>,
    /// Packets that were skipped because they are damaged.
    pub damaged_packets: u64,
    /// How much of it was heard.
    pub depth: Depth,
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn times_outside_the_range_stay_at_its_ends() {
        assert_eq!(nanoseconds(UNIX_EPOCH + Duration::from_nanos(7)), 7);
        assert_eq!(nanoseconds(UNIX_EPOCH - Duration::from_nanos(7)), -7);
        assert_eq!(nanoseconds(UNIX_EPOCH + Duration::from_secs(1 << 40)), i64::MAX);
    }

    #[test]
    fn a_renumbered_inode_is_no_change() {
        let before = Stamp { size: 5, mtime_ns: 6, device: 1, inode: 2 };
        assert!(Stamp { device: 9, inode: 9, ..before }.unchanged_since(before));
        assert!(!Stamp { size: 4, ..before }.unchanged_since(before));
        assert!(!Stamp { mtime_ns: 7, ..before }.unchanged_since(before));
    }

    #[test]
    fn status_names_round_trip() {
        for status in [Status::Ok, Status::Failed, Status::Missing] {
            assert_eq!(Status::from_name(status.as_str()), Some(status));
        }
        assert_eq!(Status::from_name("x"), None);
    }
}
