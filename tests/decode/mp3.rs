//! MP3 is decoded by nanomp3: it must be what symphonia's own decoder makes of the same packets.

use std::fs;
use std::io::Cursor;
use std::path::Path;

use symphonia::core::codecs::audio::AudioDecoderOptions;
use symphonia::core::formats::{FormatOptions, TrackType, probe::Hint};
use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions};
use symphonia::core::meta::MetadataOptions;

use crate::support::{decode, fixture};

/// All frames that symphonia decodes, nothing cut; packets it refuses are left out.
struct Reference {
    planes: Vec<Vec<f32>>,
    /// Frames before the music.
    delay: usize,
}

fn reference(bytes: &[u8]) -> Reference {
    let options = MediaSourceStreamOptions::default();
    let stream = MediaSourceStream::new(Box::new(Cursor::new(bytes.to_vec())), options);
    let (formats, tags) = (FormatOptions::default(), MetadataOptions::default());
    let probe = symphonia::default::get_probe();
    let mut reader = probe.probe(&Hint::new(), stream, formats, tags).unwrap();
    let track = reader.default_track(TrackType::Audio).unwrap();
    let delay = track.delay.unwrap_or(0) as usize;
    let params = track.codec_params.clone().and_then(|params| params.audio().cloned()).unwrap();
    let options = AudioDecoderOptions::default().gapless(false);
    let mut decoder =
        symphonia::default::get_codecs().make_audio_decoder(&params, &options).unwrap();
    let mut planes: Vec<Vec<f32>> = Vec::new();
    while let Ok(Some(packet)) = reader.next_packet() {
        let Ok(decoded) = decoder.decode(&packet) else { continue };
        let mut part: Vec<Vec<f32>> = Vec::new();
        decoded.copy_to_vecs_planar(&mut part);
        planes.resize(part.len(), Vec::new());
        planes.iter_mut().zip(&part).for_each(|(all, part)| all.extend(part));
    }
    Reference { planes, delay }
}

/// The largest difference in any channel from frame `from` on, in what both give.
fn worst(bytes: &[u8], from: usize) -> f32 {
    let (ours, Reference { planes, delay }) = (decode(bytes).unwrap(), reference(bytes));
    assert_eq!(ours.planes.len(), planes.len());
    let mut worst = 0.0;
    for (ours, theirs) in ours.planes.iter().zip(&planes) {
        assert!(ours.len() > from + 10_000 && theirs.len() >= delay + ours.len());
        let gaps = ours.iter().zip(&theirs[delay..]).skip(from).map(|(a, b)| (a - b).abs());
        worst = gaps.fold(worst, f32::max);
    }
    worst
}

#[test]
fn every_sample_is_that_of_the_reference() {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/jazz_swing_132.mp3");
    for path in [fixture("lame.mp3"), fixture("plain.mp3"), sample] {
        let gap = worst(&fs::read(&path).unwrap(), 0);
        assert!(gap < 1e-5, "{}: {gap}", path.display());
    }
}

#[test]
fn a_stream_cut_out_of_another_keeps_its_length_and_recovers() {
    let whole = fs::read(fixture("plain.mp3")).unwrap();
    let later = whole.len() / 3;
    let frame = later + whole[later..].windows(2).position(|w| w == [0xff, 0xfb]).unwrap();
    let cut = &whole[frame..];
    // The first four frames borrow from what is gone, and the fifth overlaps with them.
    assert_eq!(decode(cut).unwrap().planes[0].len(), reference(cut).planes[0].len());
    let gap = worst(cut, 6 * 1152);
    assert!(gap < 1e-5, "{gap}");
}
