//! What processor time is spent on, and what is waited for.

/// A kind of work, measured by the processor time of the threads that do it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// Walking folders and comparing what lies there with the database.
    Plan,
    /// Recognising a file, reading its tags, naming its beginning.
    Open,
    /// Demuxing, decoding, hashing.
    Decode,
    /// Loudness and true peak.
    Loudness,
    /// The signal as such.
    Signal,
    /// The envelope at the rate of the file.
    Envelope,
    /// Chromaprint.
    Fingerprint,
    /// Mono at the analysis rate.
    Resample,
    /// Short spectra and mel bands.
    ShortSpectra,
    /// Onsets, tempo, beats: frame by frame.
    Rhythm,
    /// Spectral shape and MFCC.
    Timbre,
    /// Everything else that hears the short spectra: structure, perceptual scores, similarity, bands.
    Others,
    /// Long spectra.
    LongSpectra,
    /// Chroma: frame by frame.
    Tonal,
    /// Tempo and beats of the whole track.
    RhythmEnd,
    /// Key and chords of the whole track.
    TonalEnd,
    /// What is derived from several families.
    Derive,
    /// Models of the user.
    Models,
    /// The database.
    Write,
}

impl Step {
    /// Every step, in the order of the flow.
    pub const ALL: [Self; 19] = [
        Self::Plan,
        Self::Open,
        Self::Decode,
        Self::Loudness,
        Self::Signal,
        Self::Envelope,
        Self::Fingerprint,
        Self::Resample,
        Self::ShortSpectra,
        Self::Rhythm,
        Self::Timbre,
        Self::Others,
        Self::LongSpectra,
        Self::Tonal,
        Self::RhythmEnd,
        Self::TonalEnd,
        Self::Derive,
        Self::Models,
        Self::Write,
    ];

    /// Its stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Open => "open",
            Self::Decode => "decode",
            Self::Loudness => "loudness",
            Self::Signal => "signal",
            Self::Envelope => "envelope",
            Self::Fingerprint => "fingerprint",
            Self::Resample => "resample",
            Self::ShortSpectra => "short_spectra",
            Self::Rhythm => "rhythm",
            Self::Timbre => "timbre",
            Self::Others => "others",
            Self::LongSpectra => "long_spectra",
            Self::Tonal => "tonal",
            Self::RhythmEnd => "rhythm_end",
            Self::TonalEnd => "tonal_end",
            Self::Derive => "derive",
            Self::Models => "models",
            Self::Write => "write",
        }
    }

    /// The rooms it is done in, from the outermost, itself last: a stack of a flamegraph.
    pub fn stack(self) -> &'static [&'static str] {
        match self {
            Self::Plan => &["scan thread", "plan"],
            Self::Open => &["file threads", "open"],
            Self::Decode => &["decode threads", "decode"],
            Self::Loudness => &["lanes", "native rate", "loudness"],
            Self::Signal => &["lanes", "native rate", "signal"],
            Self::Envelope => &["lanes", "native rate", "envelope"],
            Self::Fingerprint => &["lanes", "native rate", "fingerprint"],
            Self::Resample => &["lanes", "mono", "resample"],
            Self::ShortSpectra => &["lanes", "mono", "short lane", "spectra and mel bands"],
            Self::Rhythm => &["lanes", "mono", "short lane", "rhythm"],
            Self::Timbre => &["lanes", "mono", "short lane", "timbre"],
            Self::Others => &["lanes", "mono", "short lane", "structure, scores, similarity"],
            Self::LongSpectra => &["lanes", "mono", "long lane", "spectra"],
            Self::Tonal => &["lanes", "mono", "long lane", "chroma"],
            Self::RhythmEnd => &["lanes", "ending", "tempo and beats"],
            Self::TonalEnd => &["lanes", "ending", "key and chords"],
            Self::Derive => &["lanes", "ending", "derived families"],
            Self::Models => &["lanes", "models of the user"],
            Self::Write => &["writer thread", "write"],
        }
    }
}

/// Something a thread stands still for, measured by the clock on the wall.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Wait {
    /// A file thread has no file: the scan finds too few, or the run ends.
    Work,
    /// The scan has a file and no thread takes it: as it should be.
    Taker,
    /// The attempt is being committed.
    Attempt,
    /// The writer's queue is full.
    Queue,
    /// A file is opened and recognised.
    Opening,
    /// Memory, from the governor.
    Memory,
    /// The manners of the run: share of the processor, battery, load.
    Manners,
    /// The disk gives bytes.
    Read,
    /// The lanes have no chunk: the decoder is behind.
    Chunk,
    /// The decoder has no empty chunk: the lanes are behind.
    Room,
}

impl Wait {
    /// Every wait.
    pub const ALL: [Self; 10] = [
        Self::Work,
        Self::Taker,
        Self::Attempt,
        Self::Queue,
        Self::Opening,
        Self::Memory,
        Self::Manners,
        Self::Read,
        Self::Chunk,
        Self::Room,
    ];

    /// Its stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Work => "work",
            Self::Taker => "taker",
            Self::Attempt => "attempt",
            Self::Queue => "queue",
            Self::Opening => "opening",
            Self::Memory => "memory",
            Self::Manners => "manners",
            Self::Read => "read",
            Self::Chunk => "chunk",
            Self::Room => "room",
        }
    }

    /// What is waited for, in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Work => "file threads wait for a file",
            Self::Taker => "the scan waits for a file thread",
            Self::Attempt => "file threads wait for the commit of an attempt",
            Self::Queue => "file threads wait for room in the writer's queue",
            Self::Opening => "file threads open files",
            Self::Memory => "file threads wait for memory (governor)",
            Self::Manners => "file threads wait for their share of the machine",
            Self::Read => "bytes are waited for",
            Self::Chunk => "lanes wait for the decoder",
            Self::Room => "the decoder waits for the lanes",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn places_are_those_of_the_lists() {
        assert!(Step::ALL.iter().enumerate().all(|(place, &step)| step as usize == place));
        assert!(Wait::ALL.iter().enumerate().all(|(place, &wait)| wait as usize == place));
        let names: BTreeSet<_> = Step::ALL.iter().map(|step| step.name()).collect();
        let stacks: BTreeSet<_> = Step::ALL.iter().map(|step| step.stack()).collect();
        assert_eq!((names.len(), stacks.len()), (Step::ALL.len(), Step::ALL.len()));
    }
}
