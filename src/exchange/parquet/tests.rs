//! What is written, read by the reader of the same crate; `tests/consumers` has others read it.

use super::*;
use crate::feature::Value;
use crate::store::{FileId, TrackId};
use ::parquet::basic::LogicalType;
use ::parquet::file::metadata::RowGroupMetaData;
use ::parquet::file::reader::{FileReader as _, SerializedFileReader};
use ::parquet::record::Field;
use std::fs::File;
use std::path::PathBuf;

fn row(number: i64, more: Vec<(&'static str, Value)>) -> Row {
    let title = Value::Text(Some(format!("\"{number}\" & ü\n")));
    let mut columns = vec![("title", title), ("channels", Value::Integer(Some(number)))];
    columns.extend(more);
    let path = PathBuf::from("/x");
    Row { file: FileId(number), track: Some(TrackId(1)), path, columns, answers: Vec::new() }
}

fn read(mut format: Parquet, rows: &[Row]) -> (SerializedFileReader<File>, Vec<u8>) {
    let mut out = Vec::new();
    format.begin(rows.len(), &mut out).expect("memory");
    for row in rows {
        format.row(row, &mut out).expect("memory");
    }
    format.end(None, &mut out).expect("memory");
    let mut file = tempfile::tempfile().expect("a file");
    file.write_all(&out).expect("room");
    (SerializedFileReader::new(file).expect("sound"), out)
}

fn field(row: &parquet::record::Row, name: &str) -> Field {
    let mut columns = row.get_column_iter();
    columns.find(|(column, _)| *column == name).map(|(_, field)| field.clone()).expect("a column")
}

fn list(field: &Field) -> Option<Vec<f64>> {
    let number = |field: &Field| match field {
        Field::Double(number) => *number,
        Field::Float(number) => f64::from(*number),
        other => panic!("{other:?}"),
    };
    match field {
        Field::Null => None,
        Field::ListInternal(list) => Some(list.elements().iter().map(number).collect()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn lists_and_what_is_undefined_come_back() {
    let times = [Some(vec![0.5, 1.25, 2.0]), None, Some(vec![]), Some(vec![3.0])];
    let rows: Vec<Row> = (0..)
        .zip(&times)
        .map(|(number, times)| {
            let vector = times.as_ref().map(|times| times.iter().map(|t| *t as f32).collect());
            let bpm = (number != 2).then_some(120.0 + number as f64);
            let more = vec![
                ("beats", Value::Times(times.clone())),
                ("mfcc_mean", Value::Vector(vector)),
                ("bpm", Value::Real(bpm)),
                ("bpm_candidates", Value::Json(Some(serde_json::json!([{"bpm": number}])))),
                ("waveform", Value::Bytes(Some(vec![0, 255]))),
            ];
            row(number, more)
        })
        .collect();
    let (reader, _) = read(Parquet::default(), &rows);
    let found: Vec<_> = reader.get_row_iter(None).unwrap().map(Result::unwrap).collect();
    assert_eq!(found.len(), 4);
    for ((number, row), times) in (0_i64..).zip(&found).zip(&times) {
        assert_eq!(list(&field(row, "beats")), *times, "{number}");
        assert_eq!(list(&field(row, "mfcc_mean")), *times, "{number}");
        let bpm = if number == 2 { Field::Null } else { Field::Double(120.0 + number as f64) };
        assert_eq!(field(row, "bpm"), bpm);
        assert_eq!(field(row, "title"), Field::Str(format!("\"{number}\" & ü\n")));
        assert_eq!(field(row, "channels"), Field::Long(number));
        assert_eq!(field(row, "waveform"), Field::Bytes(vec![0, 255].into()));
        assert_eq!(field(row, "key"), Field::Null, "a column that the row has not");
    }
    let schema = reader.metadata().file_metadata().schema_descr();
    for (name, wanted) in [("bpm_candidates", LogicalType::Json), ("title", LogicalType::String)] {
        let column = schema.columns().iter().find(|column| column.name() == name);
        assert_eq!(column.and_then(|column| column.logical_type_ref()), Some(&wanted), "{name}");
    }
    let names: Vec<String> = found[0].get_column_iter().map(|(name, _)| name.clone()).collect();
    assert_eq!(names, columns().map(|(name, _)| name.to_owned()).collect::<Vec<_>>());
}

#[test]
fn groups_end_where_memory_does_and_the_bytes_are_always_the_same() {
    let beats = || Value::Times(Some(vec![1.0; 1000])); // 12 kB with its levels
    let rows: Vec<Row> = (0..100).map(|number| row(number, vec![("beats", beats())])).collect();
    let small = || Parquet { group_bytes: 100_000, ..Parquet::default() };
    let (reader, bytes) = read(small(), &rows);
    let groups = reader.metadata().row_groups();
    assert!(groups.len() > 9, "{}", groups.len());
    assert_eq!(groups.iter().map(RowGroupMetaData::num_rows).sum::<i64>(), 100);
    assert!(groups.iter().all(|group| group.num_rows() <= 9));
    let order = reader.get_row_iter(None).unwrap().map(|row| field(&row.unwrap(), "channels"));
    assert!(order.eq((0..100).map(Field::Long)));
    assert_eq!(bytes, read(small(), &rows).1);
}

#[test]
fn a_file_without_rows_has_its_columns_and_units() {
    let (reader, _) = read(Parquet::default(), &[]);
    let metadata = reader.metadata().file_metadata();
    assert_eq!(metadata.num_rows(), 0);
    assert_eq!(metadata.schema().get_fields().len(), columns().count());
    let pairs = metadata.key_value_metadata().expect("units");
    let units = pairs.iter().find(|pair| pair.key == "phonolite:units").expect("units");
    let units: BTreeMap<String, String> =
        serde_json::from_str(units.value.as_deref().unwrap()).expect("JSON");
    assert_eq!(units["bpm"], "beats per minute");
}
