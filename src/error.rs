//! The vocabulary of failure shared by all layers.
//!
//! Each module has an error enum of its own; what the pipeline, the store and the user need of any
//! of them is said in the types here.

/// What the pipeline does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The damage is confined to a packet: skip it and go on.
    SkipPacket,
    /// This file is given up, the run goes on.
    FailFile,
    /// Nothing can be analysed or stored any more.
    StopRun,
}

macro_rules! named {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum $name { $($(#[$doc])* $variant,)+ }

        impl $name {
            /// Every value, in declaration order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The stable name, as stored and exported.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }

            /// The inverse of [`Self::as_str`].
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($text => Some(Self::$variant),)+ _ => None }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

named! {
    /// Where in the life of a file it failed.
    Stage {
        /// Walking directories and reading metadata of files.
        Scan = "scan",
        /// Opening the file.
        Open = "open",
        /// Recognising container and codec.
        Probe = "probe",
        /// Reading packets and decoding them.
        Decode = "decode",
        /// Waiting for memory.
        Admit = "admit",
        /// Computing descriptors.
        Analyse = "analyse",
        /// Writing to the database.
        Store = "store",
    }
}

named! {
    /// How much something that was found matters to the user.
    Gravity {
        /// As it should be, or good to know; nobody has to do anything.
        Low = "low",
        /// Something does not work as it should, or soon will not.
        Medium = "medium",
        /// Something does not work.
        High = "high",
        /// Results are lost, or most of a run is.
        Critical = "critical",
    }
}

impl serde::Serialize for Gravity {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

named! {
    /// Why it failed. The names are stable: scripts match on them.
    FailureKind {
        /// The operating system refused: permission, missing file, broken disk.
        Io = "io",
        /// Recognised or not, the format is one that is not read; the message names the codec.
        UnsupportedFormat = "unsupported_format",
        /// The container is sound but holds no audio, or none that could be decoded.
        NoAudio = "no_audio",
        /// The bytes contradict the format; too little could be decoded.
        Damaged = "damaged",
        /// A limit (channels, rate, duration, tag size, damaged share) was passed.
        LimitExceeded = "limit_exceeded",
        /// The analysis would need far more memory than the budget.
        OutOfBudget = "out_of_budget",
        /// The file changed while it was read.
        Changed = "changed",
        /// A defect of this program, caught: please report it.
        Internal = "internal",
        /// The program died twice while this file was being read.
        Quarantined = "quarantined",
        /// It took more time than allowed.
        TimedOut = "timed_out",
    }
}

impl FailureKind {
    /// What the user can do about it, one sentence.
    pub fn hint(self) -> &'static str {
        match self {
            Self::Io => {
                "check that the file exists, that it may be read, and that the disk is healthy"
            }
            Self::UnsupportedFormat => {
                "convert it to a format that is read (FLAC, MP3, AAC, Opus, Vorbis, WAV …) or exclude it"
            }
            Self::NoAudio => {
                "nothing to do: there is no sound in it; exclude it to silence this message"
            }
            Self::Damaged => "restore the file from a backup, or re-encode what is left of it",
            Self::LimitExceeded => {
                "raise the limit named in the message if the file is what it claims to be"
            }
            Self::OutOfBudget => "raise --memory for this file",
            Self::Changed => "run again when nothing writes to the file",
            Self::Internal => {
                "this is a defect of phonolite: please report it with the file if you can"
            }
            Self::Quarantined => "run with --retry-failed after an upgrade, and report the file",
            Self::TimedOut => "run with --retry-failed when the machine is less busy",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for &kind in FailureKind::ALL {
            assert_eq!(FailureKind::from_name(kind.as_str()), Some(kind));
            assert!(!kind.hint().is_empty());
        }
        for &stage in Stage::ALL {
            assert_eq!(Stage::from_name(stage.as_str()), Some(stage));
        }
        assert_eq!(Stage::from_name("nonsense"), None);
    }
}
