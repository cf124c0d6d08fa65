//! Questions, their answers, and what a user sets against what was measured.

use super::*;
use crate::feature::tonal::Key;
use crate::store::{Column, Compare, Correction, Filter, Question, Sort, correct};

/// Three files: tempi 100, 120, 140; keys A minor, C major, unknown; one without tags.
fn library() -> (tempfile::TempDir, PathBuf, Store) {
    let (dir, path) = place();
    let store = open(&path);
    for (name, seed) in [("/m/a.ogg", 1), ("/m/b.ogg", 2), ("/m/c.ogg", 3)] {
        stored(&store, analysed(name, seed));
    }
    let conn = rusqlite::Connection::open(&path).unwrap();
    conn.execute_batch(
        "UPDATE rhythm SET bpm = 80 + 20 * track_id;
         UPDATE tonal SET key = CASE track_id WHEN 1 THEN 'A minor' WHEN 2 THEN 'C major' END;
         UPDATE file SET artist = CASE id WHEN 1 THEN 'Björk' WHEN 2 THEN 'bjork & friends' END,
         year = 1990 + id;",
    )
    .unwrap();
    (dir, path, store)
}

fn column(name: &str) -> Column {
    Column::find(name).unwrap()
}

fn answer(store: &Store, filter: Filter, sort: &[(&str, bool)]) -> Vec<i64> {
    let sort = sort.iter().map(|&(name, descending)| Sort { column: column(name), descending });
    let question = Question { filter, sort: sort.collect(), limit: None };
    store.readers().select(&question).unwrap().into_iter().map(|file| file.0).collect()
}

fn bpm(low: f64, high: f64) -> Filter {
    let end = |how, number| Filter::Compare(column("bpm"), how, number);
    Filter::All(vec![end(Compare::GreaterOrEqual, low), end(Compare::LessOrEqual, high)])
}

#[test]
fn every_column_can_be_asked_for_with_and_without_an_order() {
    let (_dir, path, store) = library();
    for column in Column::all() {
        let tests = [
            Filter::Known(column),
            Filter::Not(Box::new(Filter::Contains(column, "a".into()))),
            Filter::Is(column, "a".into()),
            Filter::Compare(column, Compare::Less, 1.0),
        ];
        let sorts = [vec![], vec![Sort { column, descending: true }]];
        for (filter, sort) in tests.iter().flat_map(|test| sorts.iter().map(move |s| (test, s))) {
            let question = Question { filter: filter.clone(), sort: sort.clone(), limit: None };
            let found = store.readers().select(&question);
            assert!(found.is_ok(), "{}: {:?}", column.name(), found.err());
        }
    }
    let conn = rusqlite::Connection::open(&path).unwrap();
    conn.execute_batch("INSERT INTO correction (track_id, bpm, updated_at) VALUES (2, 61, 0)")
        .unwrap();
    let set = Filter::Known(column("bpm_corrected"));
    assert_eq!(answer(&store, set.clone(), &[("bpm_corrected", false)]), [2]);
    assert_eq!(answer(&store, Filter::Not(Box::new(set)), &[]), [1, 3]);
}

#[test]
fn filters_mean_what_they_say() {
    let (_dir, _path, store) = library();
    let contains = |text: &str| Filter::Contains(column("artist"), text.into());
    let not = |filter| Filter::Not(Box::new(filter));
    let known = Filter::Known(column("key"));
    let cases = [
        (Filter::All(vec![]), vec![1, 2, 3]),
        (Filter::Any(vec![]), vec![]),
        (bpm(110.0, 150.0), vec![2, 3]),
        (not(bpm(110.0, 150.0)), vec![1]),
        (contains("BJORK"), vec![1, 2]),
        (not(contains("björk")), vec![3]), // no artist is not Björk
        (Filter::Is(column("artist"), "BJORK & Friends".into()), vec![2]),
        (known.clone(), vec![1, 2]),
        (not(known.clone()), vec![3]),
        (Filter::All(vec![known, bpm(110.0, 150.0)]), vec![2]),
        (Filter::Any(vec![bpm(0.0, 100.0), bpm(140.0, 999.0)]), vec![1, 3]),
        (Filter::Contains(column("path"), "/m/b".into()), vec![2]),
        (Filter::Compare(column("year"), Compare::Less, 1993.0), vec![1, 2]),
        (Filter::Compare(column("duration_s"), Compare::Greater, 1e9), vec![]),
    ];
    for (filter, wanted) in cases {
        assert_eq!(answer(&store, filter.clone(), &[]), wanted, "{filter:?}");
    }
}

#[test]
fn the_order_is_the_one_asked_for_and_unknown_comes_last() {
    let (_dir, _path, store) = library();
    let all = || Filter::All(vec![]);
    assert_eq!(answer(&store, all(), &[("bpm", true)]), [3, 2, 1]);
    assert_eq!(answer(&store, all(), &[("key", false)]), [1, 2, 3]);
    assert_eq!(answer(&store, all(), &[("key", true)]), [2, 1, 3]);
}

#[test]
fn what_is_set_counts_and_what_was_measured_stays() {
    let (_dir, path, store) = library();
    let key: Key = "8B".parse().unwrap();
    let set = Correction { bpm: Some(200.0), key: Some(key) };
    assert_eq!(correct(&path, &[(TrackId(1), set)]).unwrap(), 1);
    assert_eq!(answer(&store, bpm(190.0, 210.0), &[]), [1]);
    assert_eq!(answer(&store, bpm(0.0, 110.0), &[]), Vec::<i64>::new(), "the measured one is not");
    assert_eq!(answer(&store, Filter::Is(column("key"), "C major".into()), &[]), [1, 2]);
    assert_eq!(answer(&store, Filter::All(vec![]), &[("bpm", true)]), [1, 3, 2]);
    let row = |store: &Store| store.readers().row_by_path(Path::new("/m/a.ogg")).unwrap().unwrap();
    assert_eq!(row(&store).get("bpm"), Some(&Value::Real(Some(200.0))));
    assert_eq!(row(&store).get("key_camelot"), Some(&Value::Text(Some("8B".into()))));
    assert_eq!(row(&store).get("bpm_corrected"), Some(&Value::Real(Some(200.0))));
    stored(&store, analysed("/m/a.ogg", 1));
    assert_eq!(row(&store).get("bpm"), Some(&Value::Real(Some(200.0))), "analysed again");
    assert_eq!(store.readers().correction(TrackId(1)).unwrap(), set);
    store.writer().call(Op::Missing(vec![FileId(1)])).unwrap();
    store.writer().call(Op::Prune).unwrap();
    assert_eq!(store.readers().correction(TrackId(1)).unwrap(), set, "the file may come back");
    correct(&path, &[(TrackId(1), Correction::default())]).unwrap();
    assert_eq!(store.readers().correction(TrackId(1)).unwrap(), Correction::default());
}

#[test]
fn cells_come_in_the_order_asked_for_over_pages() {
    let (_dir, path) = place();
    let store = open(&path);
    for seed in 0..600 {
        stored(&store, analysed(format!("/{seed:04}"), seed % 7));
    }
    let mut files = store.readers().select(&Question {
        filter: Filter::All(vec![]),
        sort: vec![],
        limit: None,
    });
    let files = files.as_mut().unwrap();
    files.reverse();
    let cells: Vec<_> =
        store.readers().cells(files, &[column("path")]).map(Result::unwrap).collect();
    assert_eq!(cells.len(), 600);
    assert!(cells.windows(2).all(|pair| pair[0].path > pair[1].path));
}

proptest::proptest! {
    /// Whatever is quoted is data, not SQL: it finds exactly the file that holds it.
    #[test]
    fn no_text_is_taken_for_sql(text in "[a-z'\";%_?()\\\\ -]{1,12}") {
        let (_dir, path) = place();
        let store = open(&path);
        stored(&store, analysed("/a", 1));
        let conn = rusqlite::Connection::open(&path).unwrap();
        conn.execute("UPDATE file SET title = ?1", [&text]).unwrap();
        for filter in [Filter::Is(column("title"), text.clone()), Filter::Contains(column("title"), text)] {
            proptest::prop_assert_eq!(answer(&store, filter, &[]), vec![1]);
        }
    }
}
