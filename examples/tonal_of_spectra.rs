//! Key, tuning and chroma of spectra that another program computed: one JSON object a track.
//!
//! Standard input, little endian, any number of times: number of frames (u32), first bin (u32),
//! number of bins (u32), then frames × bins linear magnitudes (f32) as documented at
//! `Tracker::push`. Training and scoring (`models/key`) feed it.

use std::io::{self, BufReader, Read, Write};

use phonolite::feature::tonal::{FIELDS, FRAMES_PER_SECOND, Tracker};
use serde_json::{Map, Value};

fn main() -> anyhow::Result<()> {
    let mut input = BufReader::new(io::stdin().lock());
    let mut output = io::stdout().lock();
    while let Some([frames, first, bins]) = header(&mut input)? {
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
        let tonal = tracker.finish(frames as f64 / FRAMES_PER_SECOND);
        let names = FIELDS.iter().map(|field| field.name.to_owned());
        let row: Map<String, Value> = names
            .zip(tonal.values().iter().map(|v| serde_json::to_value(v).unwrap_or(Value::Null)))
            .collect();
        writeln!(output, "{}", Value::Object(row))?;
    }
    Ok(())
}

/// The three numbers before a track; `None` at the end of the input.
fn header(input: &mut impl Read) -> anyhow::Result<Option<[usize; 3]>> {
    let mut bytes = [0; 12];
    if input.read(&mut bytes[..1])? == 0 {
        return Ok(None);
    }
    input.read_exact(&mut bytes[1..])?;
    let number =
        |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
    Ok(Some([number(0) as usize, number(4) as usize, number(8) as usize]))
}
