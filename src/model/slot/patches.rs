//! Rows of a stream in overlapping patches, and what is done to each patch.

use super::spec::{Last, Log, Patch as Cut, PatchNorm};

/// Cuts rows into patches.
#[derive(Debug)]
pub(super) struct Patcher {
    width: usize,
    length: usize,
    step: usize,
    last: Last,
    silence: Vec<f32>,
    /// Rows from the start of the next patch on.
    pending: Vec<f32>,
    any: bool,
    emitted: u64,
}

/// A patch and how many of its rows are of the track.
pub(super) struct Piece<'a> {
    pub(super) rows: &'a [f32],
    pub(super) real: usize,
}

impl Patcher {
    /// `silence` is the row that stands for nothing to be heard.
    pub(super) fn new(cut: &Cut, silence: Vec<f32>) -> Self {
        let pending = silence.iter().copied().cycle().take(cut.lead * silence.len()).collect();
        Self {
            width: silence.len().max(1),
            length: cut.length,
            step: cut.step(),
            last: cut.last,
            silence,
            pending,
            any: false,
            emitted: 0,
        }
    }

    /// Calls `each` with every patch that `rows` complete.
    pub(super) fn push(&mut self, rows: &[f32], mut each: impl FnMut(Piece<'_>)) {
        self.any |= !rows.is_empty();
        let whole = self.length * self.width;
        // Never more than a patch and what came is held, however much comes at once.
        for part in rows.chunks(whole) {
            self.pending.extend_from_slice(part);
            let mut start = 0;
            while let Some(patch) = self.pending.get(start..start + whole) {
                each(Piece { rows: patch, real: self.length });
                self.emitted += 1;
                start += self.step * self.width;
            }
            self.pending.drain(..start);
        }
    }

    /// Calls `each` with the rest, if the policy makes a patch of it.
    pub(super) fn finish(&mut self, mut each: impl FnMut(Piece<'_>)) {
        let rest = self.pending.len() / self.width;
        let covered = if self.emitted > 0 { self.length - self.step } else { 0 };
        if !self.any || rest <= covered || self.last == Last::Drop {
            return;
        }
        let whole = self.length * self.width;
        let rest_of_track = self.pending.iter().copied();
        let patch: Vec<f32> = if self.last == Last::Repeat {
            rest_of_track.cycle().take(whole).collect()
        } else {
            rest_of_track.chain(self.silence.iter().copied().cycle()).take(whole).collect()
        };
        each(Piece { rows: &patch, real: rest });
        self.emitted += 1;
    }

    /// Upper bound of the heap bytes held, whatever the length of the stream.
    pub(super) fn footprint(cut: &Cut, width: usize) -> u64 {
        // Two patches wait at most, the last one is built beside them, and vectors may have doubled.
        (4 * width * (2 * (cut.lead + 2 * cut.length) + cut.length + 2)) as u64
    }
}

/// Limits, normalises and scales one patch in place.
pub(super) fn normalise(patch: &mut [f32], log: Option<&Log>, cut: &Cut) {
    if let Some(log) = log {
        limit(patch, log);
    }
    match cut.norm {
        PatchNorm::None => {}
        PatchNorm::Max => divide_by_largest(patch),
        PatchNorm::Zscore => standardise(patch),
    }
    if cut.shift != 0.0 || (cut.scale - 1.0).abs() > 0.0 {
        let (shift, scale) = (cut.shift as f32, cut.scale as f32);
        for x in patch {
            *x = (*x - shift) * scale;
        }
    }
}

fn limit(patch: &mut [f32], log: &Log) {
    if !log.relative && log.range.is_none() {
        return;
    }
    let top = patch.iter().copied().fold(f32::MIN, f32::max);
    let lowest = log.range.map_or(f32::MIN, |range| top - range as f32);
    let off = if log.relative { top } else { 0.0 };
    for x in patch {
        *x = x.max(lowest) - off;
    }
}

fn divide_by_largest(patch: &mut [f32]) {
    let top = patch.iter().map(|x| x.abs()).fold(0.0, f32::max);
    if top > 0.0 {
        for x in patch {
            *x /= top;
        }
    }
}

fn standardise(patch: &mut [f32]) {
    let count = patch.len().max(1) as f64;
    let mean = patch.iter().map(|&x| f64::from(x)).sum::<f64>() / count;
    let square = |x: f32| (f64::from(x) - mean).powi(2);
    let deviation = (patch.iter().map(|&x| square(x)).sum::<f64>() / count).sqrt();
    // A constant has no deviation but that of rounding.
    let gain = if deviation > 1e-9 * mean.abs().max(1e-9) { 1.0 / deviation } else { 0.0 };
    for x in patch {
        *x = ((f64::from(*x) - mean) * gain) as f32;
    }
}

/// Appends a patch in the order of axes the model takes.
pub(super) fn lay_out(patch: &[f32], width: usize, transposed: bool, batch: &mut Vec<f32>) {
    if !transposed {
        batch.extend_from_slice(patch);
        return;
    }
    for band in 0..width {
        batch.extend(patch.iter().skip(band).step_by(width.max(1)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::slot::spec::PatchOf;

    fn cut(length: usize, hop: usize, last: Last) -> Cut {
        Cut {
            of: PatchOf::Frames,
            length,
            hop: Some(hop),
            lead: 0,
            last,
            norm: PatchNorm::None,
            shift: 0.0,
            scale: 1.0,
        }
    }

    fn patches(cut: &Cut, rows: usize, at_once: usize) -> Vec<(Vec<f32>, usize)> {
        let rows: Vec<f32> = (1..=rows).map(|n| n as f32).collect();
        let mut patcher = Patcher::new(cut, vec![0.0]);
        let mut found = Vec::new();
        for part in rows.chunks(at_once.max(1)) {
            patcher.push(part, |piece| found.push((piece.rows.to_vec(), piece.real)));
        }
        patcher.finish(|piece| found.push((piece.rows.to_vec(), piece.real)));
        let held = 4 * patcher.pending.capacity() as u64;
        assert!(held <= Patcher::footprint(cut, 1), "{held}");
        found
    }

    #[test]
    fn the_rest_is_dropped_padded_or_repeated() {
        let whole = (vec![1.0, 2.0, 3.0, 4.0], 4);
        assert_eq!(patches(&cut(4, 4, Last::Drop), 6, 6), std::slice::from_ref(&whole));
        let padded = (vec![5.0, 6.0, 0.0, 0.0], 2);
        assert_eq!(patches(&cut(4, 4, Last::Pad), 6, 6), [whole.clone(), padded]);
        let repeated = (vec![5.0, 6.0, 5.0, 6.0], 2);
        assert_eq!(patches(&cut(4, 4, Last::Repeat), 6, 6), [whole.clone(), repeated]);
        assert_eq!(patches(&cut(4, 2, Last::Pad), 4, 4), [whole], "all rows are covered");
        assert_eq!(patches(&cut(4, 2, Last::Pad), 0, 4), []);
        assert_eq!(patches(&cut(4, 2, Last::Drop), 3, 4), []);
    }

    #[test]
    fn a_lead_is_silence_in_front() {
        let cut = Cut { lead: 2, ..cut(4, 2, Last::Drop) };
        let expected = [(vec![0.0, 0.0, 1.0, 2.0], 4), (vec![1.0, 2.0, 3.0, 4.0], 4)];
        assert_eq!(patches(&cut, 4, 1), expected);
        assert_eq!(patches(&Cut { last: Last::Pad, ..cut }, 0, 1), [], "nothing but the lead");
    }

    #[test]
    fn the_cut_does_not_show() {
        for (length, hop) in [(4, 4), (5, 3), (7, 1), (64, 33)] {
            for last in [Last::Drop, Last::Pad, Last::Repeat] {
                let cut = cut(length, hop, last);
                let whole = patches(&cut, 200, 200);
                for at_once in [1, 3, 64, 199] {
                    assert_eq!(patches(&cut, 200, at_once), whole, "{length} {hop} {at_once}");
                }
            }
        }
    }

    #[test]
    fn silence_stays_finite_whatever_the_norm() {
        for norm in [PatchNorm::Max, PatchNorm::Zscore] {
            let cut = Cut { norm, ..cut(4, 4, Last::Drop) };
            for level in [0.0, 0.1, 1e8] {
                let mut patch = [level; 4];
                normalise(&mut patch, None, &cut);
                assert!(patch.iter().all(|x| x.is_finite() && x.abs() <= 1.0), "{patch:?}");
            }
        }
    }

    #[test]
    fn bands_come_first_when_the_model_wants_them_first() {
        let mut batch = Vec::new();
        lay_out(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 2, true, &mut batch);
        assert_eq!(batch, [1.0, 3.0, 5.0, 2.0, 4.0, 6.0]);
    }
}
