//! Against the `ebur128` crate on real music, when `PHONOLITE_TEST_AUDIO` names a folder of it.

use super::reference::{gain_between, reference};
use super::*;
use std::path::Path;
use symphonia::core::codecs::audio::AudioDecoderOptions;
use symphonia::core::formats::{FormatOptions, TrackType, probe::Hint};
use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions};
use symphonia::core::meta::MetadataOptions;

/// Samples of a file, at most a minute of them; `None` when it cannot be read.
fn decode(path: &Path) -> Option<(StreamSpec, Vec<Vec<f32>>)> {
    let file = Box::new(std::fs::File::open(path).ok()?);
    let stream = MediaSourceStream::new(file, MediaSourceStreamOptions::default());
    let mut format = symphonia::default::get_probe()
        .probe(&Hint::new(), stream, FormatOptions::default(), MetadataOptions::default())
        .ok()?;
    let parameters =
        format.default_track(TrackType::Audio)?.codec_params.as_ref()?.audio()?.clone();
    let mut decoder = symphonia::default::get_codecs()
        .make_audio_decoder(&parameters, &AudioDecoderOptions::default())
        .ok()?;
    let (mut planes, mut rate) = (Vec::<Vec<f32>>::new(), 0);
    while let Ok(Some(packet)) = format.next_packet() {
        let Ok(buffer) = decoder.decode(&packet) else { continue };
        rate = buffer.spec().rate();
        let mut parts: Vec<Vec<f32>> = Vec::new();
        buffer.copy_to_vecs_planar(&mut parts);
        planes.resize_with(parts.len(), Vec::new);
        planes.iter_mut().zip(&parts).for_each(|(plane, part)| plane.extend(part));
        if planes[0].len() > 60 * rate as usize {
            break;
        }
    }
    (planes.first()?.len() > 4 * rate as usize && planes.len() <= 2)
        .then(|| (front(rate, planes.len()), planes))
}

#[test]
fn music_agrees() {
    let Some(folder) = std::env::var_os("PHONOLITE_TEST_AUDIO") else { return };
    let mut largest = 0.0_f64;
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let Some((spec, planes)) = decode(&entry.path()) else { continue };
        let (ours, theirs) = (measure(&spec, &planes), reference(&spec, &planes));
        let Some(integrated) = ours.loudness_lufs else { continue };
        let gain = gain_between(spec.rate.get());
        let peak = ours.true_peak_dbtp.expect("sound") - theirs.true_peak;
        let range = ours.loudness_range_lu.expect("3 s of sound");
        println!(
            "{:+.4} LU {:+.4} LU {:+.3} dB  {}",
            integrated - theirs.integrated - gain,
            range - theirs.range,
            peak,
            entry.path().display()
        );
        near(ours.loudness_lufs, theirs.integrated + gain, 0.01);
        near(ours.loudness_range_lu, theirs.range, 0.05);
        near(ours.sample_peak_dbfs, theirs.sample_peak, 1e-5);
        largest = largest.max(peak.abs());
    }
    // The interpolators differ near half the rate, where Annex 2 reads high.
    assert!(largest < 0.5, "{largest} dB");
}
