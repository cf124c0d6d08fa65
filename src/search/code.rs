//! Coarse codes of points: a byte a number, for the scan.
//!
//! Timbre and rhythm are turned onto their principal axes in the library, of which the first are
//! kept; then every number is rounded to a step of its aspect. Straight distances of codes are
//! nearly those of the points.

use super::aspect::ASPECTS;
use super::layout::{Reader, put};
use super::point::{Point, SPANS, real};
use super::symmetric::eigen;

/// Numbers of a code.
pub(super) const CODE: usize = 80;

/// Where each aspect begins and ends in a code.
pub(super) const CODE_SPANS: [(usize, usize); ASPECTS] =
    [(0, 32), (32, 48), (48, 64), (64, 72), (72, 80)];

/// A coarse point.
pub(super) type Code = [i8; CODE];

/// Deviations of the widest number of an aspect that a byte spans.
const SPANNED: f64 = 4.0;

/// How points of one library become codes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Coder {
    /// Principal axes by aspect, the widest first, a row each; empty: the numbers as they are.
    axes: [Vec<Vec<f64>>; ASPECTS],
    /// Size of a step by aspect.
    steps: [f64; ASPECTS],
}

/// True for aspects with more numbers than their code.
fn is_turned(aspect: usize) -> bool {
    let ((from, to), (start, end)) = (SPANS[aspect], CODE_SPANS[aspect]);
    to - from > end - start
}

impl Coder {
    /// A coder for a library of which `sample` are some points, in a fixed order.
    pub(super) fn fit(sample: &[Point]) -> Self {
        let axes = std::array::from_fn(|aspect| {
            if is_turned(aspect) { principal_axes(sample, aspect) } else { Vec::new() }
        });
        let mut coder = Self { axes, steps: [1.0; ASPECTS] };
        let mut widest = [[0.0; CODE]; ASPECTS];
        for point in sample {
            for (aspect, widest) in widest.iter_mut().enumerate() {
                let numbers = coder.numbers(point, aspect);
                widest.iter_mut().zip(numbers).for_each(|(sum, x)| *sum += x * x);
            }
        }
        let count = sample.len().max(1) as f64;
        for (step, squares) in coder.steps.iter_mut().zip(widest) {
            let variance = squares.iter().fold(0.0_f64, |most, &x| most.max(x)) / count;
            *step = (SPANNED * variance.sqrt() / 127.0).max(1e-6);
        }
        coder
    }

    /// The code of a point.
    pub(super) fn code(&self, point: &Point) -> Code {
        let mut code = [0; CODE];
        for (aspect, (start, end)) in CODE_SPANS.into_iter().enumerate() {
            let numbers = self.numbers(point, aspect);
            for (slot, x) in code[start..end].iter_mut().zip(numbers) {
                *slot = (x / self.steps[aspect]).round().clamp(-127.0, 127.0) as i8;
            }
        }
        code
    }

    /// Size of a step in each aspect.
    pub(super) fn steps(&self) -> [f64; ASPECTS] {
        self.steps
    }

    fn numbers<'a>(
        &'a self,
        point: &'a Point,
        aspect: usize,
    ) -> Box<dyn Iterator<Item = f64> + 'a> {
        let (from, to) = SPANS[aspect];
        let own = &point[from..to];
        if is_turned(aspect) {
            let along =
                move |axis: &Vec<f64>| axis.iter().zip(own).map(|(a, &x)| a * real(x)).sum();
            Box::new(self.axes[aspect].iter().map(along))
        } else {
            Box::new(own.iter().map(|&x| real(x)))
        }
    }

    /// Appends the coder to a file.
    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        put(out, &self.steps);
        self.axes.iter().flatten().for_each(|axis| put(out, axis));
    }

    /// The inverse of [`Self::encode`]; `None` when something is missing or not finite.
    pub(super) fn decode(reader: &mut Reader<'_>) -> Option<Self> {
        let steps: [f64; ASPECTS] = reader.numbers()?;
        let mut axes = [const { Vec::new() }; ASPECTS];
        for (aspect, axes) in axes.iter_mut().enumerate() {
            let ((from, to), (start, end)) = (SPANS[aspect], CODE_SPANS[aspect]);
            if is_turned(aspect) {
                for _ in start..end {
                    axes.push(reader.list(to - from)?);
                }
            }
        }
        steps.iter().all(|&step| step > 0.0).then_some(Self { axes, steps })
    }
}

/// The axes along which the points of an aspect vary most.
fn principal_axes(sample: &[Point], aspect: usize) -> Vec<Vec<f64>> {
    let ((from, to), (start, end)) = (SPANS[aspect], CODE_SPANS[aspect]);
    let size = to - from;
    let mut products = vec![vec![0.0; size]; size];
    for point in sample {
        // The mean of a library is nearly 0 by construction.
        let own: Vec<f64> = point[from..to].iter().map(|&x| real(x)).collect();
        for (row, x) in products.iter_mut().zip(&own) {
            row.iter_mut().zip(&own).for_each(|(sum, y)| *sum += x * y);
        }
    }
    let (values, vectors) = eigen(products);
    let mut order: Vec<usize> = (0..size).collect();
    order.sort_by(|&a, &b| values[b].total_cmp(&values[a]).then(a.cmp(&b)));
    order.into_iter().take(end - start).map(|axis| vectors[axis].clone()).collect()
}
