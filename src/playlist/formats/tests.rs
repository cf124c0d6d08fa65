//! Playlists that other programs write and read.

use super::*;
use proptest::prelude::*;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

fn item(path: impl AsRef<[u8]>) -> Item {
    Item {
        path: PathBuf::from(OsStr::from_bytes(path.as_ref())),
        title: Some("Tïtle & <co>".into()),
        artist: Some("A, \"B\"".into()),
        album: None,
        duration_s: Some(215.4),
    }
}

fn written(items: &[Item], format: Format, writing: &Writing) -> Vec<u8> {
    let mut out = Vec::new();
    write(items, format, writing, &mut out).expect("memory");
    out
}

fn first_paths(bytes: &[u8], format: Format, base: &str) -> Vec<PathBuf> {
    let entries = read(bytes, format, Path::new(base)).expect("sound");
    entries.into_iter().map(|entry| entry.paths.into_iter().next().unwrap_or_default()).collect()
}

#[test]
fn m3u8_is_what_players_expect() {
    let text = written(&[item("/m/a b.mp3")], Format::M3u8, &Writing::default());
    let text = String::from_utf8(text).unwrap();
    assert_eq!(text, "#EXTM3U\n#EXTINF:215,A, \"B\" - Tïtle & <co>\n/m/a b.mp3\n");
}

#[test]
fn relative_paths_count_from_the_playlist() {
    let writing = Writing { style: Style::Relative, base: "/m/lists".into(), ..Writing::default() };
    let text = written(&[item("/m/x/a.mp3"), item("/other/b.mp3")], Format::M3u8, &writing);
    let text = String::from_utf8(text).unwrap();
    assert!(text.contains("\n../x/a.mp3\n") && text.contains("\n/other/b.mp3\n"), "{text}");
    assert_eq!(
        first_paths(text.as_bytes(), Format::M3u8, "/m/lists"),
        [Path::new("/m/x/a.mp3"), Path::new("/other/b.mp3")]
    );
}

#[test]
fn a_library_can_be_mapped_to_where_the_player_sees_it() {
    let map = Some((PathBuf::from("/m"), "D:\\Music".to_owned()));
    let writing = Writing { map, ..Writing::default() };
    let text = String::from_utf8(written(&[item("/m/x/a.mp3")], Format::M3u8, &writing)).unwrap();
    assert!(text.ends_with("\nD:\\Music\\x\\a.mp3\n"), "{text}");
    let xspf = String::from_utf8(written(&[item("/m/x/a b.mp3")], Format::Xspf, &writing)).unwrap();
    assert!(xspf.contains("<location>file:///D%3A/Music/x/a%20b.mp3</location>"), "{xspf}");
}

#[test]
fn what_other_systems_write_is_understood() {
    let dos = b"\xEF\xBB\xBF#EXTM3U\r\n\r\n#EXTINF:1,x\r\nx\\a.mp3\r\nhttp://radio/x\r\n";
    let entries = read(dos, Format::M3u8, Path::new("/m")).unwrap();
    assert_eq!(entries.len(), 2);
    assert!(entries[0].paths.contains(&PathBuf::from("/m/x/a.mp3")), "{entries:?}");
    assert!(entries[1].paths.is_empty(), "no local file");
    let latin = read(b"/m/Bj\xF6rk.mp3\n", Format::M3u8, Path::new("/")).unwrap();
    assert!(latin[0].paths.contains(&PathBuf::from("/m/Björk.mp3")), "{latin:?}");
    for url in ["file:///m/a%20b.mp3", "file://localhost/m/a%20b.mp3", "file:/m/a%20b.mp3"] {
        assert_eq!(
            first_paths(url.as_bytes(), Format::M3u8, "/"),
            [Path::new("/m/a b.mp3")],
            "{url}"
        );
    }
    let wide = "\u{FEFF}#EXTM3U\r\n/m/Bj\u{F6}rk.mp3\r\n".encode_utf16();
    for bytes in [
        wide.clone().flat_map(u16::to_le_bytes).collect::<Vec<_>>(),
        wide.flat_map(u16::to_be_bytes).collect(),
    ] {
        assert_eq!(first_paths(&bytes, Format::M3u8, "/"), [Path::new("/m/Björk.mp3")]);
    }
    let drive = read(b"C:\\Music\\a.mp3", Format::M3u8, Path::new("/m")).unwrap();
    assert!(!drive[0].paths.is_empty(), "a drive is no scheme");
    let signs = first_paths(b"file:///m/%+5%4%zz%41.mp3", Format::M3u8, "/");
    assert_eq!(signs, [Path::new("/m/%+5%4%zzA.mp3")], "what is no code stands for itself");
}

#[test]
fn pls_is_read_by_number() {
    let pls = b"[playlist]\r\nFile2=/b.mp3\r\nTitle2=x\r\nFile1=/a.mp3\r\nNumberOfEntries=2\r\n";
    assert_eq!(first_paths(pls, Format::Pls, "/"), [Path::new("/a.mp3"), Path::new("/b.mp3")]);
}

#[test]
fn xspf_of_other_programs_is_read() {
    let xspf = br#"<?xml version="1.0"?><playlist version="1" xmlns="http://xspf.org/ns/0/"><location>http://here</location>
      <trackList><track><title>x</title><location>file:///m/a%26b.mp3</location><location>file:///second</location></track>
      <track><location><![CDATA[c.mp3]]></location></track><track><location>a&amp;b.mp3</location></track></trackList></playlist>"#;
    let wanted = ["/m/a&b.mp3", "/m/c.mp3", "/m/a&b.mp3"].map(PathBuf::from);
    assert_eq!(first_paths(xspf, Format::Xspf, "/m"), wanted);
}

#[test]
fn what_is_not_of_its_format_is_refused_with_its_place() {
    let cases: [(&[u8], Format, &str); 8] = [
        (b"<playlist><trackList><track><location>x", Format::Xspf, "too early"),
        (b"<playlist><trackList></wrong>", Format::Xspf, "XSPF"),
        (b"", Format::Xspf, "<playlist> is missing"),
        (b"{\"playlist\": 3}", Format::Jspf, "playlist.track"),
        (b"{", Format::Json, "not JSON"),
        (b"{\"a\":1}", Format::Json, "tracks"),
        (b"a,b\n1,2\n", Format::Csv, "path"),
        (b"path\n\"x", Format::Csv, "never closed"),
    ];
    for (bytes, format, part) in cases {
        let error = read(bytes, format, Path::new("/")).expect_err(part).to_string();
        assert!(error.contains(part), "{error}");
    }
}

proptest! {
    /// Any path a file system may hold comes back from every format that is written.
    #[test]
    fn any_path_survives_the_round_trip(
        name in prop::collection::vec(any::<u8>().prop_filter("no path", |b| *b != 0 && *b != b'/'), 1..20),
        relative in any::<bool>(),
    ) {
        prop_assume!(name != b"." && name != b"..");
        let path = PathBuf::from(OsStr::from_bytes(&[b"/m/x/", name.as_slice()].concat()));
        let style = if relative { Style::Relative } else { Style::Absolute };
        let writing = Writing { style, base: "/m/lists".into(), ..Writing::default() };
        for format in Format::ALL {
            let bytes = written(&[item(path.as_os_str().as_bytes())], format, &writing);
            let entries = read(&bytes, format, Path::new("/m/lists")).expect("our own");
            prop_assert_eq!(entries.len(), 1, "{:?}", format);
            prop_assert!(entries[0].paths.contains(&path), "{:?} {:?}", format, entries);
        }
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        for format in Format::ALL {
            let _ = read(&bytes, format, Path::new("/m"));
        }
    }
}
