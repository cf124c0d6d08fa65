//! What should stand in the tags of a file.

use super::field::Field;
use crate::album::{Gain, Gains};
use crate::audio::PayloadHash;
use crate::feature::Value;
use crate::feature::loudness::{r128_gain_db, replaygain_db};
use crate::feature::tonal::Key;
use crate::store::{
    Cells, Column, FileId, ModelAnswer, Readers, StoreError, TrackId, TrackLoudness,
};
use crate::units::BpmRange;
use std::path::PathBuf;

/// How keys are spelt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeyFormat {
    /// C, F#m.
    #[default]
    Standard,
    /// 8B, 11A.
    Camelot,
    /// 1d, 4m.
    OpenKey,
}

/// How tempi are spelt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BpmFormat {
    /// Whole beats per minute, as `ID3v2` defines it.
    #[default]
    Int,
    /// Two decimals.
    Decimal,
}

/// Which gains an Opus file gets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OpusGain {
    /// Those of RFC 7845.
    #[default]
    R128,
    /// Those of other formats.
    ReplayGain,
    /// Both.
    Both,
}

/// How values are written.
#[derive(Clone, Copy, Debug, Default)]
pub struct Style {
    /// Keys.
    pub key: KeyFormat,
    /// Tempi.
    pub bpm: BpmFormat,
    /// Gains in Opus.
    pub opus: OpusGain,
    /// Tempi are folded by octaves into this range.
    pub bpm_range: Option<BpmRange>,
}

/// Columns that are read of every file.
const COLUMNS: [&str; 8] = [
    "audio_hash",
    "key",
    "bpm",
    "energy",
    "danceability",
    "valence",
    "acousticness",
    "instrumentalness",
];

/// A file of the library and what was heard in it.
#[derive(Clone, Debug)]
pub struct Subject {
    /// Its row.
    pub file: FileId,
    /// Its track.
    pub track: TrackId,
    /// Where it lies, as the library knows it.
    pub path: PathBuf,
    /// Its sound.
    pub payload: PayloadHash,
    key: Option<Key>,
    /// Tempo, energy, danceability, valence, acousticness, instrumentalness.
    numbers: [Option<f64>; 6],
    loudness: Option<TrackLoudness>,
    album: Option<Gain>,
    mood: Option<String>,
}

impl Subject {
    /// What the library knows of files, in their order. Files that were never analysed are left out.
    pub fn of_files<'a>(
        readers: &'a Readers,
        files: &'a [FileId],
        fields: &'a [Field],
    ) -> impl Iterator<Item = Result<Self, StoreError>> + 'a {
        let columns: Vec<Column> = COLUMNS.into_iter().filter_map(Column::find).collect();
        let mut gains = Gains::new(readers);
        let pages = files.chunks(256);
        pages.flat_map(move |page| {
            let cells: Vec<_> = readers.cells(page, &columns).collect();
            let subject =
                |cells: Result<Cells, StoreError>| Self::new(readers, &mut gains, fields, cells?);
            cells.into_iter().map(subject).filter_map(Result::transpose).collect::<Vec<_>>()
        })
    }

    fn new(
        readers: &Readers,
        gains: &mut Gains<'_>,
        fields: &[Field],
        cells: Cells,
    ) -> Result<Option<Self>, StoreError> {
        let Some(track) = cells.track else { return Ok(None) };
        let mut values = cells.values.into_iter();
        let payload = values.next().and_then(|value| hash(&value));
        let Some(payload) = payload else { return Ok(None) };
        let key = match values.next() {
            Some(Value::Text(Some(key))) => key.parse().ok(),
            _ => None,
        };
        let mut numbers = [None; 6];
        for (number, value) in numbers.iter_mut().zip(values) {
            *number = if let Value::Real(number) = value { number } else { None };
        }
        let gained = fields.iter().any(|field| field.is_gain());
        let loudness = if gained { readers.track_loudness(track)? } else { None };
        let album = if gained { Some(gains.of_file(cells.file, &cells.path)?) } else { None };
        let asked = fields.contains(&Field::Mood);
        let row = if asked { readers.row_by_id(cells.file)? } else { None };
        let mood = row.and_then(|row| mood(&row.answers));
        let (file, path) = (cells.file, cells.path);
        Ok(Some(Self { file, track, path, payload, key, numbers, loudness, album, mood }))
    }

    /// The texts of fields for a container; fields that are unknown or have no place there are left
    /// out.
    pub(super) fn texts(
        &self,
        fields: &[Field],
        style: &Style,
        opus: bool,
    ) -> Vec<(Field, String)> {
        let fitting = |field: &&Field| match (field.is_gain(), field.is_r128()) {
            (true, true) => opus && style.opus != OpusGain::ReplayGain,
            (true, false) => !opus || style.opus != OpusGain::R128,
            _ => true,
        };
        let fields = fields.iter().filter(fitting);
        fields.filter_map(|&field| Some((field, self.text(field, style)?))).collect()
    }

    fn text(&self, field: Field, style: &Style) -> Option<String> {
        let [bpm, energy, danceability, valence, acousticness, instrumentalness] = self.numbers;
        let bpm = bpm.map(|bpm| style.bpm_range.map_or(bpm, |range| range.fold(bpm)));
        let share = |share: f64| format!("{share:.2}");
        let (track, album) = (self.loudness.as_ref(), self.whole_album());
        match field {
            Field::Bpm => bpm.map(|bpm| spell_bpm(bpm, style.bpm)),
            Field::Key => self.key.map(|key| spell_key(key, style.key)),
            Field::TrackGain => track.map(|track| decibels(track.loudness_lufs)),
            Field::AlbumGain => album.map(|album| decibels(album.loudness_lufs)),
            Field::R128Track => track.map(|track| q7_8(track.loudness_lufs)),
            Field::R128Album => album.map(|album| q7_8(album.loudness_lufs)),
            Field::TrackPeak => track.map(|track| linear(track.true_peak_dbtp)),
            Field::AlbumPeak => album.map(|album| linear(album.true_peak_dbtp)),
            Field::Energy => energy.map(|energy| level(energy).to_string()),
            Field::Danceability => danceability.map(share),
            Field::Valence => valence.map(share),
            Field::Acousticness => acousticness.map(share),
            Field::Instrumentalness => instrumentalness.map(share),
            Field::Mood => self.mood.clone(),
            Field::Comment => {
                let key = self.key.map(|key| spell_key(key, style.key));
                let bpm = bpm.map(|bpm| spell_bpm(bpm, style.bpm));
                let energy = energy.map(|energy| format!("Energy {}", level(energy)));
                let parts: Vec<String> = [key, bpm, energy].into_iter().flatten().collect();
                (!parts.is_empty()).then(|| parts.join(" - "))
            }
        }
    }

    /// The album, if all of it was measured: the gain of a part would be wrong for the rest.
    fn whole_album(&self) -> Option<&Gain> {
        self.album.as_ref().filter(|album| album.measured > 0 && album.measured == album.tracks)
    }
}

fn hash(value: &Value) -> Option<PayloadHash> {
    let Value::Text(Some(text)) = value else { return None };
    let bytes = data_encoding::HEXLOWER.decode(text.as_bytes()).ok()?;
    bytes.try_into().ok().map(PayloadHash)
}

/// The likeliest word of the models that are called after moods, such as Essentia's `mood_happy`
/// with its classes `happy` and `non_happy`.
fn mood(answers: &[ModelAnswer]) -> Option<String> {
    let moods = answers.iter().filter(|answer| answer.model.starts_with("mood"));
    let labelled = moods.flat_map(|answer| {
        let values = answer.answer.values.as_deref().unwrap_or_default();
        answer.answer.labels.iter().zip(values)
    });
    let named = labelled.filter(|(label, _)| !label.starts_with("no")); // non_happy, not_sad
    let likeliest = named.filter(|(_, share)| **share >= 0.5).max_by(|a, b| a.1.total_cmp(b.1));
    likeliest.map(|(label, _)| label.clone())
}

fn spell_bpm(bpm: f64, format: BpmFormat) -> String {
    match format {
        BpmFormat::Int => format!("{bpm:.0}"),
        BpmFormat::Decimal => format!("{bpm:.2}"),
    }
}

fn spell_key(key: Key, format: KeyFormat) -> String {
    match format {
        KeyFormat::Standard => key.short(),
        KeyFormat::Camelot => key.camelot(),
        KeyFormat::OpenKey => key.open_key(),
    }
}

/// The gain as ReplayGain 2.0 spells it; silence is left as it is.
fn decibels(loudness_lufs: Option<f64>) -> String {
    let gain_db = loudness_lufs.map_or(0.0, replaygain_db);
    let gain_db = (gain_db * 100.0).round() / 100.0 + 0.0; // no minus before zeros
    format!("{gain_db:.2} dB")
}

/// Q7.8 as a whole number (RFC 7845, section 5.2.1).
fn q7_8(loudness_lufs: Option<f64>) -> String {
    let gain_db = loudness_lufs.map_or(0.0, r128_gain_db);
    format!("{}", (gain_db * 256.0).round() as i64)
}

/// Linear, not cut at full scale.
fn linear(peak_db: Option<f64>) -> String {
    format!("{:.6}", peak_db.map_or(0.0, |db| 10_f64.powf(db / 20.0)))
}

/// 0..=1 as 1..=10.
fn level(share: f64) -> u32 {
    (share * 10.0).ceil().clamp(1.0, 10.0) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_spelt_as_the_conventions_have_them() {
        assert_eq!(decibels(Some(-10.7655)), "-7.23 dB");
        assert_eq!(decibels(Some(-17.999)), "0.00 dB");
        assert_eq!(decibels(None), "0.00 dB");
        assert_eq!(linear(Some(0.5)), "1.059254");
        assert_eq!(linear(None), "0.000000");
        // RFC 7845: -23 LUFS is a gain of 0; 5 dB less is 5 * 256.
        assert_eq!(q7_8(Some(-23.0)), "0");
        assert_eq!(q7_8(Some(-28.0)), "1280");
        assert_eq!(q7_8(Some(-9.5)), "-3456");
        assert_eq!(q7_8(Some(-160.0)), "32767");
        assert_eq!((level(0.0), level(0.65), level(1.0)), (1, 7, 10));
        assert_eq!(spell_bpm(127.96, BpmFormat::Int), "128");
        assert_eq!(spell_bpm(127.964, BpmFormat::Decimal), "127.96");
        let key: Key = "F# minor".parse().unwrap();
        assert_eq!(spell_key(key, KeyFormat::Standard), "F#m");
        assert_eq!(spell_key(key, KeyFormat::Camelot), "11A");
        assert_eq!(spell_key(key, KeyFormat::OpenKey), "4m");
    }
}
