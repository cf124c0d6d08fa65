//! The smallest files of the containers whose lies are told by hand.

/// A box of MP4: size, name, body.
pub(crate) fn atom(name: [u8; 4], body: &[u8]) -> Vec<u8> {
    [&(body.len() as u32 + 8).to_be_bytes(), name.as_slice(), body].concat()
}

/// Big-endian 32-bit fields.
pub(crate) fn fields(values: &[u32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_be_bytes()).collect()
}

/// The sample tables of a track, each without its header.
pub(crate) struct Tables {
    pub(crate) stts: Vec<u8>,
    pub(crate) stsc: Vec<u8>,
    pub(crate) stsz: Vec<u8>,
    pub(crate) stco: Vec<u8>,
}

/// An MP4 with one track of `entry` and these tables, then `tail`.
pub(crate) fn movie(entry: &[u8], tables: &Tables, tail: &[u8]) -> Vec<u8> {
    let stbl = [
        atom(*b"stsd", &[fields(&[0, 1]), entry.to_vec()].concat()),
        atom(*b"stts", &tables.stts),
        atom(*b"stsc", &tables.stsc),
        atom(*b"stsz", &tables.stsz),
        atom(*b"stco", &tables.stco),
    ]
    .concat();
    let minf = [atom(*b"smhd", &[0; 8]), atom(*b"stbl", &stbl)].concat();
    let mut tkhd = fields(&[1, 0, 0, 1, 0, 1000]);
    tkhd.resize(84, 0);
    let mut mvhd = fields(&[0, 0, 0, 1000, 1000, 0x10000]);
    mvhd.resize(100, 0);
    let hdlr = [fields(&[0, 0]), b"soun".to_vec(), vec![0; 13]].concat();
    let mdhd = fields(&[0, 0, 0, 44_100, 44_100, 0]);
    let mdia = [atom(*b"mdhd", &mdhd), atom(*b"hdlr", &hdlr), atom(*b"minf", &minf)].concat();
    let trak = [atom(*b"tkhd", &tkhd), atom(*b"mdia", &mdia)].concat();
    let trex = fields(&[0, 1, 1, 1, 4, 0]);
    let moov =
        [atom(*b"mvhd", &mvhd), atom(*b"trak", &trak), atom(*b"mvex", &atom(*b"trex", &trex))]
            .concat();
    let ftyp = atom(*b"ftyp", b"M4A \x00\x00\x02\x00isomM4A ");
    [ftyp, atom(*b"moov", &moov), tail.to_vec()].concat()
}

/// A sample entry of plain 16-bit stereo at 44.1 kHz.
pub(crate) fn plain_entry() -> Vec<u8> {
    let body =
        [&[0; 6], [0, 1].as_slice(), &[0; 8], &[0, 2, 0, 16, 0, 0, 0, 0], &[0xac, 0x44, 0, 0]];
    atom(*b"sowt", &body.concat())
}

/// A sample entry of `QuickTime` version 2: LPCM, packets of `frames` frames.
pub(crate) fn lpcm_entry(frames: u32) -> Vec<u8> {
    let head = [[0; 6].as_slice(), &[0, 1], &[0, 2], &[0; 6], &[0, 3, 0, 16, 0xff, 0xfe, 0, 0]];
    let rate = [fields(&[0x10000, 72]), 44_100.0_f64.to_be_bytes().to_vec()].concat();
    let tail = [rate, fields(&[2, 0x7f00_0000, 16, 12, 4, frames])].concat();
    atom(*b"lpcm", &[head.concat(), tail].concat())
}

/// An EBML element with a size of eight bytes.
pub(crate) fn element(id: &[u8], body: &[u8]) -> Vec<u8> {
    [id, &[1], &(body.len() as u64).to_be_bytes()[1..], body].concat()
}

/// The same with a size of one byte, claimed.
pub(crate) fn claimed(id: &[u8], size: &[u8], body: &[u8]) -> Vec<u8> {
    [id, size, body].concat()
}

/// A Matroska file of 16-bit PCM, mono, 8 kHz, with these clusters.
pub(crate) fn matroska(clusters: &[u8]) -> Vec<u8> {
    let head = element(b"\x1a\x45\xdf\xa3", &element(b"\x42\x82", b"matroska"));
    let info = [
        element(b"\x2a\xd7\xb1", &[0x0f, 0x42, 0x40]),
        element(b"\x4d\x80", b"by hand"),
        element(b"\x57\x41", b"by hand"),
    ];
    let info = element(b"\x15\x49\xa9\x66", &info.concat());
    let rate = element(b"\xb5", &8000.0_f32.to_be_bytes());
    let audio = [rate, element(b"\x9f", &[1]), element(b"\x62\x64", &[16])].concat();
    let entry = [
        element(b"\xd7", &[1]),
        element(b"\x73\xc5", &[1]),
        element(b"\x83", &[2]),
        element(b"\x86", b"A_PCM/INT/LIT"),
        element(b"\xe1", &audio),
    ];
    let tracks = element(b"\x16\x54\xae\x6b", &element(b"\xae", &entry.concat()));
    let unknown = b"\x01\xff\xff\xff\xff\xff\xff\xff";
    let segment =
        claimed(b"\x18\x53\x80\x67", unknown, &[info, tracks, clusters.to_vec()].concat());
    [head, segment].concat()
}
