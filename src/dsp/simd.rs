//! The one place where kernels meet the instruction set of the machine.
//!
//! A kernel is a function over plain slices and fixed-size arrays, declared by [`kernel!`]. It is
//! compiled once for the baseline and once for the wide registers; the same Rust runs in both. Every
//! sum names its accumulators, so the order of the additions is the same everywhere. Where a kernel
//! says [`fused`], machines with wide registers round once what others round twice: results
//! of two such machines are identical, and differ from the baseline's by that rounding.

pub(crate) use pulp::Simd;
use pulp::{Arch, WithSimd};

/// Width of the blocks that kernels work on: one AVX register of `f32`, two of SSE or NEON.
pub(crate) const LANES: usize = 8;

/// One block of samples.
pub(crate) type Lanes = [f32; LANES];

/// Runs `call` with the widest registers the machine has.
pub(crate) fn dispatch<F: WithSimd>(call: F) -> F::Output {
    Arch::new().dispatch(call)
}

/// Declares functions whose body is compiled for the widest registers as well.
///
/// All they call must be `#[inline(always)]`, down to the last loop, and the loops are `for` loops:
/// a closure, a `map` or a `for_each` may be compiled outside the wide region, which is correct but
/// slow. Within the body, `S` is the instruction set it is compiled for.
macro_rules! kernel {
    ($($(#[$meta:meta])* $vis:vis fn $name:ident($($arg:ident: $type:ty),+ $(,)?) $(-> $output:ty)? $body:block)+) => {$(
        $(#[$meta])*
        $vis fn $name($($arg: $type),+) $(-> $output)? {
            struct Call<A>(A);
            impl pulp::WithSimd for Call<($($type,)+)> {
                type Output = $crate::dsp::simd::kernel!(@output $($output)?);

                #[inline(always)]
                fn with_simd<S: pulp::Simd>(self, _: S) -> Self::Output {
                    let Self(($($arg,)+)) = self;
                    $body
                }
            }
            $crate::dsp::simd::dispatch(Call(($($arg,)+)))
        }
    )+};
    (@output) => { () };
    (@output $output:ty) => { $output };
}
pub(crate) use kernel;

/// `a * b + c`, rounded once where there is an instruction for it.
#[inline(always)]
pub(crate) fn fused<S: Simd>(a: f32, b: f32, c: f32) -> f32 {
    if S::IS_SCALAR { a * b + c } else { a.mul_add(b, c) }
}

/// [`fused`] of doubles.
#[inline(always)]
pub(crate) fn fused64<S: Simd>(a: f64, b: f64, c: f64) -> f64 {
    if S::IS_SCALAR { a * b + c } else { a.mul_add(b, c) }
}

#[inline(always)]
pub(crate) fn zip(a: &Lanes, b: &Lanes, f: impl Fn(f32, f32) -> f32) -> Lanes {
    std::array::from_fn(|i| f(a[i], b[i]))
}

#[inline(always)]
pub(crate) fn add(a: &Lanes, b: &Lanes) -> Lanes {
    zip(a, b, |a, b| a + b)
}

#[inline(always)]
pub(crate) fn sub(a: &Lanes, b: &Lanes) -> Lanes {
    zip(a, b, |a, b| a - b)
}

#[inline(always)]
pub(crate) fn mul(a: &Lanes, b: &Lanes) -> Lanes {
    zip(a, b, |a, b| a * b)
}

/// `sum[i] += x[i] * y[i]`, by [`fused`].
#[inline(always)]
pub(crate) fn add_fused<S: Simd>(sum: &mut Lanes, x: &Lanes, y: &Lanes) {
    for i in 0..LANES {
        sum[i] = fused::<S>(x[i], y[i], sum[i]);
    }
}

/// `sum[i] += x[i] * y[i]`.
#[inline(always)]
pub(crate) fn add_product(sum: &mut Lanes, x: &Lanes, y: &Lanes) {
    *sum = add(sum, &mul(x, y));
}

/// The smaller number; `b` when `a` is NaN. One instruction, where `f32::min` takes three.
#[inline(always)]
pub(crate) fn smaller(a: f32, b: f32) -> f32 {
    if a < b { a } else { b }
}

/// The larger number; `b` when `a` is NaN.
#[inline(always)]
pub(crate) fn larger(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

/// [`larger`] of doubles.
#[inline(always)]
pub(crate) fn larger64(a: f64, b: f64) -> f64 {
    if a > b { a } else { b }
}

/// Sum of the lanes, by halves: the order is part of the result.
///
/// Never inlined on purpose, nor is any other function that makes one number of all lanes: when the
/// compiler sees the last sum together with the loop that fills the lanes, it rearranges the loop to
/// suit the sum and leaves the wide registers, which makes it two to four times slower.
#[inline(never)]
pub(crate) fn sum(lanes: &Lanes) -> f32 {
    by_halves(lanes)
}

/// [`sum`] of each block.
#[inline(never)]
pub(crate) fn sums<const N: usize>(blocks: &[Lanes; N]) -> [f32; N] {
    std::array::from_fn(|i| by_halves(&blocks[i]))
}

#[inline(always)]
fn by_halves(lanes: &Lanes) -> f32 {
    let [a, b, c, d, e, f, g, h] = *lanes;
    ((a + e) + (c + g)) + ((b + f) + (d + h))
}

/// Largest of the lanes, by halves: one after the other they would wait for each other. N is a power of
/// two. Never inlined on purpose, as [`sum`].
#[inline(never)]
pub(crate) fn largest<const N: usize>(lanes: &[f32; N]) -> f32 {
    let mut lanes = *lanes;
    let mut half = N / 2;
    while half > 0 {
        for j in 0..half {
            lanes[j] = larger(lanes[j], lanes[j + half]);
        }
        half /= 2;
    }
    lanes[0]
}

/// Dot product of two slices; what the longer one has beyond the shorter one does not count.
#[inline(always)]
pub(crate) fn dot(x: &[f32], y: &[f32]) -> f32 {
    let length = x.len().min(y.len());
    let (x, y) = (&x[..length], &y[..length]);
    let (x_blocks, x_rest) = x.as_chunks::<LANES>();
    let (y_blocks, y_rest) = y.as_chunks::<LANES>();
    let mut lanes = [0.0; LANES];
    for (x, y) in x_blocks.iter().zip(y_blocks) {
        add_product(&mut lanes, x, y);
    }
    let mut total = sum(&lanes);
    for (x, y) in x_rest.iter().zip(y_rest) {
        total += x * y;
    }
    total
}

#[cfg(test)]
mod tests {
    use super::*;

    kernel! {
        fn wide_dot(x: &[f32], y: &[f32]) -> f32 {
            dot(x, y)
        }
    }

    #[test]
    fn the_longer_slice_is_cut() {
        let ones = [1.0; 40];
        for length in 0..40 {
            let expected: f32 = ones[..length].iter().sum();
            assert!((dot(&ones[..length], &ones) - expected).abs() < 1e-9);
            assert!((dot(&ones, &ones[..length]) - expected).abs() < 1e-9);
        }
    }

    #[test]
    fn the_wide_result_is_the_narrow_result() {
        let x: Vec<f32> = (0..1003_i16).map(|i| (f32::from(i) * 0.37).sin()).collect();
        let y: Vec<f32> = (0..1003_i16).map(|i| (f32::from(i) * 0.11).cos()).collect();
        let exact: f64 = x.iter().zip(&y).map(|(&x, &y)| f64::from(x) * f64::from(y)).sum();
        let wide = wide_dot(&x, &y);
        assert_eq!(wide.to_bits(), dot(&x, &y).to_bits());
        assert!((f64::from(wide) - exact).abs() < 1e-4);
    }
}
