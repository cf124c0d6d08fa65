//! Reads `beat.bin`.

use super::kernel::{CHANNELS, Row};
use super::{BLOCK_TAPS, BeatNet, Block, Layer, MEL_BANDS, ModelError, STEM_TAPS};
use serde::Deserialize;

const MAGIC: &[u8] = b"BEATNET1";
/// More would not be this network.
const MOST_BLOCKS: usize = 16;
const MOST_DILATION: usize = 1024;

#[derive(Deserialize)]
struct Header {
    tensors: Vec<Tensor>,
    dilations: Vec<usize>,
}

#[derive(Deserialize)]
struct Tensor {
    name: String,
    shape: Vec<usize>,
}

impl BeatNet {
    /// Parses the file: magic, length of the header (`u32`), JSON header, `f32` tensors in its order,
    /// all little endian; kernels are [tap, in, out].
    pub fn parse(file: &[u8]) -> Result<Self, ModelError> {
        let malformed = |reason: String| ModelError::Malformed { name: "beat", reason };
        let mut tensors = Tensors::open(file).map_err(malformed)?;
        tensors.network().map_err(malformed)
    }
}

/// The tensors that have not been taken yet.
struct Tensors<'a> {
    header: Header,
    next: usize,
    numbers: &'a [[u8; 4]],
}

impl<'a> Tensors<'a> {
    fn open(file: &'a [u8]) -> Result<Self, String> {
        let rest = file.strip_prefix(MAGIC).ok_or("no magic")?;
        let (length, rest) = rest.split_first_chunk::<4>().ok_or("no length")?;
        let length = u32::from_le_bytes(*length) as usize;
        let (header, numbers) = rest.split_at_checked(length).ok_or("a header without its end")?;
        let header: Header = serde_json::from_slice(header).map_err(|e| e.to_string())?;
        Ok(Self { header, next: 0, numbers: numbers.as_chunks().0 })
    }

    fn network(&mut self) -> Result<BeatNet, String> {
        let dilations = std::mem::take(&mut self.header.dilations);
        let sound = |d: &usize| (1..=MOST_DILATION).contains(d);
        if dilations.len() > MOST_BLOCKS || !dilations.iter().all(sound) {
            return Err(format!("dilations {dilations:?}"));
        }
        let stem = self.layer("stem", STEM_TAPS, 2 * MEL_BANDS)?;
        let block = |(number, &dilation): (usize, &usize)| {
            Ok(Block {
                dilation,
                wide: self.layer(&format!("block{number}.wide"), BLOCK_TAPS, CHANNELS)?,
                point: self.layer(&format!("block{number}.point"), 1, CHANNELS)?,
            })
        };
        let blocks = dilations.iter().enumerate().map(block).collect::<Result<_, String>>()?;
        let kernel = self.take("head.kernel", &[1, CHANNELS, 2])?;
        let bias = self.take("head.bias", &[2])?;
        if !self.numbers.is_empty() || self.next != self.header.tensors.len() {
            return Err("more than the network".to_owned());
        }
        let head = std::array::from_fn(|output| {
            let column: Vec<f32> = kernel.iter().skip(output).step_by(2).copied().collect();
            (rows(&column).first().copied().unwrap_or_default(), bias[output])
        });
        Ok(BeatNet { stem, blocks, head })
    }

    fn layer(&mut self, name: &str, taps: usize, inputs: usize) -> Result<Layer, String> {
        let kernel = rows(&self.take(&format!("{name}.kernel"), &[taps, inputs, CHANNELS])?);
        let bias = rows(&self.take(&format!("{name}.bias"), &[CHANNELS])?);
        Ok(Layer { kernel, bias: bias.first().copied().unwrap_or_default() })
    }

    /// The next tensor, which must have this name and shape and finite numbers.
    fn take(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>, String> {
        let tensor = self.header.tensors.get(self.next).ok_or_else(|| format!("no {name}"))?;
        if tensor.name != name || tensor.shape != shape {
            return Err(format!("{} {:?} for {name} {shape:?}", tensor.name, tensor.shape));
        }
        self.next += 1;
        let count = shape.iter().product();
        let (own, rest) =
            self.numbers.split_at_checked(count).ok_or_else(|| format!("{name} is cut off"))?;
        self.numbers = rest;
        let numbers: Vec<f32> = own.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
        if numbers.iter().all(|number| number.is_finite()) {
            Ok(numbers)
        } else {
            Err(format!("{name} is not finite"))
        }
    }
}

fn rows(numbers: &[f32]) -> Vec<Row> {
    let (lanes, _) = numbers.as_chunks();
    let (rows, _) = lanes.as_chunks();
    rows.to_vec()
}
