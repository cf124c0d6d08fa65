//! Tempi folded into the range the user thinks in (`bpm_range`); the database keeps what was heard.

use serde_json::{Value as Json, json};

use crate::feature::Value;
use crate::store::Row;
use crate::units::BpmRange;

/// Two tempi this near are one: stored candidates are rounded.
const SAME_TEMPO: f64 = 0.005;

/// Folds `bpm` and `bpm_candidates` of a row; beats stay where they are.
pub(super) fn fold_row(row: &mut Row, range: Option<BpmRange>) {
    for (name, value) in &mut row.columns {
        fold_bpm(name, value, range);
    }
}

/// Folds the value of one column, if it is of those.
pub(super) fn fold_bpm(name: &str, value: &mut Value, range: Option<BpmRange>) {
    let Some(range) = range else { return };
    match (name, value) {
        ("bpm", Value::Real(Some(bpm))) => *bpm = range.fold(*bpm),
        ("bpm_candidates", Value::Json(Some(candidates))) => {
            *candidates = fold_candidates(range, candidates);
        }
        _ => {}
    }
}

/// Folds every candidate and adds up the shares of those that meet.
fn fold_candidates(range: BpmRange, candidates: &Json) -> Json {
    let mut folded: Vec<(f64, f64)> = Vec::new();
    for candidate in candidates.as_array().into_iter().flatten() {
        let number = |name: &str| candidate.get(name).and_then(Json::as_f64);
        let (Some(bpm), Some(share)) = (number("bpm"), number("share")) else { continue };
        let bpm = range.fold(bpm);
        match folded.iter_mut().find(|(found, _)| (*found / bpm - 1.0).abs() < SAME_TEMPO) {
            Some((_, sum)) => *sum += share,
            None => folded.push((bpm, share)),
        }
    }
    folded.sort_by(|a, b| b.1.total_cmp(&a.1));
    let rounded = |number: f64| (number * 1e3).round() / 1e3;
    let object = |(bpm, share)| json!({"bpm": rounded(bpm), "share": rounded(share)});
    folded.into_iter().map(object).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_of_octaves_add_up() {
        let range = BpmRange::parse("80-160").expect("sound");
        let candidates = json!([
            {"bpm": 175.0, "share": 0.5}, {"bpm": 87.51, "share": 0.3}, {"bpm": 117.0, "share": 0.2}
        ]);
        let folded = fold_candidates(range, &candidates);
        assert_eq!(folded, json!([{"bpm": 87.5, "share": 0.8}, {"bpm": 117.0, "share": 0.2}]));
    }
}
