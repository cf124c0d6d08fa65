//! The gates closed over all tracks of an album.

use super::gating::{ABSOLUTE_GATE_LUFS, lufs, power};
use super::histogram::{BIN_LU, BlockHistogram, MOST_BINS};

/// Distance of the relative gate below the mean, in LU (ITU-R BS.1770-5 Annex 1).
const RELATIVE_GATE_LU: f64 = 10.0;

/// Integrated loudness of several tracks as one programme: as if the 400 ms blocks of all tracks
/// (none across two) were gated together. Holds 64 kB, whatever the number of tracks.
///
/// Method: ITU-R BS.1770-5 Annex 1, both gates, over histograms. What the bins blur of a track's
/// loudness is taken away by shifting its bins so that it alone gives its own loudness; the bin in
/// which the relative gate lies counts in part. The error against the gate over all blocks is below
/// 0.01 LU (`tests/loudness_on_music.rs`).
#[derive(Clone, Debug)]
pub struct AlbumGate {
    /// Blocks and their energy in each bin above -70 LUFS.
    bins: Vec<(f64, f64)>,
    tracks: u64,
    /// Loudness of the last track.
    last: f64,
}

impl Default for AlbumGate {
    fn default() -> Self {
        Self::new()
    }
}

impl AlbumGate {
    /// An album without tracks.
    pub fn new() -> Self {
        Self { bins: vec![(0.0, 0.0); MOST_BINS], tracks: 0, last: 0.0 }
    }

    /// Adds a track with its integrated loudness in LUFS.
    pub fn add(&mut self, histogram: &BlockHistogram, loudness_lufs: f64) {
        let own = histogram.bins().map(|(edge, blocks)| {
            let blocks = f64::from(blocks);
            (edge, blocks, blocks * power(edge + BIN_LU / 2.0))
        });
        let Some(shift) = gated(own).map(|own| loudness_lufs - own) else { return };
        for (edge, blocks) in histogram.bins().filter(|&(_, blocks)| blocks > 0) {
            self.add_bin(edge + shift, f64::from(blocks));
        }
        self.tracks += 1;
        self.last = loudness_lufs;
    }

    /// Adds blocks that are spread evenly over a bin's width from `low` on.
    fn add_bin(&mut self, low: f64, blocks: f64) {
        let place = ((low - ABSOLUTE_GATE_LUFS) / BIN_LU).max(0.0);
        let later = place.fract();
        for (index, share) in [(place as usize, 1.0 - later), (place as usize + 1, later)] {
            let edge = ABSOLUTE_GATE_LUFS + index as f64 * BIN_LU;
            let (from, to) = (edge.max(low), (edge + BIN_LU).min(low + BIN_LU));
            if let Some((count, energy)) = self.bins.get_mut(index.min(MOST_BINS - 1)) {
                *count += blocks * share;
                *energy += blocks * share * power(f64::midpoint(from, to));
            }
        }
    }

    /// The loudness of the album, in LUFS; `None` without a track.
    pub fn lufs(&self) -> Option<f64> {
        let edge = |bin: usize| ABSOLUTE_GATE_LUFS + bin as f64 * BIN_LU;
        let bins = self.bins.iter().enumerate();
        match self.tracks {
            0 => None,
            1 => Some(self.last), // the bins need not be asked
            _ => gated(bins.map(|(bin, &(count, energy))| (edge(bin), count, energy))),
        }
    }
}

/// Integrated loudness of bins: lower edge in LUFS, blocks, energy.
fn gated(bins: impl Iterator<Item = (f64, f64, f64)> + Clone) -> Option<f64> {
    let mean = lufs(mean_above(bins.clone(), f64::MIN)?)?;
    lufs(mean_above(bins, mean - RELATIVE_GATE_LU)?)
}

/// Mean power of all blocks louder than `gate_lufs`.
fn mean_above(bins: impl Iterator<Item = (f64, f64, f64)>, gate_lufs: f64) -> Option<f64> {
    let (mut count, mut sum) = (0.0, 0.0);
    for (edge, blocks, energy) in bins {
        let top = edge + BIN_LU;
        if edge >= gate_lufs {
            count += blocks;
            sum += energy;
        } else if top > gate_lufs {
            // The part above the gate, its blocks spread evenly.
            let share = blocks * (top - gate_lufs) / BIN_LU;
            count += share;
            sum += share * power(f64::midpoint(gate_lufs, top));
        }
    }
    (count > 0.0).then(|| sum / count)
}

#[cfg(test)]
mod tests {
    use super::super::gating::integrated;
    use super::*;

    /// Energies of a track whose level wanders.
    fn track(seconds: usize, level: f64, swing: f64) -> Vec<f32> {
        let at = |i: usize| level + swing * (i as f64 * 0.013).sin() + 2.0 * (i as f64 * 0.7).sin();
        (0..seconds * 10).map(|i| power(at(i)) as f32).collect()
    }

    fn album(tracks: &[Vec<f32>]) -> Option<f64> {
        let mut gate = AlbumGate::new();
        for energies in tracks {
            let histogram = BlockHistogram::of(energies).expect("sound");
            gate.add(&histogram, integrated(energies).expect("sound"));
        }
        gate.lufs()
    }

    /// The gates of the standard over the blocks of all tracks, block by block.
    fn exact(tracks: &[Vec<f32>]) -> f64 {
        let blocks: Vec<f64> = tracks
            .iter()
            .flat_map(|t| t.windows(4).map(|w| w.iter().map(|&z| f64::from(z)).sum::<f64>() / 4.0))
            .collect();
        let mean = |gate: f64| {
            let passing: Vec<f64> = blocks.iter().copied().filter(|&z| z > gate).collect();
            passing.iter().sum::<f64>() / passing.len() as f64
        };
        lufs(mean(mean(power(-70.0)) * 0.1)).expect("sound")
    }

    #[test]
    fn one_track_is_as_loud_as_itself() {
        for energies in [track(180, -14.0, 6.0), track(5, -40.0, 0.0), vec![0.01; 50]] {
            let own = integrated(&energies).expect("sound");
            let one = album(std::slice::from_ref(&energies)).expect("sound");
            assert!((one - own).abs() < 1e-12, "{one} {own}");
            let twice = album(&[energies.clone(), energies]).expect("sound");
            assert!((twice - own).abs() < 0.002, "{twice} {own}");
        }
    }

    #[test]
    fn an_album_is_gated_over_all_its_blocks() {
        let tracks = [
            track(200, -12.0, 4.0),
            track(300, -24.0, 9.0),
            track(60, -38.0, 3.0),
            track(240, -15.0, 12.0),
        ];
        let (ours, exact) = (album(&tracks).expect("sound"), exact(&tracks));
        assert!((ours - exact).abs() < 0.003, "{ours} {exact}");
        // It is no mean over the tracks: the quiet one is below the album's gate.
        let [a, b, _, d] = tracks;
        assert!((album(&[a, b, d]).expect("sound") - ours).abs() < 0.1);
    }

    #[test]
    fn no_track_no_loudness() {
        assert_eq!(AlbumGate::new().lufs(), None);
    }
}
