//! From the outputs of patches to one answer a track.

use serde::{Serialize, Serializer};

use super::SlotError;
use super::spec::{Activation, Aggregate, Output};

/// Most numbers a stored answer may have: a long track of framewise outputs.
const MAX_ANSWER: usize = 1 << 24;

/// What a model says of a track.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// Name of the output.
    pub name: String,
    /// Names of the classes; empty for an embedding.
    pub labels: Vec<String>,
    /// How patches became one.
    pub aggregate: Aggregate,
    /// Patches heard.
    pub patches: u64,
    /// Classes, or dimensions: a sequence has a multiple of them, row by row.
    pub dims: usize,
    /// The numbers; `None` when no patch was heard, or when one of them is not finite.
    pub values: Option<Vec<f32>>,
}

impl Serialize for Answer {
    /// Scores by label where there are labels; rows for sequences; else the numbers.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Some(values) = &self.values else { return serializer.serialize_none() };
        let (first, second) = values.split_at(self.dims.min(values.len()));
        match self.aggregate {
            Aggregate::Sequence => serializer.collect_seq(values.chunks(self.dims.max(1))),
            Aggregate::MeanStd if !self.labels.is_empty() => {
                let both = first.iter().zip(second).map(|(mean, std)| [mean, std]);
                serializer.collect_map(self.labels.iter().zip(both))
            }
            _ if !self.labels.is_empty() => serializer.collect_map(self.labels.iter().zip(values)),
            _ => serializer.collect_seq(values),
        }
    }
}

/// Where the classes of an output lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Axes {
    /// Frames a patch, in memory before the class axis.
    before: usize,
    /// Classes.
    dims: usize,
    /// Frames a patch, in memory behind the class axis.
    behind: usize,
}

impl Axes {
    /// `shape` as the model tells it; the first axis is the batch when there is more than one.
    pub(super) fn new(output: &Output, shape: &[usize]) -> Result<Self, SlotError> {
        let answer = |reason: String| SlotError::Answer { name: output.name.clone(), reason };
        let of_patch = if shape.len() > 1 { shape.get(1..).unwrap_or(&[]) } else { shape };
        let last = of_patch.len().saturating_sub(1);
        let axis = output.axis.map_or(last, |axis| axis - 1);
        let axis = if of_patch.is_empty() { 0 } else { axis };
        let dims = of_patch.get(axis).copied().unwrap_or(1);
        if axis > last {
            return Err(answer(format!("there is no axis {} in {shape:?}", axis + 1)));
        }
        let product = |dims: Option<&[usize]>| dims.unwrap_or(&[]).iter().product();
        let axes = Self {
            before: product(of_patch.get(..axis)),
            dims,
            behind: product(of_patch.get(axis + 1..)),
        };
        if dims == 0 || dims > 1 << 20 {
            return Err(answer(format!("{shape:?} has {dims} classes")));
        }
        if !output.labels.is_empty() && output.labels.len() != dims {
            let labels = output.labels.len();
            return Err(answer(format!("there are {labels} labels for {dims} classes")));
        }
        Ok(axes)
    }

    /// Frames of a patch.
    fn rows(self) -> usize {
        self.before * self.behind
    }

    /// Numbers of a patch.
    pub(super) fn numbers(self) -> usize {
        self.rows() * self.dims
    }

    fn row(self, patch: &[f32], row: usize) -> impl Iterator<Item = f32> + '_ {
        let (outer, inner) = (row / self.behind.max(1), row % self.behind.max(1));
        let start = outer * self.dims * self.behind + inner;
        patch.iter().skip(start).step_by(self.behind.max(1)).take(self.dims).copied()
    }
}

/// Gathers the rows of one output.
#[derive(Debug)]
pub(super) struct Gatherer {
    axes: Axes,
    activation: Activation,
    aggregate: Aggregate,
    trim: usize,
    patches: u64,
    rows: u64,
    /// Means so far, or maxima.
    mean: Vec<f64>,
    /// Sums of squared deviations so far (Welford 1962).
    spread: Vec<f64>,
    /// All rows, for medians and sequences.
    kept: Vec<f32>,
}

impl Gatherer {
    pub(super) fn new(output: &Output, axes: Axes) -> Self {
        let Output { activation, aggregate, trim, .. } = *output;
        Self {
            axes,
            activation,
            aggregate,
            trim,
            patches: 0,
            rows: 0,
            mean: Vec::new(),
            spread: Vec::new(),
            kept: Vec::new(),
        }
    }

    /// Takes the output of one patch, of whose `length` frames `real` are of the track.
    pub(super) fn push(&mut self, patch: &[f32], real: usize, length: usize) {
        self.patches += 1;
        let rows = self.axes.rows();
        let heard = (rows * real).div_ceil(length.max(1)).clamp(1, rows.max(1));
        // Of two patches that overlap, each gives up what lies near its border.
        let inner = self.aggregate == Aggregate::Sequence && self.trim > 0 && self.patches > 1;
        let skip = if inner { self.trim.min(rows) } else { 0 };
        if inner {
            let whole = self.kept.len() / self.axes.dims;
            self.kept.truncate(whole.saturating_sub(self.trim) * self.axes.dims);
        }
        for at in skip..heard {
            let mut row: Vec<f32> = self.axes.row(patch, at).collect();
            activate(self.activation, &mut row);
            self.gather(&row);
        }
    }

    fn gather(&mut self, row: &[f32]) {
        self.rows += 1;
        match self.aggregate {
            Aggregate::Mean | Aggregate::MeanStd => self.average(row),
            Aggregate::Max => self.largest(row),
            Aggregate::Median | Aggregate::Sequence => self.kept.extend_from_slice(row),
        }
    }

    fn average(&mut self, row: &[f32]) {
        self.mean.resize(row.len(), 0.0);
        self.spread.resize(row.len(), 0.0);
        let count = self.rows as f64;
        for ((mean, spread), &x) in self.mean.iter_mut().zip(&mut self.spread).zip(row) {
            let before = f64::from(x) - *mean;
            *mean += before / count;
            *spread += before * (f64::from(x) - *mean);
        }
    }

    fn largest(&mut self, row: &[f32]) {
        self.mean.resize(row.len(), f64::NEG_INFINITY);
        for (largest, &x) in self.mean.iter_mut().zip(row) {
            // Not `max`: what is no number must show.
            if f64::from(x) > *largest || x.is_nan() {
                *largest = f64::from(x);
            }
        }
    }

    /// The answer, with the names of its classes.
    pub(super) fn finish(mut self, output: &Output) -> Answer {
        let values = (self.rows > 0).then(|| self.values());
        Answer {
            name: output.name.clone(),
            labels: output.labels.clone(),
            aggregate: self.aggregate,
            patches: self.patches,
            dims: self.axes.dims,
            values: values.filter(|values| values.iter().all(|x| x.is_finite())),
        }
    }

    fn values(&mut self) -> Vec<f32> {
        let single = |values: &[f64]| values.iter().map(|&x| x as f32).collect::<Vec<_>>();
        match self.aggregate {
            Aggregate::Mean | Aggregate::Max => single(&self.mean),
            Aggregate::MeanStd => {
                let count = self.rows as f64;
                let deviations: Vec<f64> =
                    self.spread.iter().map(|spread| (spread / count).sqrt()).collect();
                [single(&self.mean), single(&deviations)].concat()
            }
            Aggregate::Median => (0..self.axes.dims).map(|dim| self.median(dim)).collect(),
            Aggregate::Sequence => {
                self.kept.truncate(MAX_ANSWER);
                std::mem::take(&mut self.kept)
            }
        }
    }

    fn median(&self, dim: usize) -> f32 {
        let mut column: Vec<f32> =
            self.kept.iter().skip(dim).step_by(self.axes.dims).copied().collect();
        column.sort_by(f32::total_cmp);
        let at = |place: usize| column.get(place).copied().unwrap_or(f32::NAN);
        let half = column.len() / 2;
        if column.len() % 2 == 1 {
            at(half)
        } else {
            f32::midpoint(at(half.wrapping_sub(1)), at(half))
        }
    }

    /// Upper bound of the bytes held over `patches` patches and at their end.
    pub(super) fn footprint(output: &Output, axes: Axes, patches: u64) -> u64 {
        let row = axes.dims as u64;
        let all = row * axes.rows() as u64 * patches;
        match output.aggregate {
            // Vectors that grow may have doubled; the answer is a copy at most.
            Aggregate::Median => 4 * 3 * all + 4 * 8 * row,
            Aggregate::Sequence => 4 * 4 * all,
            _ => 8 * 8 * row,
        }
    }
}

fn activate(activation: Activation, row: &mut [f32]) {
    match activation {
        Activation::Logits => {}
        Activation::Sigmoid => row.iter_mut().for_each(|x| *x = sigmoid(*x)),
        Activation::Softmax => softmax(row),
    }
}

fn sigmoid(x: f32) -> f32 {
    (1.0 / (1.0 + (-f64::from(x)).exp())) as f32
}

fn softmax(row: &mut [f32]) {
    let top = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let power = |x: f32| (f64::from(x) - f64::from(top)).exp();
    let total: f64 = row.iter().map(|&x| power(x)).sum();
    for x in row {
        *x = (power(*x) / total) as f32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(aggregate: Aggregate, activation: Activation, axis: Option<usize>) -> Output {
        Output {
            name: "x".into(),
            tensor: None,
            axis,
            activation,
            aggregate,
            trim: 0,
            labels: Vec::new(),
            labels_file: None,
        }
    }

    fn gathered(output: &Output, shape: &[usize], patches: &[&[f32]]) -> Option<Vec<f32>> {
        let mut gatherer = Gatherer::new(output, Axes::new(output, shape).expect("sound"));
        for patch in patches {
            gatherer.push(patch, 1, 1);
        }
        gatherer.finish(output).values
    }

    #[test]
    fn aggregates_are_what_their_names_say() {
        let patches: [&[f32]; 3] = [&[1.0, 0.0], &[2.0, 4.0], &[6.0, 5.0]];
        let of = |aggregate| {
            gathered(&output(aggregate, Activation::Logits, None), &[1, 2], &patches)
                .expect("heard")
        };
        assert_eq!(of(Aggregate::Mean), [3.0, 3.0]);
        assert_eq!(of(Aggregate::Max), [6.0, 5.0]);
        assert_eq!(of(Aggregate::Median), [2.0, 4.0]);
        assert_eq!(of(Aggregate::Sequence), [1.0, 0.0, 2.0, 4.0, 6.0, 5.0]);
        let deviations = of(Aggregate::MeanStd);
        // Population deviations of 1, 2, 6 and 0, 4, 5 are the roots of 14/3.
        let expected = [3.0, 3.0, 2.160_246_9, 2.160_246_9];
        assert!(deviations.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6));
    }

    #[test]
    fn classes_are_found_on_any_axis() {
        let classes_first = output(Aggregate::Mean, Activation::Logits, Some(1));
        let found = gathered(&classes_first, &[1, 2, 3], &[&[1.0, 2.0, 3.0, 10.0, 20.0, 30.0]]);
        assert_eq!(found, Some(vec![2.0, 20.0]));
        let classes_last = output(Aggregate::Mean, Activation::Logits, None);
        let found = gathered(&classes_last, &[1, 3, 2], &[&[1.0, 10.0, 2.0, 20.0, 3.0, 30.0]]);
        assert_eq!(found, Some(vec![2.0, 20.0]));
        assert!(Axes::new(&output(Aggregate::Mean, Activation::Logits, Some(3)), &[1, 2]).is_err());
    }

    #[test]
    fn scores_are_between_0_and_1_and_what_is_no_number_is_undefined() {
        let soft = output(Aggregate::Mean, Activation::Softmax, None);
        let found = gathered(&soft, &[1, 3], &[&[1000.0, 999.0, -1e30]]).expect("finite");
        assert!((found.iter().sum::<f32>() - 1.0).abs() < 1e-6);
        let sigmoid = output(Aggregate::Max, Activation::Sigmoid, None);
        assert_eq!(gathered(&sigmoid, &[1, 2], &[&[0.0, -1e30]]), Some(vec![0.5, 0.0]));
        for aggregate in [Aggregate::Mean, Aggregate::Max, Aggregate::Median, Aggregate::MeanStd] {
            let plain = output(aggregate, Activation::Logits, None);
            assert_eq!(gathered(&plain, &[1, 2], &[&[f32::NAN, 1.0]]), None, "{aggregate:?}");
            assert_eq!(gathered(&plain, &[1, 2], &[]), None);
        }
    }

    #[test]
    fn borders_of_overlapping_patches_are_left_out() {
        let trimmed = Output { trim: 1, ..output(Aggregate::Sequence, Activation::Logits, None) };
        // Patches of four frames, two on; each is unsure of its first and last frame.
        let first: &[f32] = &[0.0, 1.0, 2.0, -1.0];
        let second: &[f32] = &[-1.0, 3.0, 4.0, -1.0];
        let third: &[f32] = &[-1.0, 5.0, 6.0, 7.0];
        let found = gathered(&trimmed, &[1, 4, 1], &[first, second, third]);
        assert_eq!(found, Some(vec![0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]));
    }
}
