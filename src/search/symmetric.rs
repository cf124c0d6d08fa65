//! Symmetric matrices: eigenvalues, powers and logarithms.

/// Rows of the covariance of the MFCC.
pub(super) const SIZE: usize = 20;

/// Numbers of its upper triangle.
pub(super) const TRIANGLE: usize = SIZE * (SIZE + 1) / 2;

/// A symmetric matrix of the MFCC.
pub(super) type Symmetric = [[f64; SIZE]; SIZE];

/// Rounds of rotations; convergence is quadratic, six suffice for any matrix of doubles this small.
const ROUNDS: usize = 24;

/// Off-diagonal elements below this share of the largest element count as zero.
const NEGLIGIBLE: f64 = 1e-12;

/// The matrix with this upper triangle.
pub(super) fn from_triangle(triangle: &[f64; TRIANGLE]) -> Symmetric {
    let mut matrix = [[0.0; SIZE]; SIZE];
    let pairs = (0..SIZE).flat_map(|i| (i..SIZE).map(move |j| (i, j)));
    for ((i, j), &value) in pairs.zip(triangle) {
        matrix[i][j] = value;
        matrix[j][i] = value;
    }
    matrix
}

/// Eigenvalues and eigenvectors (a row each) of a symmetric matrix of finite numbers.
///
/// Method: cyclic Jacobi rotations; Golub & Van Loan, "Matrix computations", section 8.5. The order
/// is that of the diagonal, not of the size.
pub(super) fn eigen(mut a: Vec<Vec<f64>>) -> (Vec<f64>, Vec<Vec<f64>>) {
    let n = a.len();
    let mut vectors = identity(n);
    let largest = a.iter().flatten().fold(0.0_f64, |most, x| most.max(x.abs()));
    for _ in 0..ROUNDS {
        let mut turned = false;
        for p in 0..n {
            for q in p + 1..n {
                if a[p][q].abs() > NEGLIGIBLE * largest {
                    rotate(&mut a, &mut vectors, p, q);
                    turned = true;
                }
            }
        }
        if !turned {
            break;
        }
    }
    ((0..n).map(|i| a[i][i]).collect(), vectors)
}

fn identity(n: usize) -> Vec<Vec<f64>> {
    (0..n).map(|i| (0..n).map(|j| f64::from(u8::from(i == j))).collect()).collect()
}

/// Turns the plane of axes p < q so that the element (p, q) vanishes.
fn rotate(a: &mut [Vec<f64>], vectors: &mut [Vec<f64>], p: usize, q: usize) {
    let theta = (a[q][q] - a[p][p]) / (2.0 * a[p][q]);
    let t = theta.signum() / (theta.abs() + theta.hypot(1.0));
    let cos = 1.0 / t.hypot(1.0);
    let sin = t * cos;
    turn(a, p, q, cos, sin);
    for row in a.iter_mut() {
        let (x, y) = (row[p], row[q]);
        row[p] = cos * x - sin * y;
        row[q] = sin * x + cos * y;
    }
    turn(vectors, p, q, cos, sin);
}

fn turn(rows: &mut [Vec<f64>], p: usize, q: usize, cos: f64, sin: f64) {
    let (above, below) = rows.split_at_mut(q);
    for (x, y) in above[p].iter_mut().zip(&mut below[0]) {
        (*x, *y) = (cos * *x - sin * *y, sin * *x + cos * *y);
    }
}

/// `Σ f(λ) v vᵀ` over the eigenvalues λ of the matrix.
pub(super) fn apply(matrix: &Symmetric, f: impl Fn(f64) -> f64) -> Symmetric {
    let (values, vectors) = eigen(matrix.iter().map(|row| row.to_vec()).collect());
    let mut result = [[0.0; SIZE]; SIZE];
    for (value, vector) in values.into_iter().map(f).zip(&vectors) {
        for (row, x) in result.iter_mut().zip(vector) {
            for (sum, y) in row.iter_mut().zip(vector) {
                *sum += value * x * y;
            }
        }
    }
    result
}

/// `left · matrix · left` of symmetric matrices.
#[allow(clippy::needless_range_loop, reason = "the indices are those of the formula")]
pub(super) fn sandwich(left: &Symmetric, matrix: &Symmetric) -> Symmetric {
    let half = product(left, matrix);
    let mut whole = product(&half, left);
    for i in 0..SIZE {
        for j in 0..i {
            let mean = f64::midpoint(whole[i][j], whole[j][i]);
            (whole[i][j], whole[j][i]) = (mean, mean);
        }
    }
    whole
}

fn product(a: &Symmetric, b: &Symmetric) -> Symmetric {
    let mut result = [[0.0; SIZE]; SIZE];
    for (out, row) in result.iter_mut().zip(a) {
        for (x, other) in row.iter().zip(b) {
            for (sum, y) in out.iter_mut().zip(other) {
                *sum += x * y;
            }
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A positive definite matrix that is not diagonal.
    fn sample() -> Symmetric {
        let entry = |i: usize, j: usize| {
            let near = 1.0 / (1.0 + i.abs_diff(j) as f64);
            near + if i == j { i as f64 } else { 0.0 }
        };
        std::array::from_fn(|i| std::array::from_fn(|j| entry(i, j)))
    }

    fn distance(a: &Symmetric, b: &Symmetric) -> f64 {
        let pairs = a.as_flattened().iter().zip(b.as_flattened());
        pairs.fold(0.0, |most, (a, b)| most.max((a - b).abs()))
    }

    #[test]
    fn exp_undoes_the_logarithm_and_roots_multiply() {
        let matrix = sample();
        let back = apply(&apply(&matrix, f64::ln), f64::exp);
        assert!(distance(&matrix, &back) < 1e-9);
        let inverse_root = apply(&matrix, |x| 1.0 / x.sqrt());
        let one = sandwich(&inverse_root, &matrix);
        let wanted: Symmetric = apply(&matrix, |_| 1.0);
        assert!(distance(&one, &wanted) < 1e-9);
    }

    #[test]
    fn zeros_and_equal_values_are_no_trouble() {
        let (values, _) = eigen(vec![vec![0.0; 5]; 5]);
        assert!(values.iter().all(|&x| x.abs() < 1e-12));
        let (mut values, _) = eigen(vec![vec![2.0, 1.0], vec![1.0, 2.0]]);
        values.sort_by(f64::total_cmp);
        assert!((values[0] - 1.0).abs() < 1e-12 && (values[1] - 3.0).abs() < 1e-12);
        assert!(eigen(Vec::new()).0.is_empty());
    }
}
