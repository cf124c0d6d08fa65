//! Change of the sample rate by any ratio.

use super::bank::Prototype;
use crate::dsp::simd::{LANES, Lanes, Simd, add_fused, dot, kernel};

/// Largest table of exact taps; beyond it they are interpolated.
const MAX_TABLE_BYTES: u64 = 256 * 1024;

/// Steps between two input samples at which the interpolated filter is tabulated. The error of a
/// straight line between them is below (π/512)²/8, -106 dB.
const STEPS: u64 = 512;

/// Outputs per input as a fraction in lowest terms: output n sits at input `n * input / output`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ratio {
    pub(super) output: u64,
    pub(super) input: u64,
}

impl Ratio {
    pub(super) fn new(output: u64, input: u64) -> Self {
        let divisor = gcd(output, input).max(1);
        Self { output: output / divisor, input: input / divisor }
    }

    /// Whole part and fraction (in units of 1 / `output`) of the input position of output `n`.
    fn position(self, n: u64) -> (u64, u64) {
        (n * self.input / self.output, n * self.input % self.output)
    }
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// A polyphase filter: exact taps where the ratio has few phases, interpolated ones elsewhere.
#[derive(Debug)]
pub(super) enum Fractional {
    Exact(Exact),
    Interpolated(Interpolated),
}

impl Fractional {
    pub(super) fn new(ratio: Ratio, prototype: &Prototype) -> Self {
        let table =
            ratio.output.div_ceil(LANES as u64) * prototype.taps() as u64 * 4 * LANES as u64;
        if table <= MAX_TABLE_BYTES {
            Self::Exact(Exact::new(ratio, prototype))
        } else {
            Self::Interpolated(Interpolated::new(ratio, prototype))
        }
    }

    pub(super) fn push(&mut self, input: &[f32], out: &mut Vec<f32>) {
        match self {
            Self::Exact(exact) => exact.push(input, out),
            Self::Interpolated(interpolated) => interpolated.push(input, out),
        }
    }

    /// Most samples that `block` samples become.
    pub(super) fn longest(&self, block: usize) -> usize {
        let ratio = match self {
            Self::Exact(exact) => exact.ratio,
            Self::Interpolated(interpolated) => interpolated.ratio,
        };
        (block as u64 * ratio.output).div_ceil(ratio.input) as usize + LANES
    }

    #[cfg(test)]
    pub(super) fn held(&self) -> u64 {
        let bytes = match self {
            Self::Exact(exact) => {
                exact.taps.capacity() * size_of::<Lanes>()
                    + exact.groups.capacity() * size_of::<Group>()
                    + exact.history.capacity() * 4
            }
            Self::Interpolated(it) => (it.rows.capacity() + it.history.capacity()) * 4,
        };
        bytes as u64
    }

    /// Bytes held when at most `block` samples come at once.
    pub(super) fn footprint(&self, block: usize) -> u64 {
        let (table, history) = match self {
            Self::Exact(exact) => (
                exact.taps.len() * size_of::<Lanes>() + exact.groups.len() * size_of::<Group>(),
                exact.width + LANES,
            ),
            Self::Interpolated(it) => (it.rows.len() * 4, it.width),
        };
        (table + 4 * 2 * (history + block)) as u64
    }
}

/// Eight consecutive outputs of the period of a [`Ratio`].
#[derive(Clone, Copy, Debug)]
struct Group {
    /// How many of them belong to the period.
    outputs: usize,
    /// How far the input moves on to the next group.
    step: usize,
}

/// The taps of eight neighbouring outputs side by side.
///
/// Their inputs begin at nearly neighbouring places. So every output's taps are shifted by what is
/// missing (zeros elsewhere), and one load of eight neighbouring inputs serves one product for all
/// eight: no horizontal sums, no gathers.
#[derive(Debug)]
pub(super) struct Exact {
    ratio: Ratio,
    /// `taps[group * width + j][lane]` belongs to input `start + j + lane`.
    taps: Vec<Lanes>,
    width: usize,
    groups: Vec<Group>,
    next: usize,
    /// Inputs, from the start of the next group on.
    history: Vec<f32>,
}

impl Exact {
    fn new(ratio: Ratio, prototype: &Prototype) -> Self {
        // A period of few outputs would leave most lanes of its last group idle.
        let periods = if ratio.output < 64 { LANES as u64 } else { 1 };
        let firsts: Vec<u64> = (0..ratio.output * periods).step_by(LANES).collect();
        let skews =
            || firsts.iter().flat_map(|&first| (0..LANES).map(move |i| skew(ratio, first, i)));
        let low = skews().min().unwrap_or(0);
        let width = (skews().max().unwrap_or(0) - low) as usize + prototype.taps();
        let mut taps = Vec::with_capacity(firsts.len() * width);
        taps.extend(
            firsts.iter().flat_map(|&first| group_taps(ratio, prototype, first, low, width)),
        );
        let end = ratio.output * periods;
        let groups = firsts.iter().map(|&first| {
            let next = (first + LANES as u64).min(end);
            let step = ratio.position(next).0 - ratio.position(first).0;
            Group { outputs: (next - first) as usize, step: step as usize }
        });
        let history = vec![0.0; (prototype.before() as i64 - low).max(0) as usize];
        Self { ratio, taps, width, groups: groups.collect(), next: 0, history }
    }

    fn push(&mut self, input: &[f32], out: &mut Vec<f32>) {
        self.history.extend_from_slice(input);
        let used = exact_outputs(&mut *self, out);
        self.history.drain(..used);
    }
}

/// How much further than one input per output lane `i` of a group has moved.
fn skew(ratio: Ratio, first: u64, lane: usize) -> i64 {
    let moved = ratio.position(first + lane as u64).0 - ratio.position(first).0;
    moved as i64 - lane as i64
}

fn group_taps(
    ratio: Ratio,
    prototype: &Prototype,
    first: u64,
    low: i64,
    width: usize,
) -> Vec<Lanes> {
    let mut taps = vec![[0.0; LANES]; width];
    for lane in 0..LANES {
        let fraction = ratio.position(first + lane as u64).1 as f64 / ratio.output as f64;
        let shift = (skew(ratio, first, lane) - low) as usize;
        for (row, tap) in taps.iter_mut().skip(shift).zip(prototype.phase(fraction)) {
            row[lane] = tap;
        }
    }
    taps
}

kernel! {
    /// Appends all outputs whose inputs are there; returns the number of inputs no longer needed.
    fn exact_outputs(state: &mut Exact, out: &mut Vec<f32>) -> usize {
        let mut at = 0;
        while at + state.width + LANES <= state.history.len() + 1 {
            let Some(group) = state.groups.get(state.next) else { break };
            let taps = &state.taps[state.next * state.width..][..state.width];
            let inputs = &state.history[at..at + state.width + LANES - 1];
            let lanes = exact_group::<S>(taps, inputs);
            out.extend_from_slice(&lanes[..group.outputs]);
            at += group.step;
            state.next = if state.next + 1 == state.groups.len() { 0 } else { state.next + 1 };
        }
        at
    }
}

#[inline(always)]
fn exact_group<S: Simd>(taps: &[Lanes], inputs: &[f32]) -> Lanes {
    let mut sum = [0.0; LANES];
    for (taps, inputs) in taps.iter().zip(inputs.array_windows()) {
        add_fused::<S>(&mut sum, taps, inputs);
    }
    sum
}

/// Any ratio: the taps are interpolated between the two nearest of [`STEPS`] tabulated phases.
#[derive(Debug)]
pub(super) struct Interpolated {
    ratio: Ratio,
    /// `STEPS + 1` rows of `width` taps.
    rows: Vec<f32>,
    width: usize,
    /// Fraction of the next output's position.
    fraction: u64,
    /// Inputs, from the next output's first on.
    history: Vec<f32>,
}

impl Interpolated {
    fn new(ratio: Ratio, prototype: &Prototype) -> Self {
        let width = prototype.taps().next_multiple_of(LANES);
        let rows = (0..=STEPS).flat_map(|step| {
            let mut row = prototype.phase(step as f64 / STEPS as f64);
            row.resize(width, 0.0);
            row
        });
        let mut table = Vec::with_capacity((STEPS as usize + 1) * width);
        table.extend(rows);
        let history = vec![0.0; prototype.before()];
        Self { ratio, rows: table, width, fraction: 0, history }
    }

    fn push(&mut self, input: &[f32], out: &mut Vec<f32>) {
        self.history.extend_from_slice(input);
        let used = interpolated_outputs(&mut *self, out);
        self.history.drain(..used);
    }
}

kernel! {
    /// As [`exact_outputs`].
    fn interpolated_outputs(state: &mut Interpolated, out: &mut Vec<f32>) -> usize {
        let mut at = 0;
        while at + state.width <= state.history.len() {
            let steps = state.fraction * STEPS;
            let row = (steps / state.ratio.output) as usize * state.width;
            let between = (steps % state.ratio.output) as f32 / state.ratio.output as f32;
            let inputs = &state.history[at..at + state.width];
            let (low, high) = state.rows[row..row + 2 * state.width].split_at(state.width);
            let low = dot(low, inputs);
            out.push(low + between * (dot(high, inputs) - low));
            state.fraction += state.ratio.input;
            at += (state.fraction / state.ratio.output) as usize;
            state.fraction %= state.ratio.output;
        }
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_are_in_lowest_terms() {
        assert_eq!(Ratio::new(44_100, 48_000), Ratio { output: 147, input: 160 });
        assert_eq!(Ratio::new(22_050, 12_345), Ratio { output: 1470, input: 823 });
        assert_eq!(Ratio::new(44_100, 48_000).position(148), (161, 13));
    }
}
