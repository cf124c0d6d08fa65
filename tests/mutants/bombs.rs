//! Small files that claim to be huge, and files of holes that are.

use std::fs::{self, File};
use std::io::Write;

use phonolite::audio::Limits;

use crate::batch::{self, Fate};
use crate::boxes::{
    Tables, atom, claimed, element, fields, lpcm_entry, matroska, movie, plain_entry,
};
use crate::checksums::{self, page_len};
use crate::support::{Wave, aiff, fixture};
use crate::{alone, watch};

/// Processor seconds that a bomb may cost: what three minutes of sound take in a build for development
/// whose core is shared. What they claim would take an hour and more.
const CPU_S: f64 = 15.0;
/// Resident bytes that it may add.
const RESIDENT: u64 = 50 << 20;

/// Analyses one file of `bytes`, grown with a hole to `len`, and holds it to the bounds.
fn defuse(name: &str, bytes: &[u8], len: u64) -> Fate {
    defuse_within(name, bytes, len, RESIDENT)
}

fn defuse_within(name: &str, bytes: &[u8], len: u64, most: u64) -> Fate {
    let _alone = alone();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join(name);
    let mut file = File::create(&path).expect("made");
    file.write_all(bytes).expect("written");
    file.set_len(len.max(bytes.len() as u64)).expect("grown");
    drop(file);
    watch::forget_peak();
    let before = watch::resident();
    let mut fates = batch::run(folder.path(), 1, false);
    let grown = watch::peak_resident().saturating_sub(before);
    let fate = fates.remove(name).and_then(|mut all| all.pop()).expect("an outcome");
    eprintln!("{name}: {:.2} s, {} MB, {:?}", fate.cpu_s, grown >> 20, fate.outcome);
    assert!(!fate.is_defect(), "{name}: {:?}", fate.outcome);
    assert!(fate.cpu_s < CPU_S, "{name}: {} s of processor time", fate.cpu_s);
    assert!(grown < most, "{name}: {} MB more resident", grown >> 20);
    fate
}

fn defuse_small(name: &str, bytes: &[u8]) -> Fate {
    defuse(name, bytes, 0)
}

fn bytes_of(name: &str) -> Vec<u8> {
    fs::read(fixture(name)).expect("a fixture")
}

/// Something to be heard.
static SOUND: [u8; 40_000] = [1; 40_000];

const PLAIN: Wave = Wave { tag: 1, bits: 16, channels: 2, rate: 44_100 };

#[test]
fn flac_that_claims_days_is_analysed_for_what_it_has() {
    let flac = bytes_of("flac.flac");
    for frames in [1_000_000_000_u64, 10_000_000_000, 0xf_ffff_ffff] {
        let mut bomb = flac.clone();
        bomb[21] = bomb[21] & 0xf0 | (frames >> 32) as u8;
        bomb[22..26].copy_from_slice(&(frames as u32).to_be_bytes());
        assert_eq!(defuse_small(&format!("{frames}.flac"), &bomb).kind(), "analysed");
    }
}

#[test]
fn waves_that_claim_more_than_there_is_are_analysed_for_what_they_have() {
    let mut wave = PLAIN.file(&SOUND);
    for claim in [u32::MAX, u32::MAX - 8, i32::MAX as u32] {
        wave[40..44].copy_from_slice(&claim.to_le_bytes());
        defuse_small("huge.wav", &wave);
    }
    let mut large = PLAIN.rf64(&SOUND);
    for claim in [u64::MAX, i64::MAX as u64, 1 << 40] {
        large[28..36].copy_from_slice(&claim.to_le_bytes());
        defuse_small("huge.rf64", &large);
    }
}

#[test]
fn impossible_rates_and_channels_are_refused() {
    for (channels, rate) in [(255, 44_100), (65_535, 44_100), (2, 0), (2, 4_000_000_000), (0, 8000)]
    {
        let mut wave = PLAIN.file(&SOUND);
        wave[22..24].copy_from_slice(&u16::to_le_bytes(channels));
        wave[24..28].copy_from_slice(&u32::to_le_bytes(rate));
        for aligned in [false, true] {
            if aligned {
                wave[32..34].copy_from_slice(&channels.wrapping_mul(2).to_le_bytes());
            }
            let fate = defuse_small(&format!("{channels}-{rate}.wav"), &wave);
            assert_ne!(fate.kind(), "analysed", "{channels} channels at {rate} Hz");
        }
    }
    for rate in [[0; 10], [0xff; 10], [0x7f, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0]] {
        let mut file = aiff(2, 16, 44_100, None, &SOUND);
        file[28..38].copy_from_slice(&rate);
        assert_ne!(defuse_small("rate.aiff", &file).kind(), "analysed", "{rate:?}");
    }
}

#[test]
fn tags_that_claim_gigabytes_are_not_made_room_for() {
    let tag =
        |size: [u8; 4]| [b"ID3\x04\x00\x00".as_slice(), &size, &bytes_of("plain.mp3")].concat();
    assert_eq!(defuse_small("2gb.mp3", &tag([0x7f; 4])).kind(), "limit_exceeded");
    defuse_small("50mb.mp3", &tag([0x18, 0, 0, 0]));
    let mut flac = bytes_of("flac.flac");
    for (at, field) in [(46, u32::MAX.to_le_bytes()), (46, (64_u32 << 20).to_le_bytes())] {
        flac[at..at + 4].copy_from_slice(&field);
        defuse_small("comment.flac", &flac);
    }
    let mut ogg = bytes_of("vorbis.ogg");
    let comment = ogg.windows(7).position(|window| window == b"\x03vorbis").expect("there") + 7;
    for claim in [64_u32 << 20, u32::MAX] {
        ogg[comment..comment + 4].copy_from_slice(&claim.to_le_bytes());
        checksums::mend(&mut ogg);
        defuse_small("comment.ogg", &ogg);
    }
}

/// `count` samples of `size` bytes each, one behind the other, from `at`.
fn run_of(count: u32, size: u32, at: u32) -> Tables {
    Tables {
        stts: fields(&[0, 1, count, 1]),
        stsc: fields(&[0, 1, 1, count, 1]),
        stsz: fields(&[0, size, count]),
        stco: fields(&[0, 1, at]),
    }
}

#[test]
fn sample_tables_that_claim_billions_cost_nothing() {
    let data = atom(*b"mdat", &SOUND);
    for (name, size) in [("each.m4a", 0), ("same.m4a", 4), ("large.m4a", u32::MAX)] {
        let tables = run_of(u32::MAX, size, 600);
        defuse_small(name, &movie(&plain_entry(), &tables, &data));
    }
    let lpcm = movie(&lpcm_entry(u32::MAX), &run_of(1000, 4, 700), &data);
    assert_ne!(defuse_small("lpcm.mov", &lpcm).kind(), "analysed");
}

/// Sixteen thousand chunks that are all the same 40 kB: 640 MB of packets out of 100 kB.
#[test]
fn sample_tables_that_lead_in_a_circle_end() {
    let chunks = 16_384_u32;
    let mut tables = run_of(chunks * 10, 4000, 0);
    tables.stsc = fields(&[0, 1, 1, 10, 1]);
    let at = (movie(&plain_entry(), &tables, &[]).len() as u32) + chunks * 4 + 8;
    tables.stco = [fields(&[0, chunks]), fields(&vec![at; chunks as usize])].concat();
    defuse_small("circle.m4a", &movie(&plain_entry(), &tables, &atom(*b"mdat", &SOUND)));
}

#[test]
fn fragments_that_claim_billions_cost_nothing() {
    let tables = Tables {
        stts: fields(&[0, 0]),
        stsc: fields(&[0, 0]),
        stsz: fields(&[0, 0, 0]),
        stco: fields(&[0, 0]),
    };
    let tfhd = atom(*b"tfhd", &fields(&[0x02_0000, 1]));
    let runs = atom(*b"trun", &fields(&[0, u32::MAX])).repeat(200);
    let traf = atom(*b"traf", &[tfhd, runs].concat());
    let moof = atom(*b"moof", &[atom(*b"mfhd", &fields(&[0, 1])), traf].concat());
    let tail = [moof, atom(*b"mdat", &SOUND)].concat();
    defuse_small("fragments.mp4", &movie(&plain_entry(), &tables, &tail));
}

#[test]
fn a_packet_table_that_claims_more_than_there_is_is_not_made_room_for() {
    let caf = bytes_of("alac.caf");
    let table = caf.windows(4).position(|window| window == b"pakt").expect("there") + 12;
    for claim in [u64::MAX >> 1, 1 << 40, u64::from(u32::MAX)] {
        let mut bomb = caf.clone();
        bomb[table..table + 8].copy_from_slice(&claim.to_be_bytes());
        defuse_small("table.caf", &bomb);
        // Behind the file a hole of zeros, each of them an entry.
        defuse("hole.caf", &bomb, 200 << 20);
    }
    let mut packets = crate::support::caf(2, 16, 44_100, *b"lpcm", 0, &[1; 4000]);
    packets[40..44].copy_from_slice(&u32::MAX.to_be_bytes());
    assert_ne!(defuse_small("packets.caf", &packets).kind(), "analysed");
}

#[test]
fn clusters_without_end_end() {
    const UNKNOWN: &[u8] = b"\x01\xff\xff\xff\xff\xff\xff\xff";
    let block = element(b"\xa3", &[&[0x81, 0, 0, 0x80], [1_u8; 400].as_slice()].concat());
    let cluster = [element(b"\xe7", &[0]), block].concat();
    let endless = claimed(b"\x1f\x43\xb6\x75", UNKNOWN, &cluster);
    defuse_small("clusters.mka", &matroska(&endless.repeat(100)));
    let nested = claimed(b"\x1f\x43\xb6\x75", UNKNOWN, &[]).repeat(20_000);
    defuse_small("nested.mka", &matroska(&nested));
    let empty = claimed(b"\xa3", b"\x84", &[0x81, 0, 0, 0x80]).repeat(50_000);
    defuse_small("empty.mka", &matroska(&claimed(b"\x1f\x43\xb6\x75", UNKNOWN, &empty)));
}

/// A block of two gigabytes is really there, as a hole: only a limit keeps it out of memory.
#[test]
fn packets_of_gigabytes_are_not_read_into_memory() {
    let large = claimed(b"\xa3", b"\x08\x7f\xff\xff\xff", &[0x81, 0, 0, 0x80]);
    let cluster = claimed(b"\x1f\x43\xb6\x75", b"\x01\xff\xff\xff\xff\xff\xff\xff", &large);
    defuse("block.mka", &matroska(&cluster), 3 << 30);
    let tables = run_of(4, 1 << 30, 700);
    defuse("sample.m4a", &movie(&plain_entry(), &tables, &atom(*b"mdat", &[])), 5 << 30);
}

/// Texts in the headers are held as tags are, up to `Limits::tag_bytes`, in a buffer that doubles.
#[test]
fn texts_of_gigabytes_are_held_up_to_the_limit_of_tags() {
    let mut wave = PLAIN.file(&[]);
    wave.splice(12..12, b"LIST\x00\x00\x00\x70INFOINAM\xf0\xff\xff\x6f".iter().copied());
    defuse_within("list.wav", &wave, 2 << 30, 3 * Limits::default().tag_bytes);
}

#[test]
fn pages_that_repeat_end() {
    let ogg = bytes_of("vorbis.ogg");
    let mut at = 0;
    let mut pages = Vec::new();
    while let Some(len) = page_len(&ogg[at..]) {
        pages.push(&ogg[at..at + len]);
        at += len;
    }
    let (head, sound) = pages.split_at(2);
    let circle = [head.concat(), sound[..1].concat().repeat(200)].concat();
    defuse_small("page.ogg", &circle);
    defuse_small("chain.ogg", &head.concat().repeat(100));
}

/// Time stamps ten seconds apart are bridged with silence, but not for days on end.
#[test]
fn holes_in_time_do_not_become_days_of_silence() {
    let ogg = bytes_of("vorbis.ogg");
    let first = page_len(&ogg).expect("a page");
    let second = first + page_len(&ogg[first..]).expect("a page");
    let third = second + page_len(&ogg[second..]).expect("a page");
    let (head, page) = (&ogg[..second], &ogg[second..third]);
    let mut bomb = head.to_vec();
    for number in 0..2000_u32 {
        let mut page = page.to_vec();
        page[6..14].copy_from_slice(&(u64::from(number) * 440_000).to_le_bytes());
        page[18..22].copy_from_slice(&(number + 2).to_le_bytes());
        bomb.extend(page);
    }
    checksums::mend(&mut bomb);
    defuse_small("holes.ogg", &bomb);
}

/// Zeros behind a sound file are skipped, not searched again and again.
#[test]
fn holes_behind_the_sound_are_passed_over() {
    for name in ["plain.mp3", "adts.aac", "flac.flac", "vorbis.ogg", "vorbis.mka", "aac.m4a"] {
        defuse(name, &bytes_of(name), 100 << 20);
    }
    assert_eq!(defuse("zeros.mp3", &[], 1 << 30).kind(), "unsupported_format");
}
