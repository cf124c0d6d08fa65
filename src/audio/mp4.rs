//! What the MP4 demuxer does not tell: edit lists, and the names of codecs it does not know.
//!
//! ISO/IEC 14496-12, boxes `trak`, `tkhd`, `mdhd`, `hdlr`, `stsd`, `edts`/`elst`.

use std::io;

use super::fence::Fence;
use super::trim::Trim;

/// Boxes that are looked at in one file; a guard against headers that nest and repeat.
const MAX_BOXES: usize = 4096;
/// Depth at which the boxes of interest lie (`moov/trak/mdia/minf/stbl/stsd`), and some.
const MAX_DEPTH: usize = 8;
/// Frames by which the record of iTunes and the sample table may differ: one AAC frame.
const SLACK: u64 = 1024;
/// Entries of an edit list that are looked at.
const MAX_EDITS: u64 = 64;

/// One track, as far as it is of interest here.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Track {
    pub(super) id: u32,
    /// `soun` for audio.
    pub(super) handler: [u8; 4],
    /// Type of the first sample entry.
    pub(super) codec: [u8; 4],
    /// Units per second of media times.
    timescale: u32,
    /// Units per second of durations in the edit list.
    movie_timescale: u32,
    edits: Vec<Edit>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Edit {
    /// In movie time; 0 for "to the end".
    duration: u64,
    /// In media time; negative for an empty edit.
    media_time: i64,
}

/// Reads the tracks of the file; what cannot be understood is left out.
pub(super) fn tracks(fence: &mut Fence) -> io::Result<Vec<Track>> {
    let mut walk =
        Walk { fence, left: MAX_BOXES, depth: 0, movie_timescale: 0, tracks: Vec::new() };
    let end = walk.fence.len();
    walk.boxes(0, end)?;
    let Walk { movie_timescale, mut tracks, .. } = walk;
    for track in &mut tracks {
        track.movie_timescale = movie_timescale;
    }
    Ok(tracks)
}

struct Walk<'a> {
    fence: &'a mut Fence,
    left: usize,
    depth: usize,
    movie_timescale: u32,
    tracks: Vec<Track>,
}

impl Walk<'_> {
    fn inside(&mut self, at: u64, end: u64) -> io::Result<()> {
        if self.depth == MAX_DEPTH {
            return Ok(());
        }
        self.depth += 1;
        let visited = self.boxes(at, end);
        self.depth -= 1;
        visited
    }

    /// Visits the boxes in `at..end`, containers of interest recursively.
    fn boxes(&mut self, mut at: u64, end: u64) -> io::Result<()> {
        while at.saturating_add(8) <= end && self.left > 0 {
            self.left -= 1;
            let Some([s0, s1, s2, s3, kind @ ..]) = self.fence.bytes_at::<8>(at)? else { break };
            let (header, size) = match u32::from_be_bytes([s0, s1, s2, s3]) {
                0 => (8, end - at),
                1 => (16, self.number(at + 8, 8)?),
                size => (8, u64::from(size)),
            };
            let next = at.saturating_add(size).min(end);
            if size < header {
                break;
            }
            self.visit(&kind, at.saturating_add(header), next)?;
            at = next;
        }
        Ok(())
    }

    fn visit(&mut self, kind: &[u8], at: u64, end: u64) -> io::Result<()> {
        match kind {
            b"trak" => {
                self.tracks.push(Track::default());
                self.inside(at, end)
            }
            b"moov" | b"mdia" | b"minf" | b"stbl" | b"edts" => self.inside(at, end),
            b"mvhd" => {
                self.movie_timescale = self.versioned(at, 12, 20)?;
                Ok(())
            }
            b"tkhd" | b"mdhd" | b"hdlr" | b"stsd" | b"elst" => self.leaf(kind, at),
            _ => Ok(()),
        }
    }

    fn leaf(&mut self, kind: &[u8], at: u64) -> io::Result<()> {
        let Some(mut track) = self.tracks.pop() else { return Ok(()) };
        match kind {
            b"tkhd" => track.id = self.versioned(at, 12, 20)?,
            b"mdhd" => track.timescale = self.versioned(at, 12, 20)?,
            b"hdlr" if track.handler == [0; 4] => track.handler = self.name(at + 8)?,
            b"stsd" => track.codec = self.name(at + 12)?,
            b"elst" => track.edits = self.edits(at)?,
            _ => {}
        }
        self.tracks.push(track);
        Ok(())
    }

    fn edits(&mut self, at: u64) -> io::Result<Vec<Edit>> {
        let wide = self.number(at, 1)? == 1;
        let count = self.number(at + 4, 4)?.min(MAX_EDITS);
        let (field, entry) = if wide { (8, 20) } else { (4, 12) };
        let first = at + 8;
        (0..count)
            .map(|index| {
                let duration = self.number(first + index * entry, field)?;
                let time = self.number(first + index * entry + field, field)?;
                // A 32-bit −1 is no large number.
                let media_time = if wide { time as i64 } else { i64::from(time as u32 as i32) };
                Ok(Edit { duration, media_time })
            })
            .collect()
    }

    /// A big-endian number of 1, 4 or 8 bytes; 0 behind the end.
    fn number(&mut self, at: u64, bytes: u64) -> io::Result<u64> {
        let mut value = [0; 8];
        let from = 8 - bytes.min(8) as usize;
        let there = match value.get_mut(from..) {
            Some(field) => self.fence.fill_at(at, field)?,
            None => false,
        };
        Ok(if there { u64::from_be_bytes(value) } else { 0 })
    }

    /// A 32-bit number whose place depends on the version of the box.
    fn versioned(&mut self, at: u64, narrow: u64, wide: u64) -> io::Result<u32> {
        let version = self.number(at, 1)?;
        Ok(self.number(at + if version == 1 { wide } else { narrow }, 4)? as u32)
    }

    fn name(&mut self, at: u64) -> io::Result<[u8; 4]> {
        Ok(self.fence.bytes_at::<4>(at)?.unwrap_or_default())
    }
}

impl Track {
    /// What the edit list leaves of `total` decoded frames (unknown: `None`) at `rate` hertz.
    ///
    /// One run of media with a start is understood (that is what encoders write to hide their delay
    /// and padding), after any number of empty edits. Durations are in movie time, often
    /// milliseconds: an end that differs from the end of the media by less than that unit is the
    /// end of the media.
    pub(super) fn trim(&self, rate: u32, total: Option<u64>) -> Trim {
        let mut media = self.edits.iter().filter(|edit| edit.media_time >= 0);
        let (Some(edit), None) = (media.next(), media.next()) else { return Trim::NONE };
        let start = scale(edit.media_time as u64, rate, self.timescale);
        if edit.duration == 0 || self.movie_timescale == 0 {
            return Trim::from_start(start);
        }
        let unit = u64::from(rate / self.movie_timescale) + 1;
        let end = start.saturating_add(scale(edit.duration, rate, self.movie_timescale));
        let end = total.filter(|total| total.abs_diff(end) <= unit).unwrap_or(end);
        Trim { start, end, resume: u64::MAX }
    }
}

/// `time` in units of `timescale`, in frames, rounded.
fn scale(time: u64, rate: u32, timescale: u32) -> u64 {
    let timescale = u128::from(timescale.max(1));
    let frames = (u128::from(time) * u128::from(rate) + timescale / 2) / timescale;
    u64::try_from(frames).unwrap_or(u64::MAX)
}

/// Reads the gapless record of iTunes: delay, padding and length in frames, hexadecimal.
///
/// `None` when it is no such record, or says nothing, or does not fit `total` decoded frames.
pub(super) fn itunes_trim(record: &str, total: Option<u64>) -> Option<Trim> {
    let mut fields = record.split_whitespace().skip(1);
    let mut field = || u64::from_str_radix(fields.next()?, 16).ok();
    let (start, padding, length) = (field()?, field()?, field()?);
    let padding = padding.min(u64::from(u32::MAX));
    let end = start.checked_add(length)?;
    let fits =
        total.is_none_or(|total| end <= total && total <= end.saturating_add(padding + SLACK));
    (length > 0 && fits).then_some(Trim { start, end, resume: u64::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::fence::View;
    use std::io::Write;
    use std::sync::Arc;

    fn boxed(kind: [u8; 4], body: &[u8]) -> Vec<u8> {
        [&(body.len() as u32 + 8).to_be_bytes(), &kind, body].concat()
    }

    fn words(words: &[u32]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_be_bytes()).collect()
    }

    fn read(bytes: &[u8]) -> Vec<Track> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        tracks(&mut Fence::new(Arc::new(file), View::default(), bytes.len() as u64)).unwrap()
    }

    fn movie(elst: &[u32]) -> Vec<u8> {
        let stsd = boxed(*b"stsd", &[&words(&[0, 1, 30])[..], b"mp4a"].concat());
        let media = [
            boxed(*b"mdhd", &words(&[0, 0, 0, 44_100, 0])),
            boxed(*b"hdlr", &[&words(&[0, 0])[..], b"soun"].concat()),
            boxed(*b"minf", &boxed(*b"stbl", &stsd)),
        ];
        let track = [
            boxed(*b"tkhd", &words(&[0, 0, 0, 7])),
            boxed(*b"edts", &boxed(*b"elst", &words(elst))),
            boxed(*b"mdia", &media.concat()),
        ];
        let header = boxed(*b"mvhd", &words(&[0, 0, 0, 1000, 8000]));
        boxed(*b"moov", &[header, boxed(*b"trak", &track.concat())].concat())
    }

    #[test]
    fn an_edit_list_hides_delay_and_padding() {
        let tracks = read(&movie(&[0, 1, 8000, 1024, 0x10000]));
        let [track] = &tracks[..] else { panic!("{tracks:?}") };
        assert_eq!((track.id, &track.handler, &track.codec), (7, b"soun", b"mp4a"));
        let end = 1024 + 8 * 44_100;
        assert_eq!(track.trim(44_100, None), Trim { start: 1024, end, resume: u64::MAX });
        assert_eq!(track.trim(44_100, Some(end - 30)).end, end - 30, "within the unit of 1 ms");
        assert_eq!(track.trim(44_100, Some(end + 600)).end, end);
    }

    #[test]
    fn empty_edits_are_skipped_and_several_runs_are_not_understood() {
        let empty = read(&movie(&[0, 2, 50, u32::MAX, 1 << 16, 0, 2112, 1 << 16]));
        assert_eq!(empty[0].trim(44_100, None), Trim::from_start(2112));
        let two = read(&movie(&[0, 2, 50, 0, 1 << 16, 50, 9999, 1 << 16]));
        assert_eq!(two[0].trim(44_100, None), Trim::NONE);
    }

    #[test]
    fn hostile_boxes_end() {
        assert!(read(&words(&[0, 0x6d6f_6f76, 3, 4])).is_empty());
        let nested = (0..500).fold(Vec::new(), |inner, _| boxed(*b"trak", &inner));
        assert!(read(&nested).len() <= MAX_DEPTH + 1);
        let mut endless = movie(&[0, u32::MAX, 1, 1, 1]);
        endless.truncate(endless.len() - 30);
        read(&endless);
    }

    #[test]
    fn the_itunes_record_is_read_and_checked() {
        let record = " 00000000 00000840 000001CA 00000000003F31F6 00000000 00000000";
        let (start, end) = (0x840, 0x840 + 0x3f_31f6);
        let trim = Some(Trim { start, end, resume: u64::MAX });
        assert_eq!(itunes_trim(record, Some(end + 0x1ca)), trim);
        assert_eq!(itunes_trim(record, Some(end - 1)), None);
        assert_eq!(itunes_trim(record, Some(end + 5000)), None);
        assert_eq!(itunes_trim("00000000 0 0 0", None), None);
        assert_eq!(itunes_trim("gapless!", None), None);
    }
}
