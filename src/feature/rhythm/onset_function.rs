//! From log-mel frames to onset functions.

/// Log-mel bands of a frame.
pub(crate) const MEL_BANDS: usize = 40;
/// Onset functions kept per frame: the mean rise of ten neighbouring mel bands each.
pub(crate) const BANDS: usize = 4;

/// Rise of log-mel frames, half-wave rectified, in [`BANDS`] groups.
///
/// Each band is compared with the loudest of itself and its two neighbours one frame (20 ms)
/// earlier, so that vibrato is no onset. Böck & Widmer, "Maximum filter vibrato suppression for
/// onset detection" (`SuperFlux`), `DAFx` 2013.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flux {
    loudest: Option<[f32; MEL_BANDS]>,
}

impl Flux {
    /// Onset strength of the next frame, >= 0 and at most the rise of a full-scale attack (about
    /// 12); 0 for the first frame. A frame that is not finite counts as silent.
    pub(crate) fn push(&mut self, log_mel: &[f32; MEL_BANDS]) -> [f32; BANDS] {
        let mut frame = *log_mel;
        for value in &mut frame {
            *value = if value.is_finite() { *value } else { 0.0 };
        }
        let rise = self.loudest.map_or([0.0; BANDS], |before| rises(&frame, &before));
        self.loudest = Some(with_neighbours(&frame));
        rise
    }
}

fn with_neighbours(frame: &[f32; MEL_BANDS]) -> [f32; MEL_BANDS] {
    let mut loudest = *frame;
    for band in 1..MEL_BANDS {
        loudest[band] = loudest[band].max(frame[band - 1]);
        loudest[band - 1] = loudest[band - 1].max(frame[band]);
    }
    loudest
}

fn rises(frame: &[f32; MEL_BANDS], before: &[f32; MEL_BANDS]) -> [f32; BANDS] {
    const GROUP: usize = MEL_BANDS / BANDS;
    let mut sums = [0.0; BANDS];
    for (sum, (now, then)) in
        sums.iter_mut().zip(frame.chunks_exact(GROUP).zip(before.chunks_exact(GROUP)))
    {
        *sum = now.iter().zip(then).map(|(now, then)| (now - then).max(0.0)).sum::<f32>()
            / GROUP as f32;
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_still(rise: [f32; BANDS]) -> bool {
        rise.iter().all(|&value| value <= 0.0)
    }

    #[test]
    fn an_attack_shows_in_its_group_and_once() {
        let mut flux = Flux::default();
        let mut frame = [0.0; MEL_BANDS];
        assert!(is_still(flux.push(&frame)));
        frame[10..20].fill(2.0);
        let rise = flux.push(&frame);
        assert!((rise[1] - 2.0).abs() < 1e-6 && rise[0] + rise[2] + rise[3] <= 0.0, "{rise:?}");
        assert!(is_still(flux.push(&frame)), "a held tone does not rise");
    }

    #[test]
    fn a_glide_to_the_next_band_is_no_onset() {
        let mut flux = Flux::default();
        let mut frame = [0.0; MEL_BANDS];
        frame[15] = 3.0;
        flux.push(&frame);
        frame.swap(15, 16);
        assert!(is_still(flux.push(&frame)));
    }

    #[test]
    fn what_is_not_finite_is_silent() {
        let mut flux = Flux::default();
        flux.push(&[0.0; MEL_BANDS]);
        assert!(is_still(flux.push(&[f32::NAN; MEL_BANDS])));
        assert!(is_still(flux.push(&[f32::INFINITY; MEL_BANDS])));
    }
}
