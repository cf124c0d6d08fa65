//! The tonal centroid: where the pitch classes of a track lie between fifths and thirds.

use super::chroma::Chroma;
use std::f64::consts::PI;

/// Steps around the circle that a semitone makes, in units of half a turn, and the radius, of the
/// circles of fifths, minor thirds and major thirds.
const CIRCLES: [(f64, f64); 3] = [(7.0 / 6.0, 1.0), (3.0 / 2.0, 1.0), (2.0 / 3.0, 0.5)];

/// Returns the six coordinates of the tonal centroid: sine and cosine on the circles of fifths,
/// minor thirds (radius 1 each) and major thirds (radius 0.5); `None` for an empty chroma.
///
/// Method: Harte, Sandler & Gasser, "Detecting harmonic change in musical audio", AMCMM 2006, C at
/// angle 0, the chroma divided by its sum; as `librosa.feature.tonnetz` of the mean chroma.
pub(super) fn tonnetz(chroma: &Chroma) -> Option<[f32; 6]> {
    let total: f64 = chroma.iter().copied().map(f64::from).sum();
    let share = |class: f32| f64::from(class) / total;
    let coordinate = |index: usize| {
        let (step, radius) = CIRCLES[index / 2];
        let on_circle = |semitone: usize| {
            let angle = PI * step * semitone as f64;
            if index.is_multiple_of(2) { angle.sin() } else { angle.cos() }
        };
        let weighted = chroma.iter().enumerate().map(|(k, &class)| share(class) * on_circle(k));
        (radius * weighted.sum::<f64>()) as f32
    };
    (total > 0.0).then(|| std::array::from_fn(coordinate))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(class: usize) -> Chroma {
        let mut chroma = Chroma::default();
        chroma[class] = 1.0;
        chroma
    }

    fn distance(a: [f32; 6], b: [f32; 6]) -> f32 {
        a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f32>().sqrt()
    }

    #[test]
    fn one_pitch_class_lies_on_all_three_circles() {
        for class in 0..12 {
            let at = tonnetz(&one(class)).expect("a tone");
            let radii = [0, 2, 4].map(|i| at[i].hypot(at[i + 1]));
            assert!(radii.iter().zip([1.0, 1.0, 0.5]).all(|(r, e)| (r - e).abs() < 1e-6));
        }
    }

    #[test]
    fn fifths_and_thirds_are_near_and_tritones_far() {
        let from_c = |class| {
            let [c, other] = [0, class].map(|class| tonnetz(&one(class)).expect("a tone"));
            distance(c, other)
        };
        let near = [3, 4, 5, 7, 8, 9].map(from_c);
        let far = [1, 2, 6, 10, 11].map(from_c);
        let nearest_far = far.iter().copied().fold(f32::MAX, f32::min);
        assert!(near.iter().all(|&distance| distance < nearest_far), "{near:?} {far:?}");
    }

    /// Values of `librosa.feature.tonnetz` 0.11 (`tests/fixtures/timbre/tonnetz.py` prints them).
    #[test]
    fn the_coordinates_are_those_of_librosa() {
        let mixture = [0.9, 0.2, 0.5, 0.1, 0.8, 0.4, 0.1, 1.0, 0.1, 0.6, 0.2, 0.5];
        let mut major = one(0);
        (major[4], major[7]) = (1.0, 1.0);
        for (chroma, expected) in [
            (one(0), [0.0, 1.0, 0.0, 1.0, 0.0, 0.5]),
            (major, [0.455342, 0.455342, 0.333333, 0.666667, 0.288675, 0.0]),
            (mixture, [0.336301, 0.241892, 0.074074, 0.185185, 0.056131, -0.013889]),
        ] {
            let found = tonnetz(&chroma).expect("tones");
            assert!(distance(found, expected) < 2e-6, "{found:?} {expected:?}");
        }
    }

    #[test]
    fn an_empty_chroma_has_no_centre_and_a_full_one_has_it_at_zero() {
        assert_eq!(tonnetz(&Chroma::default()), None);
        let middle = tonnetz(&[1.0; 12]).expect("tones");
        assert!(middle.iter().all(|x| x.abs() < 1e-6), "{middle:?}");
    }
}
