//! What mutagen, which shares no code with us, reads in files that we wrote.
//!
//! `tests/fixtures/tags/mutagen.json` has the hash of each file that it read and the texts it found.
//! When the bytes we write change, `cargo test write_for_mutagen -- --ignored` and then
//! `tests/fixtures/tags/read.py` make it anew; both say where.

use super::*;
use serde_json::Value;

const VALUES: [(Field, &str); 11] = [
    (Field::Bpm, "127.96"),
    (Field::Key, "8A"),
    (Field::TrackGain, "-7.23 dB"),
    (Field::TrackPeak, "1.059254"),
    (Field::AlbumGain, "-8.10 dB"),
    (Field::AlbumPeak, "1.122018"),
    (Field::R128Track, "-3456"),
    (Field::Energy, "7"),
    (Field::Valence, "0.25"),
    (Field::Mood, "fröhlich"),
    (Field::Comment, "8A - 127.96 - Energy 7"),
];

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tags")
}

fn written() -> Vec<(&'static str, Vec<u8>)> {
    let tag = |(name, old): (&'static str, Vec<u8>)| {
        let set =
            |tags: &mut dyn Holder| VALUES.iter().for_each(|(field, text)| tags.set(*field, text));
        (name, changed(&old, set).0)
    };
    let old = id3v2_of_version_3();
    // mutagen reads no RF64.
    let read = |(name, _): &(&str, Vec<u8>)| *name != "rf64";
    containers().into_iter().filter(read).chain([("id3v2.3", old)]).map(tag).collect()
}

fn id3v2_of_version_3() -> Vec<u8> {
    [&b"ID3\x03\0\0\0\0\0\x0d"[..], b"TIT2\0\0\0\x03\0\0\0Ti", &fixture("plain.mp3")].concat()
}

#[test]
fn mutagen_reads_what_was_written() {
    let golden = std::fs::read(folder().join("mutagen.json")).unwrap();
    let golden: Value = serde_json::from_slice(&golden).unwrap();
    for (name, file) in written() {
        let of_file = &golden[name];
        let hash = blake3::hash(&file).to_hex();
        assert_eq!(
            of_file["blake3"].as_str(),
            Some(hash.as_str()),
            "{name}: other bytes were read"
        );
        let texts = of_file["tags"].as_object().unwrap();
        for (field, text) in VALUES {
            let spelt: &[&str] = match (field, text) {
                // `tmpo` is a whole number.
                (Field::Bpm, _) => &["127.96", "128"],
                _ => &[text],
            };
            let found =
                texts.values().filter_map(Value::as_str).any(|found| spelt.contains(&found));
            assert!(found, "{name}: {field:?} {text} is not in {texts:?}");
        }
    }
}

#[test]
#[ignore = "a tool, not a test: writes the files that mutagen is to read"]
fn write_for_mutagen() {
    let out = std::env::temp_dir().join("phonolite-tagged");
    std::fs::create_dir_all(&out).unwrap();
    for (name, file) in written() {
        std::fs::write(out.join(name), file).unwrap();
    }
    println!("read.py {} > {}", out.display(), folder().join("mutagen.json").display());
}
