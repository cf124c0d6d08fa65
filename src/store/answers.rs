//! What models of the user say of tracks.

use super::codec;
use super::error::StoreError;
use super::facts::{TrackId, unix_ms};
use super::pool::Readers;
use super::row::Row;
use super::sql;
use crate::audio::PayloadHash;
use crate::feature::catalogue::{Kind, Value};
use crate::model::slot::{Aggregate, Answer, ModelKey};
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, OptionalExtension, Result, Row as SqlRow, params};
use serde::Serialize;
use serde::ser::{SerializeMap as _, Serializer};

/// One stored output of one model. Serialises as scores by label, or as numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelAnswer {
    /// Name of the model.
    pub model: String,
    /// What it says.
    pub answer: Answer,
}

impl Serialize for ModelAnswer {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        self.answer.serialize(serializer)
    }
}

/// Answers by model and output, as `show` and the exports have them.
pub(super) struct ByModel<'a>(pub(super) &'a [ModelAnswer]);

/// Outputs of one model.
struct ByOutput<'a>(&'a str, &'a [ModelAnswer]);

impl Serialize for ByModel<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let mut told = "";
        for answer in self.0 {
            if answer.model != told {
                told = &answer.model;
                map.serialize_entry(told, &ByOutput(told, self.0))?;
            }
        }
        map.end()
    }
}

impl Serialize for ByOutput<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let own = self.1.iter().filter(|answer| answer.model == self.0);
        serializer.collect_map(own.map(|answer| (&answer.answer.name, answer)))
    }
}

/// Stores the answers of one model for the track with that payload, in place of those of other
/// versions of the model. Nothing happens when there is no such track.
pub(super) fn store(
    conn: &Connection,
    payload: &PayloadHash,
    key: &ModelKey,
    answers: &[Answer],
) -> Result<()> {
    let mut find = conn.prepare_cached(sql::TRACK_OF_PAYLOAD)?;
    let track: Option<i64> = find.query_row([payload.0], |row| row.get(0)).optional()?;
    let Some(track) = track else { return Ok(()) };
    let row = params![key.name, key.file, key.front_end, unix_ms()];
    conn.prepare_cached(sql::INSERT_MODEL)?.execute(row)?;
    let row = params![key.name, key.file, key.front_end];
    let model: i64 = conn.prepare_cached(sql::MODEL_ID)?.query_row(row, |row| row.get(0))?;
    conn.prepare_cached(sql::FORGET_ANSWERS)?.execute(params![track, key.name])?;
    for (place, answer) in answers.iter().enumerate() {
        let labels = (!answer.labels.is_empty())
            .then(|| serde_json::to_string(&answer.labels).unwrap_or_default());
        let vector = codec::encode(&Value::Vector(answer.values.clone()));
        conn.prepare_cached(sql::INSERT_ANSWER)?.execute(params![
            track,
            model,
            place as i64,
            answer.name,
            answer.aggregate.as_str(),
            answer.patches as i64,
            answer.dims as i64,
            labels.map_or(Sql::Null, Sql::Text),
            vector
        ])?;
    }
    Ok(())
}

impl Readers {
    /// True when the track has the answers of exactly this version of the model.
    pub fn has_answers(
        &self,
        track: TrackId,
        key: &ModelKey,
    ) -> std::result::Result<bool, StoreError> {
        let row = params![track.0, key.name, key.file, key.front_end];
        let found = self.all("looking up answers", sql::HAS_ANSWERS, row, |row| row.get(0))?;
        Ok(found.first().copied().unwrap_or(false))
    }

    /// What all models said of a track, by name of the model.
    pub fn answers(&self, track: TrackId) -> std::result::Result<Vec<ModelAnswer>, StoreError> {
        let mut answers = self.all("reading answers", sql::ANSWERS, [track.0], read)?;
        answers.sort_by(|a, b| a.model.cmp(&b.model));
        Ok(answers)
    }

    /// Adds the answers to rows.
    pub(super) fn with_answers(
        &self,
        mut rows: Vec<Row>,
    ) -> std::result::Result<Vec<Row>, StoreError> {
        // Most libraries know no model: one question instead of one a row.
        let known: Vec<bool> =
            self.all("looking up models", sql::HAS_MODELS, [], |row| row.get(0))?;
        if known != [true] {
            return Ok(rows);
        }
        for row in &mut rows {
            if let Some(track) = row.track {
                row.answers = self.answers(track)?;
            }
        }
        Ok(rows)
    }
}

fn read(row: &SqlRow<'_>) -> Result<ModelAnswer> {
    let labels: Option<String> = row.get(5)?;
    let labels = labels.and_then(|labels| serde_json::from_str(&labels).ok());
    let Value::Vector(values) = codec::decode(Kind::Vector, row.get_ref(6)?) else {
        return Err(rusqlite::Error::InvalidQuery); // decoding keeps the kind
    };
    let aggregate: String = row.get(2)?;
    let answer = Answer {
        name: row.get(1)?,
        labels: labels.unwrap_or_default(),
        aggregate: Aggregate::from_name(&aggregate),
        patches: row.get::<_, i64>(3)? as u64,
        dims: row.get::<_, i64>(4)? as usize,
        values,
    };
    Ok(ModelAnswer { model: row.get(0)?, answer })
}
