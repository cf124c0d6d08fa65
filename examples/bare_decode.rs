//! Decodes files with symphonia and nothing else: the floor that `analyze` is measured against.
//!
//!     cargo run --release --example bare_decode -- FILE...

#![allow(clippy::print_stdout, reason = "a program for the command line")]

use std::fs::File;

use symphonia::core::codecs::audio::AudioDecoderOptions;
use symphonia::core::formats::{FormatOptions, TrackType, probe::Hint};
use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions};
use symphonia::core::meta::MetadataOptions;

/// Decodes every packet of a file; returns the number of frames.
fn decode(path: &str) -> anyhow::Result<u64> {
    let file =
        MediaSourceStream::new(Box::new(File::open(path)?), MediaSourceStreamOptions::default());
    let probe = symphonia::default::get_probe();
    let (formats, tags) = (FormatOptions::default(), MetadataOptions::default());
    let mut reader = probe.probe(&Hint::new(), file, formats, tags)?;
    let track =
        reader.default_track(TrackType::Audio).ok_or_else(|| anyhow::anyhow!("no audio"))?;
    let (id, params) = (track.id, track.codec_params.clone());
    let params = params.and_then(|params| params.audio().cloned());
    let params = params.ok_or_else(|| anyhow::anyhow!("no audio codec"))?;
    let codecs = symphonia::default::get_codecs();
    let mut decoder = codecs.make_audio_decoder(&params, &AudioDecoderOptions::default())?;
    let mut frames = 0;
    while let Some(packet) = reader.next_packet()? {
        if packet.track_id == id
            && let Ok(decoded) = decoder.decode(&packet)
        {
            frames += decoded.frames() as u64;
        }
    }
    Ok(frames)
}

fn main() -> anyhow::Result<()> {
    for path in std::env::args().skip(1) {
        let frames = decode(&path)?;
        println!("{frames} frames {path}");
    }
    Ok(())
}
