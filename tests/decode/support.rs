//! Writers of a few lines, and a reader for whole files.

use std::fs::File;
use std::io::Write;
use std::path::PathBuf;

use phonolite::audio::{self, Chunk, Format, Identity, Limits, Opened, SourceError, Summary};

pub(crate) fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

pub(crate) fn file_of(bytes: &[u8]) -> File {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file
}

pub(crate) struct Whole {
    pub(crate) planes: Vec<Vec<f32>>,
    pub(crate) rate: u32,
    pub(crate) format: Format,
    pub(crate) summary: Summary,
}

pub(crate) fn decode_with(file: File, limits: &Limits, step: usize) -> Result<Whole, SourceError> {
    let mut source = audio::from_file(file, limits)?;
    let count = source.spec().channels.count();
    let mut planes = vec![Vec::new(); count];
    let mut chunk = Chunk::with_capacity(count, step);
    while source.fill(&mut chunk, step)? > 0 {
        assert!(chunk.frames() <= step);
        planes.iter_mut().zip(chunk.planes()).for_each(|(all, part)| all.extend(part));
        chunk.reset(count);
    }
    let (rate, format) = (source.spec().rate.get(), source.format().clone());
    let summary = source.finish()?;
    assert_eq!(summary.frames, planes[0].len() as u64);
    Ok(Whole { planes, rate, format, summary })
}

pub(crate) fn decode(bytes: &[u8]) -> Result<Whole, SourceError> {
    decode_with(file_of(bytes), &Limits::default(), 4096)
}

pub(crate) fn decode_fixture(name: &str) -> Whole {
    decode_with(File::open(fixture(name)).unwrap(), &Limits::default(), 4096).unwrap()
}

pub(crate) fn identify(bytes: &[u8]) -> Identity {
    Opened::from_file(file_of(bytes), &Limits::default()).unwrap().identify().unwrap()
}

/// A RIFF chunk.
pub(crate) fn riff(id: [u8; 4], body: &[u8]) -> Vec<u8> {
    let pad = [0_u8].get(..body.len() % 2).unwrap();
    [&id[..], &(body.len() as u32).to_le_bytes(), body, pad].concat()
}

/// An IFF chunk.
pub(crate) fn iff(id: [u8; 4], body: &[u8]) -> Vec<u8> {
    let pad = [0_u8].get(..body.len() % 2).unwrap();
    [&id[..], &(body.len() as u32).to_be_bytes(), body, pad].concat()
}

#[derive(Clone, Copy)]
pub(crate) struct Wave {
    pub(crate) tag: u16,
    pub(crate) bits: u16,
    pub(crate) channels: u16,
    pub(crate) rate: u32,
}

impl Wave {
    fn format(self) -> Vec<u8> {
        let frame = self.channels * self.bits / 8;
        let mut body = Vec::new();
        let extensible = self.channels > 2 || self.bits > 16 && self.tag == 1;
        body.extend(if extensible { 0xfffe } else { self.tag }.to_le_bytes());
        body.extend(self.channels.to_le_bytes());
        body.extend(self.rate.to_le_bytes());
        body.extend((self.rate * u32::from(frame)).to_le_bytes());
        body.extend(frame.to_le_bytes());
        body.extend(self.bits.to_le_bytes());
        if extensible {
            // The rest of WAVEFORMATEXTENSIBLE.
            body.extend(22_u16.to_le_bytes());
            body.extend(self.bits.to_le_bytes());
            let mask = if self.channels == 6 { 0x3f } else { (1_u32 << self.channels) - 1 };
            body.extend(mask.to_le_bytes());
            body.extend(self.tag.to_le_bytes());
            body.extend(*b"\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71");
        }
        if !extensible && self.tag != 1 {
            body.extend(0_u16.to_le_bytes());
        }
        riff(*b"fmt ", &body)
    }

    pub(crate) fn with_chunks(self, data: &[u8], before: &[u8], behind: &[u8]) -> Vec<u8> {
        let body = [b"WAVE".as_slice(), &self.format(), before, &riff(*b"data", data), behind];
        riff(*b"RIFF", &body.concat())
    }

    pub(crate) fn file(self, data: &[u8]) -> Vec<u8> {
        self.with_chunks(data, &[], &[])
    }

    /// RF64: the sizes stand in a chunk of their own (EBU Tech 3306).
    pub(crate) fn rf64(self, data: &[u8]) -> Vec<u8> {
        let mut sizes = Vec::new();
        for size in [0_u64, data.len() as u64, 0] {
            sizes.extend(size.to_le_bytes());
        }
        sizes.extend(0_u32.to_le_bytes());
        let mut file = b"RF64\xff\xff\xff\xffWAVE".to_vec();
        file.extend(riff(*b"ds64", &sizes));
        file.extend(self.format());
        file.extend(*b"data\xff\xff\xff\xff");
        file.extend(data);
        file
    }
}

/// Rate as an 80-bit extended float, as AIFF has it.
fn extended(rate: u32) -> [u8; 10] {
    let shift = rate.leading_zeros();
    let mut bytes = [0; 10];
    bytes[..2].copy_from_slice(&(16_383 + 31 - shift as u16).to_be_bytes());
    bytes[2..6].copy_from_slice(&(rate << shift).to_be_bytes());
    bytes
}

pub(crate) fn aiff(
    channels: u16,
    bits: u16,
    rate: u32,
    kind: Option<&[u8; 4]>,
    data: &[u8],
) -> Vec<u8> {
    let frames = data.len() as u32 / u32::from(channels * bits / 8);
    let mut common =
        [&channels.to_be_bytes()[..], &frames.to_be_bytes(), &bits.to_be_bytes()].concat();
    common.extend(extended(rate));
    if let Some(kind) = kind {
        common.extend([kind.as_slice(), &[0, 0]].concat());
    }
    let sound = iff(*b"SSND", &[&[0; 8], data].concat());
    let form: &[u8] = if kind.is_some() { b"AIFC" } else { b"AIFF" };
    iff(*b"FORM", &[form, &iff(*b"COMM", &common), &sound].concat())
}

pub(crate) fn caf(
    channels: u32,
    bits: u32,
    rate: u32,
    kind: [u8; 4],
    flags: u32,
    data: &[u8],
) -> Vec<u8> {
    let mut file = b"caff\x00\x01\x00\x00".to_vec();
    let frame = channels * bits / 8;
    let mut chunk = |id: &[u8; 4], body: &[u8]| {
        file.extend(id);
        file.extend((body.len() as u64).to_be_bytes());
        file.extend(body);
    };
    let mut desc = f64::from(rate).to_be_bytes().to_vec();
    desc.extend(kind);
    for field in [flags, frame, 1, channels, bits] {
        desc.extend(field.to_be_bytes());
    }
    chunk(b"desc", &desc);
    chunk(b"data", &[&[0; 4], data].concat());
    file
}
