//! Key, tuning and chroma of spectra that another program computed: one JSON object a track.
//!
//! Standard input, little endian, any number of times: number of frames, first bin, number of
//! bins, number of beats (u32 each), the duration and the beats in seconds (f64), then frames ×
//! bins linear magnitudes (f32) as documented at `Tracker::push`. `models/key` feeds it.

use std::io::{self, BufReader, Read, Write};

use phonolite::feature::tonal::{FIELDS, Tracker};
use serde_json::{Map, Value};

fn main() -> anyhow::Result<()> {
    let mut input = BufReader::new(io::stdin().lock());
    let mut output = io::stdout().lock();
    while let Some([frames, first, bins, beats]) = header(&mut input)? {
        let times = seconds(&mut input, beats + 1)?;
        let mut tracker = Tracker::new();
        let mut bytes = vec![0; 4 * bins];
        let mut magnitudes = vec![0.0; first + bins];
        for _ in 0..frames {
            input.read_exact(&mut bytes)?;
            for (to, from) in magnitudes[first..].iter_mut().zip(bytes.chunks_exact(4)) {
                *to = f32::from_le_bytes(from.try_into()?);
            }
            tracker.push(&magnitudes);
        }
        // No beats given means that nobody looked for them, not that there is no pulse.
        let tonal = match &times[1..] {
            [] => tracker.finish(times[0]),
            beats => tracker.finish_with_beats(times[0], beats),
        };
        let names = FIELDS.iter().map(|field| field.name.to_owned());
        let row: Map<String, Value> = names
            .zip(tonal.values().iter().map(|v| serde_json::to_value(v).unwrap_or(Value::Null)))
            .collect();
        writeln!(output, "{}", Value::Object(row))?;
    }
    Ok(())
}

/// The four numbers before a track; `None` at the end of the input.
fn header(input: &mut impl Read) -> anyhow::Result<Option<[usize; 4]>> {
    let mut bytes = [0; 16];
    if input.read(&mut bytes[..1])? == 0 {
        return Ok(None);
    }
    input.read_exact(&mut bytes[1..])?;
    let mut numbers = [0; 4];
    for (to, from) in numbers.iter_mut().zip(bytes.chunks_exact(4)) {
        *to = u32::from_le_bytes(from.try_into()?) as usize;
    }
    Ok(Some(numbers))
}

fn seconds(input: &mut impl Read, count: usize) -> anyhow::Result<Vec<f64>> {
    let mut bytes = vec![0; 8 * count];
    input.read_exact(&mut bytes)?;
    bytes.chunks_exact(8).map(|b| Ok(f64::from_le_bytes(b.try_into()?))).collect()
}
