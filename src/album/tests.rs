use super::*;
use crate::audio::{PayloadHash, Tags};
use crate::feature::catalogue::Family;
use crate::feature::loudness::Meter;
use crate::feature::{Record, Value};
use crate::store::{FileFacts, Op, Options, Reply, Stamp, Store, TrackFacts};
use crate::units::{ChannelLayout, Hertz, StreamSpec};

/// A library of tones.
struct Library {
    _folder: tempfile::TempDir,
    store: Store,
    files: u64,
}

impl Library {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("library.db"), &Options::default()).unwrap();
        Self { _folder: folder, store, files: 0 }
    }

    /// A file of 5 s at a level that is also its recording's identity.
    fn add(&mut self, path: &str, level_db: f64, tags: Tags) -> FileId {
        self.files += 1;
        let stamp = Stamp { size: self.files, ..Stamp::default() };
        let file = FileFacts { path: path.into(), stamp, container: Some("wave".into()), tags };
        let op = Op::Analysed { file, track: track(level_db), records: vec![loudness(level_db)] };
        match self.store.writer().call(op).unwrap() {
            Reply::Stored { file, .. } => file,
            other => panic!("{other:?}"),
        }
    }

    fn gain(&self, file: FileId, path: &str) -> Gain {
        Gains::new(self.store.readers()).of_file(file, Path::new(path)).unwrap()
    }

    fn albums(&self) -> Vec<Album> {
        all(self.store.readers(), None).unwrap().map(Result::unwrap).collect()
    }
}

fn track(level_db: f64) -> TrackFacts {
    TrackFacts {
        payload: PayloadHash(*blake3::hash(&level_db.to_le_bytes()).as_bytes()),
        head: None,
        codec: "pcm_s16le".into(),
        lossless: true,
        bits_per_sample: Some(16),
        sample_rate_hz: 48_000,
        channels: 1,
        frames: 240_000,
        duration_s: 5.0,
        bitrate_bps: None,
        damaged_packets: 0,
        depth: crate::feature::Depth::Full,
    }
}

/// 997 Hz in one channel: 3.01 LU below the level of its peak (BS.1770).
fn loudness(level_db: f64) -> Record {
    let spec = StreamSpec {
        rate: Hertz::new(48_000).unwrap(),
        channels: ChannelLayout::front(1).unwrap(),
    };
    let amplitude = 10.0_f64.powf(level_db / 20.0);
    let sample =
        |i: u32| (amplitude * (std::f64::consts::TAU * 997.0 * f64::from(i) / 48e3).sin()) as f32;
    let mut meter = Meter::new(&spec);
    meter.push(&crate::audio::Chunk::from_planes(vec![(0..240_000).map(sample).collect()]));
    Record { family: Family::Loudness, values: meter.finish().values() }
}

fn tags(artist: &str, album: &str) -> Tags {
    Tags { artist: Some(artist.into()), album: Some(album.into()), ..Tags::default() }
}

#[track_caller]
fn near(value: Option<f64>, expected: f64) {
    let value = value.expect("defined");
    assert!((value - expected).abs() < 0.02, "{value} is not {expected}");
}

/// Two tones of the same length as one programme.
fn together(a: f64, b: f64) -> f64 {
    let power = |level: f64| 10.0_f64.powf((level - 3.01) / 10.0);
    10.0 * f64::midpoint(power(a), power(b)).log10()
}

#[test]
fn the_album_is_gated_as_one_programme() {
    let mut library = Library::new();
    let first = library.add("/m/1.wav", -10.0, tags("A", "X"));
    library.add("/m/2.wav", -16.0, tags("A", "X"));
    library.add("/m/3.wav", -60.0, tags("A", "X")); // below the relative gate
    let gain = library.gain(first, "/m/1.wav");
    near(gain.loudness_lufs, together(-10.0, -16.0));
    near(gain.replaygain_album_db(), -18.0 - together(-10.0, -16.0));
    near(gain.r128_album_gain_db(), -23.0 - together(-10.0, -16.0));
    near(gain.true_peak_dbtp, -10.0);
    assert_eq!((gain.tracks, gain.measured), (3, 3));
}

#[test]
fn files_added_retagged_and_removed_change_the_gain() {
    let mut library = Library::new();
    let first = library.add("/m/1.wav", -10.0, tags("A", "X"));
    near(library.gain(first, "/m/1.wav").loudness_lufs, -13.01);
    let second = library.add("/m/2.wav", -16.0, tags("A", "X"));
    near(library.gain(first, "/m/1.wav").loudness_lufs, together(-10.0, -16.0));
    library.add("/m/2.wav", -16.0, tags("A", "Y"));
    near(library.gain(first, "/m/1.wav").loudness_lufs, -13.01);
    near(library.gain(second, "/m/2.wav").loudness_lufs, -19.01);
    library.add("/m/2.wav", -16.0, tags("A", "X"));
    library.store.writer().call(Op::Missing(vec![second])).unwrap();
    near(library.gain(first, "/m/1.wav").loudness_lufs, -13.01);
}

#[test]
fn albums_are_told_apart_by_artist_and_put_together_over_discs() {
    let mut library = Library::new();
    library.add("/m/a/CD1/1.wav", -10.0, tags("A", "Best Of"));
    library.add("/m/a/CD2/1.wav", -11.0, tags(" a ", "best of"));
    library.add("/m/b/1.wav", -12.0, tags("B", "Best Of"));
    let featuring = |level: f64, artist: &str| {
        let album_artist = Some("Band".into());
        (level, Tags { album_artist, ..tags(artist, "Live") })
    };
    for (level, tags) in [featuring(-13.0, "Band"), featuring(-14.0, "Band feat. C")] {
        library.add(&format!("/m/live/{level}.wav"), level, tags);
    }
    for (level, artist) in [(-15.0, "D"), (-16.0, "E")] {
        let tags = Tags { compilation: Some(true), ..tags(artist, "Hits") };
        library.add(&format!("/m/hits/{level}.wav"), level, tags);
    }
    let found: Vec<_> =
        library.albums().into_iter().map(|a| (a.title, a.artist, a.files)).collect();
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(
        found,
        [
            (text("Best Of"), text("A"), 2),
            (text("Best Of"), text("B"), 1),
            (text("Hits"), None, 2),
            (text("Live"), text("Band"), 2),
        ]
    );
}

#[test]
fn without_tags_a_folder_is_an_album() {
    let mut library = Library::new();
    let bare = |level: f64| (level, Tags::default());
    let blank = Tags { album: Some("  ".into()), ..Tags::default() };
    let first = library.add("/m/x/cd 1/1.wav", -10.0, bare(-10.0).1);
    library.add("/m/x/cd 2/1.wav", -16.0, blank);
    library.add("/m/x/deeper/1.wav", -20.0, Tags::default());
    library.add("/m/x/tagged.wav", -30.0, tags("A", "X"));
    let gain = library.gain(first, "/m/x/cd 1/1.wav");
    near(gain.loudness_lufs, together(-10.0, -16.0));
    let folders: Vec<_> =
        library.albums().into_iter().filter_map(|a| Some((a.folder?, a.files))).collect();
    assert_eq!(folders, [("/m/x".into(), 2), ("/m/x/deeper".into(), 1)]);
}

#[test]
fn a_recording_in_two_files_counts_once_and_silence_has_no_gain() {
    let mut library = Library::new();
    let first = library.add("/m/1.wav", -10.0, tags("A", "X"));
    library.add("/copy/1.wav", -10.0, tags("A", "X"));
    let gain = library.gain(first, "/m/1.wav");
    assert_eq!((gain.tracks, gain.measured), (1, 1));
    near(gain.loudness_lufs, -13.01);
    let silent = library.add("/m/0.wav", -400.0, tags("A", "Silence"));
    let gain = library.gain(silent, "/m/0.wav");
    assert_eq!((gain.tracks, gain.measured, gain.loudness_lufs), (1, 1, None));
}

#[test]
fn what_an_older_version_measured_does_not_count() {
    let mut library = Library::new();
    let first = library.add("/m/1.wav", -10.0, tags("A", "X"));
    let stale = Op::Analysed {
        file: FileFacts { path: "/m/2.wav".into(), tags: tags("A", "X"), ..FileFacts::default() },
        track: track(-1.0),
        records: vec![],
    };
    library.store.writer().call(stale).unwrap();
    let gain = library.gain(first, "/m/1.wav");
    assert_eq!((gain.tracks, gain.measured), (2, 1));
    near(gain.loudness_lufs, -13.01);
    assert!(gain.values().iter().all(|(_, value)| *value != Value::Real(None)));
}
