//! From 100 ms energies to integrated loudness and loudness range.
//!
//! Every function reads mean squares of consecutive 100 ms sub-blocks, K-weighted and summed over
//! the channels with their weights.

/// Sub-blocks in a 400 ms gating block (ITU-R BS.1770-5: 75 % overlap).
pub(super) const GATING_BLOCK: usize = 4;

/// Sub-blocks in a 3 s short-term block (EBU Tech 3341).
const SHORT_TERM: usize = 30;

/// Absolute gate, in LUFS (BS.1770-5, Tech 3342).
pub(super) const ABSOLUTE_GATE_LUFS: f64 = -70.0;

/// Returns the loudness of a weighted mean square, in LUFS; `None` for silence.
pub(super) fn lufs(power: f64) -> Option<f64> {
    (power > 0.0).then(|| -0.691 + 10.0 * power.log10())
}

/// Returns the weighted mean square of a loudness in LUFS.
pub(super) fn power(lufs: f64) -> f64 {
    10.0_f64.powf((lufs + 0.691) / 10.0)
}

/// Mean squares of all blocks of `length` sub-blocks, a new one every 100 ms.
pub(super) fn blocks(energies: &[f32], length: usize) -> impl Iterator<Item = f64> {
    let mean =
        move |block: &[f32]| block.iter().copied().map(f64::from).sum::<f64>() / length as f64;
    energies.windows(length).map(mean)
}

/// Mean of the values that pass; `None` when none does.
fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (count, sum) = values.fold((0_u64, 0.0), |(count, sum), value| (count + 1, sum + value));
    (count > 0).then(|| sum / count as f64)
}

/// Returns the integrated loudness, in LUFS; `None` when no 400 ms block is above -70 LUFS.
///
/// Method: BS.1770-5 Annex 1, both gates, exact (no histogram).
pub(super) fn integrated(energies: &[f32]) -> Option<f64> {
    let absolute = power(ABSOLUTE_GATE_LUFS);
    let above = |gate: f64| mean(blocks(energies, GATING_BLOCK).filter(move |&z| z > gate));
    let relative = above(absolute)? * 0.1;
    lufs(above(relative.max(absolute))?)
}

/// Returns the loudness range, in LU; `None` when no 3 s block reaches -70 LUFS.
///
/// Method: EBU Tech 3342 on short-term values every 100 ms: gate at -70 LUFS and 20 LU below the
/// mean power, 10th to 95th percentile by nearest rank as in its listing.
pub(super) fn range(energies: &[f32]) -> Option<f64> {
    let absolute = power(ABSOLUTE_GATE_LUFS);
    let mut values = Vec::with_capacity(energies.len());
    values.extend(blocks(energies, SHORT_TERM).filter(|&z| z >= absolute).map(|z| z as f32));
    let relative = mean(values.iter().copied().map(f64::from))? * 0.01;
    values.retain(|&z| f64::from(z) >= relative);
    values.sort_unstable_by(f32::total_cmp);
    let level = |share: f64| {
        let rank = ((values.len() as f64 - 1.0) * share).round() as usize;
        values.get(rank).and_then(|&z| lufs(f64::from(z)))
    };
    Some(level(0.95)? - level(0.10)?)
}

/// Returns the largest short-term loudness, in LUFS; `None` below 3 s or in silence.
pub(super) fn short_term_max(energies: &[f32]) -> Option<f64> {
    blocks(energies, SHORT_TERM).reduce(f64::max).and_then(lufs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(levels: &[(f64, usize)]) -> Vec<f32> {
        let step = |&(level, count): &(f64, usize)| std::iter::repeat_n(power(level) as f32, count);
        levels.iter().flat_map(step).collect()
    }

    #[test]
    fn no_block_no_loudness() {
        for energies in [&[][..], &[0.5; 3], &[0.0; 100], &[1e-9; 100]] {
            assert_eq!(integrated(energies), None);
            assert_eq!(range(energies), None);
        }
    }

    #[test]
    fn quiet_parts_are_gated() {
        let energies = steps(&[(-20.0, 100), (-45.0, 1000)]);
        // The blocks across the step keep the result just under -20.
        assert!((integrated(&energies).expect("sound") + 20.0).abs() < 0.1);
    }

    #[test]
    fn range_of_two_levels_is_their_distance() {
        let energies = steps(&[(-20.0, 200), (-30.0, 200)]);
        assert!((range(&energies).expect("sound") - 10.0).abs() < 1e-4);
    }
}
