//! What other programs read: names that try to break a format, grids, and rules.

mod lines;

use super::nsp::{NspError, Smart};
use super::*;
use crate::feature::Value;
use crate::store::TrackId;
use quick_xml::events::Event;
use serde_json::json;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

const HOSTILE: &str = "\"A\" & <B>\n'%41'\t\u{1}ü";

fn row(path: &[u8], more: &[(&'static str, Value)]) -> Row {
    let text = |text: &str| Value::Text(Some(text.into()));
    let mut columns = vec![
        ("title", text(HOSTILE)),
        ("codec", text("mp3")),
        ("audio_hash", text("00ff")),
        ("key", text("A minor")),
        ("metre", Value::Integer(Some(4))),
        ("true_peak_dbtp", Value::Real(Some(-6.0206))),
    ];
    columns.extend(more.iter().cloned());
    let path = PathBuf::from(OsStr::from_bytes(path));
    Row { file: FileId(7), track: Some(TrackId(3)), path, columns, answers: Vec::new() }
}

/// Beats at 120 BPM, the second of which begins a bar of four.
fn steady() -> Vec<(&'static str, Value)> {
    let beats: Vec<f64> = (0..9).map(|n| 0.25 + 0.5 * f64::from(n)).collect();
    vec![
        ("bpm", Value::Real(Some(120.0))),
        ("grid_bpm", Value::Real(Some(120.0))),
        ("grid_offset_s", Value::Real(Some(0.25))),
        ("downbeats", Value::Times(Some(vec![0.75, 2.75]))),
        ("beats", Value::Times(Some(beats))),
        ("mix_in_s", Value::Real(Some(0.75))),
    ]
}

fn written(mut format: impl Export, rows: &[Row], list: Option<&List>) -> String {
    let mut out = Vec::new();
    format.begin(rows.len(), &mut out).expect("memory");
    for row in rows.iter().filter(|row| format.takes(row)).collect::<Vec<_>>() {
        format.row(row, &mut out).expect("memory");
    }
    format.end(list, &mut out).expect("memory");
    String::from_utf8(out).expect("UTF-8")
}

/// Elements with their attributes, by a reader that fails on what is not well formed.
fn elements(xml: &str) -> Vec<(String, Vec<(String, String)>)> {
    let mut reader = quick_xml::Reader::from_str(xml);
    reader.config_mut().check_end_names = true;
    let mut found = Vec::new();
    loop {
        match reader.read_event().expect("well formed") {
            Event::Start(tag) | Event::Empty(tag) => {
                let attribute = |a: Result<quick_xml::events::attributes::Attribute<'_>, _>| {
                    let a = a.expect("well formed");
                    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                    let value = text(&a.value);
                    assert!(!value.contains(['\n', '\t', '<']), "raw in an attribute");
                    let value = quick_xml::escape::unescape(&value).expect("sound").into_owned();
                    (text(a.key.as_ref()), value)
                };
                let name = String::from_utf8_lossy(tag.name().as_ref()).into_owned();
                found.push((name, tag.attributes().map(attribute).collect()));
            }
            Event::Eof => return found,
            _ => {}
        }
    }
}

fn value(elements: &[(String, Vec<(String, String)>)], name: &str, attribute: &str) -> Vec<String> {
    let of = elements.iter().filter(|(found, _)| found == name);
    of.flat_map(|(_, all)| all.iter().filter(|(a, _)| a == attribute).map(|(_, v)| v.clone()))
        .collect()
}

#[test]
fn hostile_names_survive_rekordbox_and_keep_its_structure() {
    let row = row(b"/m/100% \"a\"&<b>\n\xFF#.mp3", &steady());
    let list = List { name: HOSTILE.into(), files: vec![(row.file, row.path.clone()); 2] };
    let xml = elements(&written(Rekordbox::default(), &[row], Some(&list)));
    let of = |name, attribute| value(&xml, name, attribute);
    assert_eq!(of("TRACK", "Name"), [HOSTILE.replace('\u{1}', "")]);
    assert_eq!(
        of("TRACK", "Location"),
        ["file://localhost/m/100%25%20%22a%22%26%3Cb%3E%0A%FF%23.mp3"]
    );
    assert_eq!(of("TRACK", "Tonality"), ["Am"]);
    assert_eq!(of("TRACK", "Key"), ["7", "7"], "the list names the track twice");
    assert_eq!(of("NODE", "Name"), ["ROOT".to_owned(), HOSTILE.replace('\u{1}', "")]);
    assert_eq!(of("COLLECTION", "Entries"), ["1"]);
    assert_eq!(of("POSITION_MARK", "Start"), ["0.750"]);
}

#[test]
fn a_grid_begins_at_its_beat_of_the_bar() {
    // The first beat lies one before the bar line: it is the fourth.
    let xml = elements(&written(Rekordbox::default(), &[row(b"/a.mp3", &steady())], None));
    let of = |attribute| value(&xml, "TEMPO", attribute);
    assert_eq!(
        (of("Inizio"), of("Bpm"), of("Battito")),
        (vec!["0.250".into()], vec!["120.00".into()], vec!["4".into()])
    );
    // What the user set, or folds to, is the tempo of the grid; its bars count from the first bar line.
    let mut halved = steady();
    halved[0].1 = Value::Real(Some(60.0));
    let xml = elements(&written(Rekordbox::default(), &[row(b"/a.mp3", &halved)], None));
    let of = |attribute| value(&xml, "TEMPO", attribute);
    assert_eq!(
        (of("Inizio"), of("Bpm"), of("Battito")),
        (vec!["0.750".into()], vec!["60.00".into()], vec!["1".into()])
    );
    // A tempo that wanders has a mark a bar: four beats in 2 s, then in 2.4 s.
    let beats = [0.0, 0.5, 1.0, 1.5, 2.0, 2.6, 3.2, 3.8, 4.4];
    let wandering = [
        ("bpm", Value::Real(Some(110.0))),
        ("beats", Value::Times(Some(beats.to_vec()))),
        ("downbeats", Value::Times(Some(vec![0.0, 2.0, 4.4]))),
    ];
    let xml = elements(&written(Rekordbox::default(), &[row(b"/a.mp3", &wandering)], None));
    assert_eq!(value(&xml, "TEMPO", "Bpm"), ["120.00", "100.00"]);
    let unknown = elements(&written(Rekordbox::default(), &[row(b"/a.mp3", &[])], None));
    assert!(
        value(&unknown, "TEMPO", "Bpm").is_empty()
            && value(&unknown, "TRACK", "AverageBpm").is_empty()
    );
}

#[test]
fn traktor_takes_paths_apart_and_leaves_out_what_xml_cannot_name() {
    let good = row(b"/m/x y/\"a\" & b.mp3", &steady());
    let bad = row(b"/m/\xFF.mp3", &steady());
    let list = List {
        name: "l".into(),
        files: vec![(good.file, good.path.clone()), (bad.file, bad.path.clone())],
    };
    let map = Map(Some(("/m".into(), "D:\\Music\\".into())));
    for (map, volume, dir) in
        [(Map::default(), "", "/:m/:x y/:"), (map.clone(), "D:", "/:Music/:x y/:")]
    {
        let xml = written(Traktor { map }, &[good.clone(), bad.clone()], Some(&list));
        let xml = elements(&xml);
        let of = |name, attribute| value(&xml, name, attribute);
        assert_eq!(of("LOCATION", "VOLUME"), [volume]);
        assert_eq!(of("LOCATION", "DIR"), [dir]);
        assert_eq!(of("LOCATION", "FILE"), ["\"a\" & b.mp3"]);
        assert_eq!(of("PRIMARYKEY", "KEY"), [format!("{volume}{dir}\"a\" & b.mp3")]);
        assert_eq!(of("MUSICAL_KEY", "VALUE"), ["21"], "A minor: 12 + 9");
        assert_eq!(of("CUE_V2", "TYPE"), ["4", "1"], "grid, fade-in");
        assert_eq!(of("CUE_V2", "START"), ["250.000000", "750.000000"], "milliseconds");
    }
    let xml = elements(&written(Rekordbox { map }, &[good], None));
    assert_eq!(
        value(&xml, "TRACK", "Location"),
        ["file://localhost/D:/Music/x%20y/%22a%22%20%26%20b.mp3"]
    );
}

#[test]
fn beets_has_whole_tempi_linear_peaks_and_any_path() {
    let line = written(Beets, &[row(b"/m/\xFF a\n.mp3", &steady())], None);
    assert_eq!(line.lines().count(), 1);
    let json: serde_json::Value = serde_json::from_str(&line).expect("JSON");
    assert_eq!(json["path"], "/m/%FF%20a%0A.mp3");
    assert_eq!(json["fields"]["bpm"], json!(120));
    assert_eq!(json["fields"]["initial_key"], "Am");
    let peak = json["fields"]["rg_track_peak"].as_f64().expect("a number");
    assert!((peak - 0.5).abs() < 1e-5, "-6.0206 dB is a half: {peak}");
    assert!(json["fields"].get("rg_album_gain").is_none(), "what is unknown is not there");
}

#[test]
fn acousticbrainz_has_essentias_names() {
    let score = ("acousticness", Value::Real(Some(0.2)));
    let chord = ("chord_most_common", Value::Text(Some("F#:min".into())));
    let row = row(b"/a.mp3", &[steady(), vec![score, chord]].concat());
    let document = AcousticBrainz::document(&row);
    assert_eq!(
        (&document["tonal"]["key_key"], &document["tonal"]["key_scale"]),
        (&json!("A"), &json!("minor"))
    );
    assert_eq!(
        (&document["tonal"]["chords_key"], &document["tonal"]["chords_scale"]),
        (&json!("F#"), &json!("minor"))
    );
    assert_eq!(document["rhythm"]["beats_count"], 9);
    assert_eq!(document["highlevel"]["mood_acoustic"]["value"], "not_acoustic");
    assert_eq!(document["highlevel"]["mood_acoustic"]["probability"], 0.8);
    assert_eq!(AcousticBrainz::name(&row), "00ff");
    let id = ("musicbrainz_recording_id", Value::Text(Some("../../etc/passwd".into())));
    assert_eq!(
        AcousticBrainz::name(&self::row(b"/a.mp3", &[id])),
        "00ff",
        "no path out of the folder"
    );
}

/// 2025-06-15 15:06:40 UTC.
const NOW: i64 = 1_750_000_000_000;

fn rules(query: &str) -> Result<serde_json::Value, NspError> {
    rules_as(query, &Smart::default())
}

fn rules_as(query: &str, list: &Smart) -> Result<serde_json::Value, NspError> {
    let filter = crate::query::parse(query, NOW).expect("a query");
    let text = nsp::write(&filter, list, NOW)?;
    Ok(serde_json::from_str(&text).expect("JSON"))
}

#[test]
fn rules_are_those_of_navidrome() {
    for (query, wanted) in [
        ("bpm:120..128", json!({"all": [{"gt": {"bpm": 119}}, {"lt": {"bpm": 129}}]})),
        ("year<2000", json!({"all": [{"lt": {"year": 2000}}]})),
        (
            "artist=\"A B\" or genre:house",
            json!({"any": [{"is": {"artist": "A B"}}, {"contains": {"genre": "house"}}]}),
        ),
        ("-genre:pop", json!({"all": [{"notContains": {"genre": "pop"}}]})),
        (
            "-(year<2000 or bpm>100.5)",
            json!({"all": [{"gt": {"year": 1999}}, {"lt": {"bpm": 101}}]}),
        ),
        (
            "-(year<2000 genre:pop)",
            json!({"any": [{"gt": {"year": 1999}}, {"notContains": {"genre": "pop"}}]}),
        ),
        ("added<30d", json!({"all": [{"inTheLast": {"dateadded": 30}}]})),
        ("added>2024", json!({"all": [{"after": {"dateadded": "2025-01-01"}}]})),
        ("bitrate>=320000", json!({"all": [{"gt": {"bitrate": 319}}]})),
        ("-bpm:120", json!({"all": [{"isNot": {"bpm": 120}}]})),
    ] {
        assert_eq!(rules(query).expect(query), wanted, "{query}");
    }
}

#[test]
fn what_navidrome_cannot_say_is_named() {
    for (query, part) in [
        ("energy>0.5", "`energy`"),
        ("year<2000 key~8A", "`key`"),
        ("has:genre", "whether it is known"),
        ("", "needs a rule"),
    ] {
        let error = rules(query).expect_err(query).to_string();
        assert!(error.contains(part), "{query}: {error}");
    }
}
