//! Every line of a track of which all is known, as the published formats have it: whatever is written otherwise,
//! in another unit or not at all, shows.

use super::*;

/// Four minutes of FLAC at 120 BPM in A minor; half of full scale at its peak.
fn full() -> Row {
    let text = |text: &str| Value::Text(Some(text.into()));
    let real = |number: f64| Value::Real(Some(number));
    let whole = |number: i64| Value::Integer(Some(number));
    let columns = vec![
        ("title", text("Song")),
        ("artist", text("Band")),
        ("album", text("Album")),
        ("album_artist", text("Bands")),
        ("composer", text("Bach")),
        ("grouping", text("Set")),
        ("genre", text("House")),
        ("comment", text("good")),
        ("label", text("Label")),
        ("year", whole(1999)),
        ("track_number", whole(3)),
        ("disc_number", whole(2)),
        ("size_bytes", whole(21_000_000)),
        ("container", text("flac")),
        ("codec", text("flac")),
        ("audio_hash", text("00ff")),
        ("musicbrainz_recording_id", text("01234567-89ab-cdef-0123-456789abcdef")),
        ("musicbrainz_release_id", text("release")),
        ("musicbrainz_artist_id", text("artist")),
        ("lossless", whole(1)),
        ("channels", whole(2)),
        ("sample_rate_hz", whole(44_100)),
        ("bitrate_bps", whole(700_499)),
        ("duration_s", real(240.4)),
        ("bpm", real(120.0)),
        ("grid_bpm", real(120.0)),
        ("grid_offset_s", real(0.25)),
        ("metre", whole(4)),
        ("beats", Value::Times(Some(vec![0.25, 0.75, 1.25]))),
        ("downbeats", Value::Times(Some(vec![0.75]))),
        ("mix_in_s", real(0.75)),
        ("mix_out_s", real(200.5)),
        ("key", text("A minor")),
        ("key_openkey", text("1m")),
        ("key_strength", real(0.75)),
        ("tuning_hz", real(441.0)),
        ("chord_most_common", text("C:maj")),
        ("loudness_lufs", real(-9.5)),
        ("loudness_range_lu", real(4.5)),
        ("true_peak_dbtp", real(-6.0206)),
        ("replaygain_track_db", real(-8.5)),
        ("replaygain_album_db", real(-8.25)),
        ("replaygain_album_peak_dbtp", real(0.0)),
        ("r128_track_gain_db", real(-13.5)),
        ("r128_album_gain_db", real(-13.25)),
        ("spectral_centroid_hz", real(1500.0)),
        ("spectral_centroid_sd_hz", real(20.0)),
        ("spectral_rolloff_hz", real(3000.0)),
        ("spectral_rolloff_sd_hz", real(30.0)),
        ("zero_crossing_rate", real(0.0625)),
        ("mfcc_mean", Value::Vector(Some(vec![-100.0, 2.5]))),
        ("danceability", real(0.75)),
        ("danceability_dfa", real(1.25)),
        ("onset_rate_hz", real(3.5)),
        ("energy", real(0.5)),
        ("valence", real(0.25)),
        ("acousticness", real(0.25)),
        ("instrumentalness", real(0.75)),
    ];
    let path = PathBuf::from("/m/A b/Song.flac");
    Row { file: FileId(7), track: Some(TrackId(3)), path, columns, answers: Vec::new() }
}

fn list(row: &Row) -> List {
    List { name: "Night".into(), files: vec![(row.file, row.path.clone())] }
}

/// "rekordbox XML format list" of AlphaTheta.
#[test]
fn of_rekordbox() {
    let row = full();
    let wanted = format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<DJ_PLAYLISTS Version="1.0.0">
<PRODUCT Name="phonolite" Version="{}" Company=""/>
<COLLECTION Entries="1">
<TRACK TrackID="7" Name="Song" Artist="Band" Composer="Bach" Album="Album" Grouping="Set" Genre="House" Kind="FLAC File" Size="21000000" TotalTime="240" DiscNumber="2" TrackNumber="3" Year="1999" AverageBpm="120.00" BitRate="700" SampleRate="44100" Comments="good" Location="file://localhost/m/A%20b/Song.flac" Tonality="Am" Label="Label">
<TEMPO Inizio="0.250" Bpm="120.00" Metro="4/4" Battito="4"/>
<POSITION_MARK Name="Mix in" Type="0" Start="0.750" Num="-1"/>
<POSITION_MARK Name="Mix out" Type="0" Start="200.500" Num="-1"/>
</TRACK>
</COLLECTION>
<PLAYLISTS>
<NODE Type="0" Name="ROOT" Count="1">
<NODE Name="Night" Type="1" KeyType="0" Entries="1">
<TRACK Key="7"/>
</NODE>
</NODE>
</PLAYLISTS>
</DJ_PLAYLISTS>
"#,
        env!("CARGO_PKG_VERSION")
    );
    let found = written(Rekordbox::default(), std::slice::from_ref(&row), Some(&list(&row)));
    assert_eq!(found, wanted);
}

/// As in the collections that Traktor Pro 3 writes.
#[test]
fn of_traktor() {
    let row = full();
    let uuid: String = blake3::hash(b"Night").to_hex().chars().take(32).collect();
    let wanted = format!(
        r#"<?xml version="1.0" encoding="UTF-8" standalone="no" ?>
<NML VERSION="19">
<HEAD COMPANY="www.native-instruments.com" PROGRAM="Traktor"></HEAD>
<COLLECTION ENTRIES="1">
<ENTRY TITLE="Song" ARTIST="Band"><LOCATION DIR="/:m/:A b/:" FILE="Song.flac" VOLUME=""></LOCATION>
<ALBUM TRACK="3" TITLE="Album"></ALBUM>
<INFO BITRATE="700499" GENRE="House" LABEL="Label" COMMENT="good" KEY="1m" PLAYTIME="240" PLAYTIME_FLOAT="240.400000" RELEASE_DATE="1999/1/1" FILESIZE="20507"></INFO>
<TEMPO BPM="120.000000" BPM_QUALITY="100.000000"></TEMPO>
<LOUDNESS PEAK_DB="-6.020600" PERCEIVED_DB="-9.500000" ANALYZED_DB="-9.500000"></LOUDNESS>
<MUSICAL_KEY VALUE="21"></MUSICAL_KEY>
<CUE_V2 NAME="AutoGrid" DISPL_ORDER="0" TYPE="4" START="250.000000" LEN="0.000000" REPEATS="-1" HOTCUE="-1"><GRID BPM="120.000000"></GRID></CUE_V2>
<CUE_V2 NAME="Mix in" DISPL_ORDER="0" TYPE="1" START="750.000000" LEN="0.000000" REPEATS="-1" HOTCUE="-1"></CUE_V2>
<CUE_V2 NAME="Mix out" DISPL_ORDER="0" TYPE="2" START="200500.000000" LEN="0.000000" REPEATS="-1" HOTCUE="-1"></CUE_V2>
</ENTRY>
</COLLECTION>
<SETS ENTRIES="0"></SETS>
<PLAYLISTS>
<NODE TYPE="FOLDER" NAME="$ROOT"><SUBNODES COUNT="1">
<NODE TYPE="PLAYLIST" NAME="Night"><PLAYLIST ENTRIES="1" TYPE="LIST" UUID="{uuid}">
<ENTRY><PRIMARYKEY TYPE="TRACK" KEY="/:m/:A b/:Song.flac"></PRIMARYKEY></ENTRY>
</PLAYLIST></NODE>
</SUBNODES></NODE></PLAYLISTS>
</NML>
"#
    );
    let found = written(Traktor::default(), std::slice::from_ref(&row), Some(&list(&row)));
    assert_eq!(found, wanted);
}

/// Fields of beets (`beets.library.Item`), R128 gains in steps of 1/256 dB.
#[test]
fn of_beets() {
    let wanted = json!({"path": "/m/A%20b/Song.flac", "fields": {
        "bpm": 120, "initial_key": "Am",
        "rg_track_gain": -8.5, "rg_track_peak": 0.5, "rg_album_gain": -8.25, "rg_album_peak": 1.0,
        "r128_track_gain": -3456, "r128_album_gain": -3392,
        "danceable": 0.75, "energy": 0.5, "valence": 0.25,
    }});
    let found: serde_json::Value =
        serde_json::from_str(&written(Beets, &[full()], None)).expect("JSON");
    assert_eq!(found, wanted);
}

/// Names of Essentia's music extractor, and of the classifiers of AcousticBrainz.
#[test]
fn of_acousticbrainz() {
    let version = json!({"software": "phonolite", "phonolite": env!("CARGO_PKG_VERSION")});
    let class = |all: serde_json::Value, value: &str| json!({"all": all, "value": value, "probability": 0.75, "version": version});
    let wanted = json!({
        "metadata": {
            "tags": {
                "title": ["Song"], "artist": ["Band"], "album": ["Album"], "albumartist": ["Bands"],
                "genre": ["House"], "date": ["1999"], "tracknumber": ["3"], "discnumber": ["2"],
                "musicbrainz_recordingid": ["01234567-89ab-cdef-0123-456789abcdef"],
                "musicbrainz_albumid": ["release"], "musicbrainz_artistid": ["artist"],
                "file_name": "Song.flac",
            },
            "audio_properties": {
                "length": 240.4, "sample_rate": 44100, "analysis_sample_rate": 22050,
                "number_channels": 2, "bit_rate": 700_499, "codec": "flac", "lossless": 1,
                "replay_gain": -8.5,
            },
            "version": version,
        },
        "lowlevel": {
            "spectral_centroid": {"mean": 1500.0, "var": 400.0},
            "spectral_rolloff": {"mean": 3000.0, "var": 900.0},
            "zerocrossingrate": {"mean": 0.0625},
            "mfcc": {"mean": [-100.0, 2.5]},
            "loudness_ebu128": {"integrated": -9.5, "loudness_range": 4.5},
        },
        "rhythm": {
            "bpm": 120.0, "beats_count": 3, "beats_position": [0.25, 0.75, 1.25],
            "danceability": 1.25, "onset_rate": 3.5,
        },
        "tonal": {
            "key_key": "A", "key_scale": "minor", "key_strength": 0.75,
            "chords_key": "C", "chords_scale": "major", "tuning_frequency": 441.0,
        },
        "highlevel": {
            "danceability": class(json!({"danceable": 0.75, "not_danceable": 0.25}), "danceable"),
            "mood_acoustic": class(json!({"acoustic": 0.25, "not_acoustic": 0.75}), "not_acoustic"),
            "voice_instrumental": class(json!({"instrumental": 0.75, "voice": 0.25}), "instrumental"),
        },
    });
    let row = full();
    assert_eq!(AcousticBrainz::document(&row), wanted);
    assert_eq!(AcousticBrainz::name(&row), "01234567-89ab-cdef-0123-456789abcdef");
}

/// Rules of Navidrome for each field that it shares with us, and what stands beside them.
#[test]
fn of_navidrome() {
    for (query, name) in [
        ("title=x", "title"),
        ("artist=x", "artist"),
        ("album=x", "album"),
        ("album_artist=x", "albumartist"),
        ("composer=x", "composer"),
        ("genre=x", "genre"),
        ("mood=x", "mood"),
        ("grouping=x", "grouping"),
        ("comment=x", "comment"),
        ("label=x", "recordlabel"),
        ("isrc=x", "isrc"),
    ] {
        assert_eq!(rules(query).expect(query), json!({"all": [{"is": {name: "x"}}]}), "{query}");
    }
    for (query, name) in [
        ("year:7", "year"),
        ("track_number:7", "tracknumber"),
        ("disc_number:7", "discnumber"),
        ("tag_bpm:7", "bpm"),
        ("channels:7", "channels"),
        ("bits_per_sample:7", "bitdepth"),
    ] {
        let wanted = json!({"all": [{"is": {name: 7}}]});
        let found = rules(query).expect(query);
        // A whole number may be asked for as a range that holds only it.
        let range = json!({"all": [{"gt": {name: 6}}, {"lt": {name: 8}}]});
        assert!(found == wanted || found == range, "{query}: {found}");
    }
    for (query, rule) in [
        ("added>30d", json!({"notInTheLast": {"dateadded": 30}})),
        ("added<2024-05-06", json!({"before": {"dateadded": "2024-05-06"}})),
        ("modified<7d", json!({"inTheLast": {"datemodified": 7}})),
        ("size>1000", json!({"gt": {"size": 1000}})),
        ("duration>=90", json!({"gt": {"duration": 89}})),
        ("-artist=x", json!({"isNot": {"artist": "x"}})),
    ] {
        assert_eq!(rules(query).expect(query), json!({"all": [rule]}), "{query}");
    }
    let list = Smart { name: Some("Night".into()), limit: Some(50) };
    assert_eq!(
        rules_as("genre=x", &list).expect("rules"),
        json!({"all": [{"is": {"genre": "x"}}], "name": "Night", "limit": 50, "sort": "random"})
    );
}
