//! From the sample formats of decoders to `f32`, full scale ±1.

use std::ops::Range;

use symphonia::core::audio::sample::Sample;
use symphonia::core::audio::{Audio, AudioBuffer, GenericAudioBufferRef};

use super::chunk::Chunk;

/// Samples above this (120 dB over full scale) are damage, not sound: their squares would overflow
/// behind the next filter.
const LARGEST: f32 = 1.0e6;

/// Appends `range` of the frames of `buffer` to `chunk`; returns the number of samples that were
/// no numbers, infinite or beyond 120 dB over full scale, and became 0.
///
/// Integers are divided by half their range, so that full scale is −1..1 and 16 and 24 bits are
/// exact. The work is one copy; only floating-point buffers are looked through for bad numbers.
pub(super) fn append(
    buffer: &GenericAudioBufferRef<'_>,
    range: Range<usize>,
    gain: f32,
    chunk: &mut Chunk,
) -> u64 {
    use GenericAudioBufferRef as Buffer;
    match buffer {
        Buffer::F32(buffer) => append_floats(buffer, range, chunk, |s| s * gain),
        Buffer::F64(buffer) => append_floats(buffer, range, chunk, |s| s as f32 * gain),
        Buffer::S8(b) => append_with(b, range, chunk, |s| f32::from(s) / 128.0),
        Buffer::S16(b) => append_with(b, range, chunk, |s| f32::from(s) / 32_768.0),
        Buffer::S24(b) => append_with(b, range, chunk, |s| s.inner() as f32 / 8_388_608.0),
        Buffer::S32(b) => append_with(b, range, chunk, |s| s as f32 / 2_147_483_648.0),
        Buffer::U8(b) => append_with(b, range, chunk, |s| (f32::from(s) - 128.0) / 128.0),
        Buffer::U16(b) => append_with(b, range, chunk, |s| (f32::from(s) - 32_768.0) / 32_768.0),
        Buffer::U24(b) => {
            append_with(b, range, chunk, |s| (s.inner() as f32 - 8_388_608.0) / 8_388_608.0)
        }
        Buffer::U32(b) => {
            append_with(b, range, chunk, |s| (s ^ 0x8000_0000) as i32 as f32 / 2_147_483_648.0)
        }
    }
}

fn append_with<S: Sample>(
    buffer: &AudioBuffer<S>,
    range: Range<usize>,
    chunk: &mut Chunk,
    convert: impl Fn(S) -> f32,
) -> u64 {
    chunk.append(range.len(), |channel, out| {
        let plane = buffer.plane(channel).and_then(|plane| plane.get(range.clone()));
        out.extend(plane.unwrap_or(&[]).iter().map(|&sample| convert(sample)));
    });
    0
}

fn append_floats<S: Sample>(
    buffer: &AudioBuffer<S>,
    range: Range<usize>,
    chunk: &mut Chunk,
    convert: impl Fn(S) -> f32,
) -> u64 {
    let mut bad = 0;
    chunk.append(range.len(), |channel, out| {
        let from = out.len();
        let plane = buffer.plane(channel).and_then(|plane| plane.get(range.clone()));
        out.extend(plane.unwrap_or(&[]).iter().map(|&sample| convert(sample)));
        bad += silence_bad_samples(out.get_mut(from..).unwrap_or(&mut []));
    });
    bad
}

/// Replaces by 0 what is no usable sample, and counts it; the common case is the first pass alone,
/// which the compiler vectorises.
fn silence_bad_samples(samples: &mut [f32]) -> u64 {
    let good = samples.iter().fold(true, |good, sample| good & (sample.abs() <= LARGEST));
    if good {
        return 0;
    }
    let usable = |sample: f32| sample.abs() <= LARGEST;
    let bad = samples.iter_mut().filter(|sample| !usable(**sample));
    bad.map(|sample| *sample = 0.0).count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use symphonia::core::audio::sample::{i24, u24};
    use symphonia::core::audio::{AsGenericAudioBufferRef, AudioMut, AudioSpec, layouts};

    fn converted<S: Sample>(samples: &[S], gain: f32) -> (Vec<f32>, u64)
    where
        AudioBuffer<S>: AsGenericAudioBufferRef,
    {
        let spec = AudioSpec::new(8000, layouts::CHANNEL_LAYOUT_MONO);
        let mut buffer = AudioBuffer::<S>::new(spec, samples.len());
        buffer.render_uninit(None);
        buffer.plane_mut(0).unwrap().copy_from_slice(samples);
        let mut chunk = Chunk::with_capacity(1, 4);
        let all = 0..samples.len();
        let bad = append(&buffer.as_generic_audio_buffer_ref(), all, gain, &mut chunk);
        (chunk.plane(0).to_vec(), bad)
    }

    #[test]
    fn full_scale_is_one_in_every_format() {
        let want = (vec![-1.0, 0.0, 0.5], 0);
        assert_eq!(converted(&[-128_i8, 0, 64], 1.0), want);
        assert_eq!(converted(&[-32_768_i16, 0, 16_384], 1.0), want);
        assert_eq!(
            converted(&[i24::from(-8_388_608), i24::from(0), i24::from(1 << 22)], 1.0),
            want
        );
        assert_eq!(converted(&[i32::MIN, 0, 1 << 30], 1.0), want);
        assert_eq!(converted(&[0_u8, 128, 192], 1.0), want);
        assert_eq!(converted(&[0_u16, 1 << 15, 3 << 14], 1.0), want);
        assert_eq!(
            converted(&[u24::from(0_u32), u24::from(1_u32 << 23), u24::from(3_u32 << 22)], 1.0),
            want
        );
        assert_eq!(converted(&[0_u32, 1 << 31, 3 << 30], 1.0), want);
        assert_eq!(converted(&[-1.0_f32, 0.0, 0.5], 1.0), want);
        assert_eq!(converted(&[-0.5_f64, 0.0, 0.25], 2.0), want);
    }

    #[test]
    fn bad_numbers_become_silence_and_are_counted() {
        let samples = [0.5, f32::NAN, f32::INFINITY, -2.0, f32::MIN, f32::NEG_INFINITY];
        assert_eq!(converted(&samples, 1.0), (vec![0.5, 0.0, 0.0, -2.0, 0.0, 0.0], 4));
        assert_eq!(converted(&[f64::MAX, 0.25], 1.0), (vec![0.0, 0.25], 1));
    }
}
