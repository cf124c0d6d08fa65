//! What holds a run back: arithmetic over sums, so that it is tested without a run.

use crate::error::Gravity;

/// A way in which a run is held back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Lanes stand still because the disk, or the network behind it, does not give bytes.
    Io,
    /// Files wait for memory.
    Memory,
    /// Files wait for the database.
    Writer,
    /// Cores have no file.
    FewFiles,
    /// Files wait for the share of the processor that the user gave.
    Manners,
    /// Decoding takes most of the processor time.
    Decode,
    /// The descriptors take most of the processor time.
    Analysis,
}

impl Kind {
    /// Its stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Io => "io-bound",
            Self::Memory => "memory-throttled",
            Self::Writer => "writer-bound",
            Self::FewFiles => "too-few-files-in-flight",
            Self::Manners => "throttled-by-wish",
            Self::Decode => "decode-bound",
            Self::Analysis => "analysis-bound",
        }
    }

    /// What can be done about it.
    pub fn advice(self) -> &'static str {
        match self {
            Self::Io => {
                "the disk or the network is the brake: raise --jobs so that more files are read at a time \
                 (not on a single spinning disk), or copy the library to a faster disk"
            }
            Self::Memory => "raise --memory, or lower --jobs: files wait for one another's memory",
            Self::Writer => {
                "put the database (--db) on a faster, local disk; network file systems and \
                 memory cards commit slowly"
            }
            Self::FewFiles => {
                "raise --jobs to the number of cores; at the end of a library, and with one file, this \
                 is as it should be"
            }
            Self::Manners => "raise --max-cpu, or leave it as it was wished",
            Self::Decode => {
                "the processor is busy, and mostly with decoding: only more or faster cores, or \
                 --depth quick where it will do, make it faster"
            }
            Self::Analysis => {
                "the processor is busy with the descriptors: only more or faster cores, or \
                 --depth quick where it will do, make it faster"
            }
        }
    }
}

/// A tenth of the time is worth a word, half of it is most of what can be gained.
fn gravity(share: f64) -> Gravity {
    match share {
        0.5.. => Gravity::Critical,
        0.25.. => Gravity::High,
        0.1.. => Gravity::Medium,
        _ => Gravity::Low,
    }
}

/// One way in which a run was held back.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Finding {
    /// Which.
    pub kind: Kind,
    /// How much it matters.
    pub severity: Gravity,
    /// Share of the time in question, 0..=1: of the time of all files in flight for waits, of what all
    /// cores could have done for idle ones, of the processor time for work.
    pub share: f64,
}

/// Sums over a run, in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sums {
    /// Wall time.
    pub elapsed_s: f64,
    /// Processor time of the process.
    pub cpu_s: f64,
    /// Cores.
    pub cores: f64,
    /// Files in flight at most.
    pub jobs: f64,
    /// Wall time of all files, each from its attempt to its outcome.
    pub tracks_s: f64,
    /// Processor time of opening and decoding.
    pub decode_s: f64,
    /// Waiting for bytes.
    pub read_s: f64,
    /// Wall time of opening files.
    pub opening_s: f64,
    /// Lanes without a chunk.
    pub starved_s: f64,
    /// Waiting for memory.
    pub memory_s: f64,
    /// Waiting for the writer.
    pub writer_s: f64,
    /// Waiting for the share of the processor.
    pub manners_s: f64,
    /// File threads without a file.
    pub work_s: f64,
}

/// Shares below this are not told.
const LEAST: f64 = 0.02;

/// What holds a run back, the worst first; never empty, as something always does.
pub fn findings(sums: &Sums) -> Vec<Finding> {
    let in_flight = |seconds: f64| share(seconds, sums.tracks_s);
    // Reading that goes on while the lanes have chunks holds nobody up.
    let held_up = sums.read_s.min(sums.starved_s + sums.opening_s);
    let idle = 1.0 - share(sums.cpu_s, sums.cores * sums.elapsed_s);
    let without_file = share(sums.work_s, sums.jobs * sums.elapsed_s);
    let few = without_file.max(1.0 - share(sums.jobs, sums.cores)).min(idle);
    let waits = [
        (Kind::Io, in_flight(held_up)),
        (Kind::Memory, in_flight(sums.memory_s)),
        (Kind::Writer, in_flight(sums.writer_s)),
        (Kind::FewFiles, few),
        (Kind::Manners, in_flight(sums.manners_s)),
    ];
    let told = waits.into_iter().filter(|(_, share)| *share >= LEAST);
    let mut found: Vec<Finding> =
        told.map(|(kind, share)| Finding { kind, severity: gravity(share), share }).collect();
    let decode = share(sums.decode_s, sums.cpu_s);
    let (kind, share) =
        if decode >= 0.5 { (Kind::Decode, decode) } else { (Kind::Analysis, 1.0 - decode) };
    // Work is what the machine is there for.
    found.push(Finding { kind, severity: Gravity::Low, share });
    found.sort_by(|a, b| b.severity.cmp(&a.severity).then(b.share.total_cmp(&a.share)));
    found
}

/// `part` of `whole`, within 0..=1; 0 of nothing.
fn share(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { (part / whole).clamp(0.0, 1.0) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two busy cores, two files in flight, a third of the work is decoding.
    const BUSY: Sums = Sums {
        elapsed_s: 10.0,
        cpu_s: 19.5,
        cores: 2.0,
        jobs: 2.0,
        tracks_s: 19.8,
        decode_s: 6.5,
        read_s: 0.3,
        opening_s: 0.1,
        starved_s: 1.0,
        memory_s: 0.0,
        writer_s: 0.05,
        manners_s: 0.0,
        work_s: 0.2,
    };

    fn worst(sums: &Sums) -> (Kind, Gravity) {
        let found = findings(sums);
        (found[0].kind, found[0].severity)
    }

    #[test]
    fn busy_cores_are_as_it_should_be() {
        assert_eq!(worst(&BUSY), (Kind::Analysis, Gravity::Low));
        assert_eq!(worst(&Sums { decode_s: 12.0, ..BUSY }), (Kind::Decode, Gravity::Low));
    }

    #[test]
    fn each_wait_is_named_with_its_severity() {
        let idle = Sums { cpu_s: 4.0, ..BUSY };
        let read = Sums { read_s: 15.0, starved_s: 15.5, ..idle };
        assert_eq!(worst(&read), (Kind::Io, Gravity::Critical));
        assert_eq!(worst(&Sums { memory_s: 6.0, ..idle }), (Kind::Memory, Gravity::High));
        assert_eq!(worst(&Sums { writer_s: 3.0, ..idle }), (Kind::Writer, Gravity::Medium));
        assert_eq!(worst(&Sums { manners_s: 12.0, ..idle }), (Kind::Manners, Gravity::Critical));
        assert_eq!(worst(&Sums { work_s: 9.0, ..idle }), (Kind::FewFiles, Gravity::High));
        assert_eq!(worst(&Sums { jobs: 1.0, cores: 4.0, ..idle }).0, Kind::FewFiles);
    }

    #[test]
    fn reading_ahead_and_busy_cores_hold_nobody_up() {
        let ahead = Sums { read_s: 15.0, starved_s: 0.1, ..BUSY };
        assert_eq!(worst(&ahead).0, Kind::Analysis, "the lanes had chunks all the time");
        let side_by_side = Sums { jobs: 1.0, work_s: 0.1, ..BUSY };
        assert_eq!(worst(&side_by_side).0, Kind::Analysis, "one file on two busy cores");
    }

    #[test]
    fn a_run_of_nothing_has_a_finding_and_no_nan() {
        let found = findings(&Sums::default());
        assert!(!found.is_empty() && found.iter().all(|found| (0.0..=1.0).contains(&found.share)));
    }
}
