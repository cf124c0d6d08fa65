//! Magnitude spectra of real frames, and the complex transform behind them.
//!
//! Our own transform, because ready-made ones either leave the wide registers unused or contract
//! products and sums where the machine can, so that results differ between machines. Real and
//! imaginary parts lie in separate planes: every pass is plain arithmetic on neighbouring numbers.

use super::simd::{LANES, Lanes, Simd, add, fused, kernel, sub};
use std::f64::consts::TAU;
use std::sync::Arc;

/// Twiddle factors w, w², w³ of a radix-4 butterfly: real parts, then imaginary parts.
type Twiddles<T> = [[T; 3]; 2];

/// Real and imaginary plane.
type Planes = [Vec<f32>; 2];

/// A windowed real transform of fixed length N, a power of two >= 64.
///
/// Method: the frame is read as N/2 complex numbers (Sorensen et al., IEEE Trans. ASSP 35, 1987).
#[derive(Debug)]
pub(crate) struct RealFft {
    plan: Arc<Plan>,
    from: Planes,
    to: Planes,
}

/// The tables of a real transform. They cost as much as ten seconds of sound, so that those of the
/// transforms every file needs are made once.
#[derive(Debug)]
pub(crate) struct Plan {
    /// The window, even samples and odd samples apart.
    window: Planes,
    stages: Stages,
    /// e^(-2πi k/N), k = 0..N/4.
    unfold: Planes,
}

/// A complex transform of fixed length n, a power of two >= 32.
///
/// Method: radix-4 Stockham (Van Loan, "Computational frameworks for the FFT", 1992, section 1.7).
#[derive(Debug)]
pub(crate) struct ComplexFft {
    stages: Arc<Stages>,
    from: Planes,
    to: Planes,
}

/// The tables of a complex transform.
#[derive(Debug)]
pub(crate) struct Stages {
    length: usize,
    /// Pass with stride 1: eight neighbouring butterflies.
    first: Vec<Twiddles<Lanes>>,
    /// Pass with stride 4: two butterflies, four times each.
    second: Vec<Twiddles<Lanes>>,
    /// Further passes: one butterfly, `stride` times.
    wide: Vec<Pass>,
}

#[derive(Debug)]
struct Pass {
    stride: usize,
    twiddles: Vec<Twiddles<f32>>,
}

impl Plan {
    /// Tables for frames of `window.len()` samples, each multiplied by its window.
    pub(crate) fn new(window: &[f64]) -> Self {
        let half = window.len() / 2;
        let plane = |offset: usize| {
            // The unfolding needs half of the sum of two bins.
            window.iter().skip(offset).step_by(2).map(|w| (0.5 * w) as f32).collect()
        };
        Self { window: [plane(0), plane(1)], stages: Stages::new(half), unfold: unfolding(half) }
    }
}

impl Stages {
    /// Tables for `length` complex numbers, a power of two >= 32.
    pub(crate) fn new(length: usize) -> Self {
        let strides = (2..).map(|pass| 4_usize.pow(pass)).take_while(|stride| 4 * stride <= length);
        let block = |p: usize| side_by_side(length, |lane| LANES * p + lane);
        let pair = |p: usize| side_by_side(length / 4, |lane| 2 * p + lane / 4);
        Self {
            length,
            first: (0..length / 32).map(block).collect(),
            second: (0..length / 32).map(pair).collect(),
            wide: strides.map(|stride| Pass::new(length, stride)).collect(),
        }
    }
}

impl ComplexFft {
    /// A transform by the tables of `stages`.
    pub(crate) fn new(stages: Arc<Stages>) -> Self {
        let planes = || [vec![0.0; stages.length], vec![0.0; stages.length]];
        Self { from: planes(), to: planes(), stages }
    }

    /// Real parts and imaginary parts: what is to be transformed, or what [`Self::run`] made of it.
    pub(crate) fn planes(&mut self) -> &mut [Vec<f32>; 2] {
        &mut self.from
    }

    /// Replaces z by Z\[k\] = Σ z\[j\] e^(-2πi jk/n).
    pub(crate) fn run(&mut self) {
        transform_planes(&self.stages, &mut self.from, &mut self.to);
    }
}

impl RealFft {
    /// A transform by the tables of `plan`.
    pub(crate) fn new(plan: Arc<Plan>) -> Self {
        let planes = || plan.window.each_ref().map(|plane| vec![0.0; plane.len()]);
        Self { from: planes(), to: planes(), plan }
    }

    /// Overwrites `magnitudes` (N/2 + 1) with those of the windowed `frame` (N samples).
    pub(crate) fn magnitudes(&mut self, frame: &[f32], magnitudes: &mut [f32]) {
        transform(self, frame, magnitudes);
    }

    /// Heap bytes held for frames of `length` samples, at most; the plan is counted, shared or not.
    pub(crate) fn footprint(length: usize) -> u64 {
        // Numbers: window and planes 3 N, unfolding N/2, first and second pass 3/4 N each, the other
        // passes less than N/8 together.
        (4 * (5 * length + length / 8) + 8 * size_of::<Pass>()) as u64
    }
}

impl Pass {
    fn new(half: usize, stride: usize) -> Self {
        let size = half / stride;
        let twiddles = (0..size / 4).map(|p| {
            let [re, im] = [0, 1].map(|part| [1, 2, 3].map(|k| root(k * p, size)[part]));
            [re, im]
        });
        Self { stride, twiddles: twiddles.collect() }
    }
}

/// e^(-2πi k/n), as real and imaginary part.
fn root(k: usize, n: usize) -> [f32; 2] {
    let angle = TAU * k as f64 / n as f64;
    [angle.cos() as f32, -angle.sin() as f32]
}

fn side_by_side(size: usize, butterfly: impl Fn(usize) -> usize) -> Twiddles<Lanes> {
    [0, 1].map(|part| {
        [1, 2, 3].map(|k| std::array::from_fn(|lane| root(k * butterfly(lane), size)[part]))
    })
}

fn unfolding(half: usize) -> Planes {
    [0, 1].map(|part| (0..half / 2).map(|k| root(k, 2 * half)[part]).collect())
}

kernel! {
    fn transform(fft: &mut RealFft, frame: &[f32], magnitudes: &mut [f32]) {
        let RealFft { plan, from, to } = fft;
        let Plan { window, stages, unfold } = &**plan;
        load(window, frame, from);
        all_passes::<S>(stages, from, to);
        unfold_magnitudes::<S>(unfold, from, magnitudes);
    }

    fn transform_planes(stages: &Stages, from: &mut Planes, to: &mut Planes) {
        all_passes::<S>(stages, from, to);
    }
}

/// Transforms `from` in place; `to` is room to work in.
#[inline(always)]
fn all_passes<S: Simd>(stages: &Stages, from: &mut Planes, to: &mut Planes) {
    first_pass::<S>(&stages.first, from, to);
    second_pass::<S>(&stages.second, to, from);
    let mut stride = 16;
    for pass in &stages.wide {
        wide_pass::<S>(pass, from, to);
        std::mem::swap(from, to);
        stride = 4 * pass.stride;
    }
    if stride < from[0].len() {
        last_pass(from, to);
        std::mem::swap(from, to);
    }
}

/// Even samples become real parts, odd ones imaginary parts.
#[inline(always)]
fn load(window: &Planes, frame: &[f32], [re, im]: &mut Planes) {
    let blocks = frame.as_chunks::<{ 2 * LANES }>().0;
    let windows = window[0].as_chunks().0.iter().zip(window[1].as_chunks().0);
    let planes = re.as_chunks_mut().0.iter_mut().zip(im.as_chunks_mut().0);
    for ((block, (even, odd)), (re, im)) in blocks.iter().zip(windows).zip(planes) {
        let (even, odd): (&Lanes, &Lanes) = (even, odd);
        *re = std::array::from_fn::<f32, LANES, _>(|i| block[2 * i] * even[i]);
        *im = std::array::from_fn::<f32, LANES, _>(|i| block[2 * i + 1] * odd[i]);
    }
}

/// Four lanes each of four inputs: real parts, then imaginary parts.
type Quad = [[Lanes; 4]; 2];

/// Transforms of length 4, one per lane, their outputs turned by the twiddle factors.
///
/// One loop over the lanes with all the arithmetic of a lane inside: small loops, one per operation,
/// end up in half as wide registers.
///
/// Output `k` of lane `l` goes to `[4 l + k]` if WOVEN, to `[8 k + l]` otherwise.
#[inline(always)]
fn butterfly<S: Simd, const WOVEN: bool>(
    [re, im]: &Quad,
    [wr, wi]: &Twiddles<Lanes>,
    out_re: &mut [f32; 32],
    out_im: &mut [f32; 32],
) {
    for l in 0..LANES {
        let at = |k: usize| if WOVEN { 4 * l + k } else { LANES * k + l };
        let (sum_r, gap_r) = (re[0][l] + re[2][l], re[0][l] - re[2][l]);
        let (sum_i, gap_i) = (im[0][l] + im[2][l], im[0][l] - im[2][l]);
        let (odd_r, turn_r) = (re[1][l] + re[3][l], re[1][l] - re[3][l]);
        let (odd_i, turn_i) = (im[1][l] + im[3][l], im[1][l] - im[3][l]);
        (out_re[at(0)], out_im[at(0)]) = (sum_r + odd_r, sum_i + odd_i);
        let (r, i) = (gap_r + turn_i, gap_i - turn_r);
        (out_re[at(1)], out_im[at(1)]) = product::<S>([r, i], [wr[0][l], wi[0][l]]);
        let (r, i) = (sum_r - odd_r, sum_i - odd_i);
        (out_re[at(2)], out_im[at(2)]) = product::<S>([r, i], [wr[1][l], wi[1][l]]);
        let (r, i) = (gap_r - turn_i, gap_i + turn_r);
        (out_re[at(3)], out_im[at(3)]) = product::<S>([r, i], [wr[2][l], wi[2][l]]);
    }
}

/// Quarters of a plane, in blocks.
#[inline(always)]
fn quarters(plane: &[f32]) -> [&[Lanes]; 4] {
    let quarter = plane.len() / 4;
    std::array::from_fn(|k| plane[k * quarter..(k + 1) * quarter].as_chunks().0)
}

#[inline(always)]
fn gather(re: &[&[Lanes]; 4], im: &[&[Lanes]; 4], at: usize) -> Quad {
    [std::array::from_fn(|k| re[k][at]), std::array::from_fn(|k| im[k][at])]
}

#[inline(always)]
fn first_pass<S: Simd>(twiddles: &[Twiddles<Lanes>], from: &Planes, [re, im]: &mut Planes) {
    let (from_re, from_im) = (quarters(&from[0]), quarters(&from[1]));
    let outputs = re.as_chunks_mut::<32>().0.iter_mut().zip(im.as_chunks_mut::<32>().0);
    for ((at, twiddles), (re, im)) in twiddles.iter().enumerate().zip(outputs) {
        butterfly::<S, true>(&gather(&from_re, &from_im, at), twiddles, re, im);
    }
}

#[inline(always)]
fn second_pass<S: Simd>(twiddles: &[Twiddles<Lanes>], from: &Planes, [re, im]: &mut Planes) {
    let (from_re, from_im) = (quarters(&from[0]), quarters(&from[1]));
    let outputs = re.as_chunks_mut::<32>().0.iter_mut().zip(im.as_chunks_mut::<32>().0);
    for ((at, twiddles), (re, im)) in twiddles.iter().enumerate().zip(outputs) {
        let [mut r, mut i] = [[0.0; 32]; 2];
        butterfly::<S, false>(&gather(&from_re, &from_im, at), twiddles, &mut r, &mut i);
        stack(&r, re);
        stack(&i, im);
    }
}

/// The lower halves of all four, then the upper halves.
#[inline(always)]
fn stack(lanes: &[f32; 32], out: &mut [f32; 32]) {
    let (low, high) = out.split_at_mut(16);
    let halves = low.as_chunks_mut::<4>().0.iter_mut().zip(high.as_chunks_mut::<4>().0);
    for (lanes, (low, high)) in lanes.as_chunks::<LANES>().0.iter().zip(halves) {
        low.copy_from_slice(&lanes[..4]);
        high.copy_from_slice(&lanes[4..]);
    }
}

#[inline(always)]
fn wide_pass<S: Simd>(pass: &Pass, from: &Planes, [re, im]: &mut Planes) {
    let blocks = pass.stride / LANES;
    let (from_re, from_im) = (quarters(&from[0]), quarters(&from[1]));
    let outputs = re.chunks_exact_mut(4 * pass.stride).zip(im.chunks_exact_mut(4 * pass.stride));
    for ((p, [wr, wi]), (re, im)) in pass.twiddles.iter().enumerate().zip(outputs) {
        let twiddles = [wr.map(|w| [w; LANES]), wi.map(|w| [w; LANES])];
        let (re, im) = (re.as_chunks_mut::<LANES>().0, im.as_chunks_mut::<LANES>().0);
        for q in 0..blocks {
            let quad = gather(&from_re, &from_im, p * blocks + q);
            let [mut r, mut i] = [[0.0; 32]; 2];
            butterfly::<S, false>(&quad, &twiddles, &mut r, &mut i);
            for (k, (r, i)) in r.as_chunks().0.iter().zip(i.as_chunks().0).enumerate() {
                (re[k * blocks + q], im[k * blocks + q]) = (*r, *i);
            }
        }
    }
}

/// What is left when the length is no power of four: a transform of length 2 over the halves.
#[inline(always)]
fn last_pass(from: &Planes, to: &mut Planes) {
    for (from, to) in from.iter().zip(to) {
        let (low, high) = from.split_at(from.len() / 2);
        let (sums, differences) = to.split_at_mut(low.len());
        for ((low, high), (sum, difference)) in
            low.iter().zip(high).zip(sums.iter_mut().zip(differences))
        {
            (*sum, *difference) = (low + high, low - high);
        }
    }
}

/// From the transform Z of the folded frame to `|X[k]|` and `|X[n-k]|`, where n = N/2:
/// `X[k] = E + w O` and `X[n-k]* = E - w O` with `E = Z[k] + Z[n-k]*`, `O = -i (Z[k] - Z[n-k]*)`.
#[inline(always)]
fn unfold_magnitudes<S: Simd>(unfold: &Planes, [re, im]: &Planes, magnitudes: &mut [f32]) {
    let half = re.len();
    let Some((low, high)) = magnitudes.split_at_mut_checked(half / 2 + 1) else { return };
    for at in (1..half / 2).step_by(LANES) {
        // The last block begins early enough to end before the middle.
        let at = at.min(half / 2 - LANES);
        let mirror = half - at - LANES + 1;
        let [x, y] = pair::<S>(
            &[block(re, at), block(im, at)],
            &[reversed(block(re, mirror)), reversed(block(im, mirror))],
            &[block(&unfold[0], at), block(&unfold[1], at)],
        );
        low[at..at + LANES].copy_from_slice(&x);
        let mirror = mirror - (half / 2 + 1);
        high[mirror..mirror + LANES].copy_from_slice(&reversed(y));
    }
    low[0] = 2.0 * (re[0] + im[0]).abs();
    low[half / 2] = 2.0 * (re[half / 2] * re[half / 2] + im[half / 2] * im[half / 2]).sqrt();
    high[half / 2 - 1] = 2.0 * (re[0] - im[0]).abs();
}

#[inline(always)]
fn block(plane: &[f32], at: usize) -> Lanes {
    std::array::from_fn(|lane| plane[at..at + LANES][lane])
}

#[inline(always)]
fn reversed(mut lanes: Lanes) -> Lanes {
    lanes.reverse();
    lanes
}

#[inline(always)]
fn pair<S: Simd>(
    [zr, zi]: &[Lanes; 2],
    [mr, mi]: &[Lanes; 2],
    [wr, wi]: &[Lanes; 2],
) -> [Lanes; 2] {
    let (even_r, even_i) = (add(zr, mr), sub(zi, mi));
    let (odd_r, odd_i) = (add(zi, mi), sub(mr, zr));
    let (mut turned_r, mut turned_i) = ([0.0; LANES], [0.0; LANES]);
    for i in 0..LANES {
        (turned_r[i], turned_i[i]) = product::<S>([odd_r[i], odd_i[i]], [wr[i], wi[i]]);
    }
    [
        modulus::<S>(&add(&even_r, &turned_r), &add(&even_i, &turned_i)),
        modulus::<S>(&sub(&even_r, &turned_r), &sub(&even_i, &turned_i)),
    ]
}

#[inline(always)]
fn modulus<S: Simd>(re: &Lanes, im: &Lanes) -> Lanes {
    let mut modulus = [0.0; LANES];
    for i in 0..LANES {
        modulus[i] = fused::<S>(re[i], re[i], im[i] * im[i]).sqrt();
    }
    modulus
}

/// Product of two complex numbers.
#[inline(always)]
fn product<S: Simd>([r, i]: [f32; 2], [wr, wi]: [f32; 2]) -> (f32, f32) {
    (fused::<S>(r, wr, -(i * wi)), fused::<S>(r, wi, i * wr))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn naive(frame: &[f32], window: &[f64], bin: usize) -> f64 {
        let (mut re, mut im) = (0.0, 0.0);
        for (n, (&x, w)) in frame.iter().zip(window).enumerate() {
            let angle = TAU * (n * bin % frame.len()) as f64 / frame.len() as f64;
            re += f64::from(x) * w * angle.cos();
            im -= f64::from(x) * w * angle.sin();
        }
        re.hypot(im)
    }

    #[test]
    fn it_is_the_discrete_fourier_transform() {
        for length in [64, 128, 256, 512, 1024, 2048, 4096] {
            let frame: Vec<f32> =
                (0..length).map(|n| ((n * n * 7919) % 1013) as f32 / 1013.0 - 0.3).collect();
            let window: Vec<f64> = (0..length).map(|n| 1.0 / (1.0 + n as f64)).collect();
            let mut magnitudes = vec![-1.0; length / 2 + 1];
            RealFft::new(Arc::new(Plan::new(&window))).magnitudes(&frame, &mut magnitudes);
            for (bin, &magnitude) in magnitudes.iter().enumerate() {
                let exact = naive(&frame, &window, bin);
                let error = (f64::from(magnitude) - exact).abs();
                assert!(error < 2e-6, "{length}: bin {bin} is {magnitude}, not {exact}");
            }
        }
    }

    #[test]
    fn the_complex_transform_is_that_of_the_definition() {
        for length in [32, 64, 128, 512, 2048] {
            let number = |n: usize| ((n * n * 7919) % 1013) as f32 / 1013.0 - 0.3;
            let (re, im) = (number, |n: usize| number(3 * n + 1));
            let mut fft = ComplexFft::new(Arc::new(Stages::new(length)));
            for (part, plane) in fft.planes().iter_mut().enumerate() {
                for (n, value) in plane.iter_mut().enumerate() {
                    *value = if part == 0 { re(n) } else { im(n) };
                }
            }
            fft.run();
            for bin in 0..length {
                let (mut exact_re, mut exact_im) = (0.0, 0.0);
                for n in 0..length {
                    let (sin, cos) = (TAU * (n * bin % length) as f64 / length as f64).sin_cos();
                    let (x, y) = (f64::from(re(n)), f64::from(im(n)));
                    (exact_re, exact_im) =
                        (exact_re + x * cos + y * sin, exact_im + y * cos - x * sin);
                }
                let [found_re, found_im] =
                    fft.planes().each_ref().map(|plane| f64::from(plane[bin]));
                let error = (found_re - exact_re).hypot(found_im - exact_im);
                assert!(error < 1e-7 * length as f64, "{length}: bin {bin} is off by {error}");
            }
        }
    }

    #[test]
    fn memory_stays_within_the_footprint() {
        for length in [64, 2048, 8192] {
            let fft = RealFft::new(Arc::new(Plan::new(&vec![1.0; length])));
            let plan = &fft.plan;
            let planes = [&plan.window, &plan.unfold, &fft.from, &fft.to];
            let floats: usize = planes.iter().flat_map(|p| p.iter()).map(Vec::capacity).sum();
            let stages = &plan.stages;
            let lanes = stages.first.capacity() + stages.second.capacity();
            let wide: usize = stages.wide.iter().map(|pass| pass.twiddles.capacity()).sum();
            let held = 4 * floats
                + lanes * size_of::<Twiddles<Lanes>>()
                + wide * size_of::<Twiddles<f32>>()
                + stages.wide.capacity() * size_of::<Pass>();
            assert!(held as u64 <= RealFft::footprint(length), "{length} holds {held}");
        }
    }
}
