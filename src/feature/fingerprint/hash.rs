//! From the image to hashes of 32 bits.
//!
//! Y. Ke, D. Hoiem, R. Sukthankar, "Computer vision for music identification", CVPR 2005: sixteen
//! filters compare areas of the image (time by note), each quantised to two bits. Filters and
//! thresholds are those Chromaprint learned for its algorithm 2.

use super::chroma::{NOTES, Row};

/// Rows that the widest filter spans.
const WIDEST: usize = 16;
/// Sums that are kept: from before the first row of a hash to behind its last.
const KEPT: usize = WIDEST + 1;
/// Hashes of 120 s, rounded up.
const MOST_HASHES: usize = 950;

/// Which areas are compared: the second is subtracted from the first.
#[derive(Clone, Copy, Debug)]
enum Shape {
    /// All, with nothing.
    Whole,
    /// The upper half of the notes with the lower.
    Notes,
    /// The later half of the time with the earlier.
    Times,
    /// Two opposite quarters with the others.
    Quarters,
    /// The middle third of the notes with the rest.
    MiddleNotes,
    /// The middle third of the time with the rest.
    MiddleTimes,
}

/// A filter and its thresholds.
struct Classifier {
    shape: Shape,
    /// First note, number of notes, number of rows.
    first: usize,
    notes: usize,
    rows: usize,
    thresholds: [f64; 3],
}

const fn classifier(
    shape: Shape,
    [first, notes, rows]: [usize; 3],
    thresholds: [f64; 3],
) -> Classifier {
    Classifier { shape, first, notes, rows, thresholds }
}

/// Constants of Chromaprint's algorithm 2 (1.5, `fingerprinter_configuration`), most significant
/// bits first.
const CLASSIFIERS: [Classifier; 16] = {
    use Shape::{MiddleNotes, MiddleTimes, Notes, Quarters, Times, Whole};
    [
        classifier(Whole, [4, 3, 15], [1.98215, 2.35817, 2.63523]),
        classifier(MiddleNotes, [4, 6, 15], [-1.03809, -0.651211, -0.282167]),
        classifier(Notes, [0, 4, 16], [-0.298702, 0.119262, 0.558497]),
        classifier(Quarters, [8, 2, 12], [-0.105439, 0.0153946, 0.135898]),
        classifier(Quarters, [4, 4, 8], [-0.142891, 0.0258736, 0.200632]),
        classifier(MiddleNotes, [0, 3, 5], [-0.826319, -0.590612, -0.368214]),
        classifier(Notes, [2, 2, 9], [-0.557409, -0.233035, 0.0534525]),
        classifier(Times, [7, 3, 4], [-0.0646826, 0.00620476, 0.0784847]),
        classifier(Times, [6, 2, 16], [-0.192387, -0.029699, 0.215855]),
        classifier(Times, [1, 3, 2], [-0.0397818, -0.00568076, 0.0292026]),
        classifier(MiddleTimes, [10, 1, 15], [-0.53823, -0.369934, -0.190235]),
        classifier(Quarters, [6, 2, 10], [-0.124877, 0.0296483, 0.139239]),
        classifier(Times, [1, 1, 14], [-0.101475, 0.0225617, 0.231971]),
        classifier(Quarters, [5, 6, 4], [-0.0799915, -0.00729616, 0.063262]),
        classifier(Notes, [9, 2, 12], [-0.272556, 0.019424, 0.302559]),
        classifier(Quarters, [4, 2, 14], [-0.164292, -0.0321188, 0.0846339]),
    ]
};

/// From rows to hashes, one a row once sixteen rows are there.
#[derive(Debug)]
pub(super) struct Hasher {
    /// Sums over all notes below a note and all rows before a row, of the last rows.
    sums: [[f64; NOTES + 1]; KEPT],
    rows: usize,
    hashes: Vec<u32>,
}

impl Hasher {
    pub(super) fn new() -> Self {
        Self { sums: [[0.0; NOTES + 1]; KEPT], rows: 0, hashes: Vec::with_capacity(MOST_HASHES) }
    }

    /// Takes the next row of the image.
    pub(super) fn push(&mut self, row: &Row) {
        let before = self.sums[self.rows % KEPT];
        let mut sums = [0.0; NOTES + 1];
        let mut sum = 0.0;
        for ((total, before), energy) in sums.iter_mut().zip(before).skip(1).zip(row) {
            sum += energy;
            *total = before + sum;
        }
        self.rows += 1;
        self.sums[self.rows % KEPT] = sums;
        if self.rows >= WIDEST {
            let hash = self.hash(self.rows - WIDEST);
            self.hashes.push(hash);
        }
    }

    /// The hashes.
    pub(super) fn finish(self) -> Vec<u32> {
        self.hashes
    }

    /// Heap bytes held, at most.
    pub(super) fn footprint() -> u64 {
        (MOST_HASHES * size_of::<u32>()) as u64
    }

    #[cfg(test)]
    pub(super) fn held(&self) -> u64 {
        (self.hashes.capacity() * size_of::<u32>()) as u64
    }

    /// The hash of the rows from `row` on.
    fn hash(&self, row: usize) -> u32 {
        CLASSIFIERS.iter().fold(0, |bits, classifier| bits << 2 | self.classify(classifier, row))
    }

    /// Two bits: the number of thresholds that are reached, in Gray's code.
    fn classify(&self, classifier: &Classifier, row: usize) -> u32 {
        let (more, less) = self.areas(classifier, row);
        let value = ((1.0 + more) / (1.0 + less)).ln();
        let reached = classifier.thresholds.iter().filter(|&&at| value >= at).count();
        [0b00, 0b01, 0b11, 0b10][reached.min(3)]
    }

    /// The two areas that are compared.
    fn areas(&self, classifier: &Classifier, row: usize) -> (f64, f64) {
        let Classifier { shape, first, notes, rows, .. } = *classifier;
        let area = |from: usize, to: usize, low: usize, high: usize| {
            self.area(row + from, row + to, first + low, first + high)
        };
        let (half_rows, half_notes) = (rows / 2, notes / 2);
        let (third_rows, third_notes) = (rows / 3, notes / 3);
        match shape {
            Shape::Whole => (area(0, rows, 0, notes), 0.0),
            Shape::Notes => (area(0, rows, half_notes, notes), area(0, rows, 0, half_notes)),
            Shape::Times => (area(half_rows, rows, 0, notes), area(0, half_rows, 0, notes)),
            Shape::Quarters => (
                area(0, half_rows, half_notes, notes) + area(half_rows, rows, 0, half_notes),
                area(0, half_rows, 0, half_notes) + area(half_rows, rows, half_notes, notes),
            ),
            Shape::MiddleNotes => (
                area(0, rows, third_notes, 2 * third_notes),
                area(0, rows, 0, third_notes) + area(0, rows, 2 * third_notes, notes),
            ),
            Shape::MiddleTimes => (
                area(third_rows, 2 * third_rows, 0, notes),
                area(0, third_rows, 0, notes) + area(2 * third_rows, rows, 0, notes),
            ),
        }
    }

    /// Sum of the image over rows `from..to` and notes `low..high`.
    fn area(&self, from: usize, to: usize, low: usize, high: usize) -> f64 {
        let (before, behind) = (&self.sums[from % KEPT], &self.sums[to % KEPT]);
        behind[high] - before[high] - behind[low] + before[low]
    }
}
