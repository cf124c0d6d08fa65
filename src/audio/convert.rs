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
        Buffer::F32(buffer) => append_floats(buffer, range, gain, chunk, Vec::extend_from_slice),
        Buffer::F64(buffer) => append_floats(buffer, range, gain, chunk, |out, plane| {
            out.extend(plane.iter().map(|&sample| sample as f32));
        }),
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
    gain: f32,
    chunk: &mut Chunk,
    copy: impl Fn(&mut Vec<f32>, &[S]),
) -> u64 {
    let mut bad = 0;
    chunk.append(range.len(), |channel, out| {
        let from = out.len();
        let plane = buffer.plane(channel).and_then(|plane| plane.get(range.clone()));
        copy(out, plane.unwrap_or(&[]));
        let copied = out.get_mut(from..).unwrap_or(&mut []);
        if gain.to_bits() != 1.0_f32.to_bits() {
            for sample in &mut *copied {
                *sample *= gain;
            }
        }
        bad += silence_bad_samples(copied);
    });
    bad
}

/// Replaces by 0 what is no usable sample, and counts it; the common case is the first pass alone.
fn silence_bad_samples(samples: &mut [f32]) -> u64 {
    if all_usable(samples) {
        return 0;
    }
    let bad = samples.iter_mut().filter(|sample| !is_usable(**sample));
    bad.map(|sample| *sample = 0.0).count() as u64
}

fn is_usable(sample: f32) -> bool {
    sample.abs() <= LARGEST
}

/// True when every sample is usable.
///
/// Without its sign, a float's bits compare like the float, and infinities and NaN are the largest:
/// the difference to the limit is negative for what is beyond it. Three integer instructions on
/// each lane; the comparison of floats came out scalar and cost 5 % of the decoding of an MP3.
fn all_usable(samples: &[f32]) -> bool {
    let limit = LARGEST.to_bits() as i32;
    let (blocks, rest) = samples.as_chunks::<16>();
    let mut beyond = [0_i32; 16];
    for block in blocks {
        for (beyond, sample) in beyond.iter_mut().zip(block) {
            *beyond |= limit - (sample.to_bits() & 0x7fff_ffff) as i32;
        }
    }
    beyond.iter().all(|&beyond| beyond >= 0) && rest.iter().all(|sample| is_usable(*sample))
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
        let mut long = vec![0.5; 100];
        for (at, sample) in [(3, f32::NAN), (40, -f32::NAN), (41, 1.1e6), (99, f32::INFINITY)] {
            assert_eq!(
                converted(&long, 1.0).1,
                u64::from(at > 3) + u64::from(at > 40) + u64::from(at > 41)
            );
            long[at] = sample;
        }
        assert_eq!(converted(&long, 1.0).1, 4);
        assert_eq!(converted(&[f64::MAX, 0.25], 1.0), (vec![0.0, 0.25], 1));
    }
}
