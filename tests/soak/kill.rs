//! Killed at any moment, the library ends as if nothing had happened.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::thread;
use std::time::{Duration, Instant};

use crate::dice::Dice;
use crate::tables::{self, Contents};
use crate::{music, number, power, program, seed};

/// Files made for a run, fixtures aside: few for a short run, a few hundred for a long one.
fn files(kills: u64) -> u32 {
    if kills < 50 { 80 } else { 240 }
}

/// How a run is ended.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Blow {
    Kill,
    Term,
    Int,
    IntTwice,
}

impl Blow {
    /// Half of them leave no time to say goodbye.
    fn any(dice: &mut Dice) -> Self {
        *dice.pick(&[Self::Kill, Self::Kill, Self::Kill, Self::Term, Self::Int, Self::IntTwice])
    }

    fn deal(self, child: &std::process::Child, dice: &mut Dice) {
        let first = match self {
            Self::Kill => "-KILL",
            Self::Term => "-TERM",
            Self::Int | Self::IntTwice => "-INT",
        };
        program::signal(child, first);
        if self == Self::IntTwice {
            thread::sleep(Duration::from_micros(dice.below(20_000) as u64));
            program::signal(child, "-INT");
        }
    }

    /// Code of a run that this ended in order, and the signal of one that it took at once.
    fn ends(self) -> (Option<i32>, i32) {
        match self {
            Self::Kill => (None, 9),
            Self::Term => (Some(143), 15),
            Self::Int | Self::IntTwice => (Some(130), 2),
        }
    }
}

/// What happened, for the last line.
#[derive(Debug, Default)]
struct Tally {
    kill: u32,
    term: u32,
    int: u32,
    int_twice: u32,
    /// The run had ended before the blow came.
    too_late: u32,
    /// Blows by the quarter of the library that was done when they fell.
    quarters: [u32; 4],
    logs_torn: u32,
    /// Databases that a next run finished and that were compared: each one struck, as it was left and as a
    /// failure of the power would have left it.
    ends_compared: u32,
}

impl Tally {
    fn count(&mut self, blow: Blow) {
        *match blow {
            Blow::Kill => &mut self.kill,
            Blow::Term => &mut self.term,
            Blow::Int => &mut self.int,
            Blow::IntTwice => &mut self.int_twice,
        } += 1;
    }
}

/// A library and what an undisturbed run makes of it.
struct Soak {
    folder: tempfile::TempDir,
    expected: Contents,
    /// How long that takes, as far as one can tell on a machine that others use.
    whole: Duration,
    /// Share of the library that the database at hand lacks.
    left: f64,
}

/// Share of the library below which a run takes its time for other things.
const LITTLE: f64 = 0.2;

impl Soak {
    fn new(files: u32) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut soak = Self { folder, expected: Contents::new(), whole: Duration::ZERO, left: 1.0 };
        fs::create_dir(soak.music()).expect("made");
        music::make(&soak.music(), files);
        let started = Instant::now();
        let database = soak.fresh("undisturbed");
        program::finish(&soak.music(), &database, "the undisturbed run");
        soak.whole = started.elapsed();
        soak.expected = tables::contents(&database);
        assert!(soak.expected["file"].len() > files as usize);
        soak
    }

    fn music(&self) -> PathBuf {
        self.folder.path().join("music")
    }

    /// Place of a database that does not exist yet.
    fn fresh(&self, name: &str) -> PathBuf {
        let home = self.folder.path().join(name);
        fs::create_dir(&home).expect("made");
        home.join("library.db")
    }

    /// Share of the library that a database lacks.
    fn lack(&self, database: &Path) -> f64 {
        1.0 - tables::files(database) as f64 / self.expected["file"].len() as f64
    }

    /// One run that is struck after a random part of its time; what it left is finished and compared, and so is
    /// what a failure of the power would have left. The database stays as the blow left it, for the next one. True
    /// when the run came to its end before.
    fn strike(&mut self, database: &Path, what: &str, dice: &mut Dice, tally: &mut Tally) -> bool {
        let blow = Blow::any(dice);
        let started = Instant::now();
        let child = program::start(&self.music(), database, &[]);
        let most = self.whole.mul_f64(self.left.max(LITTLE));
        thread::sleep(most.mul_f64(dice.below(1_000) as f64 / 1_000.0));
        blow.deal(&child, dice);
        let status = program::wait(child, what);
        let what = format!("{what}, {blow:?}");
        // Before anybody opens the database, which mends it.
        let torn = self.folder.path().join("torn");
        let how = power::fail(database, &torn, dice);
        sound(database, &what);
        if let Some(how) = how {
            let what = format!("{what}, {how}");
            sound(&torn.join("library.db"), &what);
            self.finish(&torn.join("library.db"), &what, tally);
            tally.logs_torn += 1;
        }
        let finished = judge(blow, status, database, &what);
        if finished {
            tally.too_late += 1;
            // The machine has become quieter.
            self.whole = self.whole.min(started.elapsed().div_f64(self.left.max(LITTLE)));
            self.left = 1.0;
            return true;
        }
        self.left = self.lack(database);
        tally.count(blow);
        tally.quarters[(4.0 * (1.0 - self.left)).clamp(0.0, 3.0) as usize] += 1;
        let next = self.fresh("next");
        power::copy(database, &next);
        let took = self.finish(&next, &what, tally);
        if self.left > 0.5 {
            self.whole = (self.whole + took.div_f64(self.left)) / 2;
        }
        false
    }

    /// What is there now is finished and compared; returns how long the program took.
    fn finish(&self, database: &Path, what: &str, tally: &mut Tally) -> Duration {
        let started = Instant::now();
        program::finish(&self.music(), database, what);
        let took = started.elapsed();
        sound(database, what);
        let unlike = tables::difference(&self.expected, &tables::contents(database));
        assert!(unlike.is_none(), "{what}: {}", unlike.unwrap_or_default());
        tally.ends_compared += 1;
        fs::remove_dir_all(database.parent().expect("its home")).expect("removed");
        took
    }
}

fn sound(database: &Path, what: &str) {
    let wrong = tables::complaint(database);
    assert!(wrong.is_none(), "{what}: {}", wrong.unwrap_or_default());
}

/// Checks how a run ended; true when it was done before the blow came.
fn judge(blow: Blow, status: ExitStatus, database: &Path, what: &str) -> bool {
    let (code, taken) = blow.ends();
    // Broken files that an earlier run told of are no failures of this one.
    if matches!(status.code(), Some(0 | 3)) {
        return true;
    }
    if status.code().is_some() && status.code() == code {
        let left = tables::attempts_left(database);
        assert!(blow == Blow::IntTwice || left == 0, "{what}: {left} attempts left");
    } else {
        // Before the program listens to signals the system ends it.
        assert_eq!(status.signal(), Some(taken), "{what}: {status}");
    }
    false
}

#[test]
fn killed_at_any_moment_the_library_ends_the_same() {
    let kills = number("PHONOLITE_KILLS").unwrap_or(6);
    let mut soak = Soak::new(files(kills));
    let mut tally = Tally::default();
    let (mut round, mut landed) = (0, 0);
    let mut database = soak.fresh("round-0");
    while landed < kills {
        let mut dice = Dice::new(seed(), landed ^ (round << 32));
        let what = format!("blow {landed} of seed {}", seed());
        let finished = soak.strike(&database, &what, &mut dice, &mut tally);
        landed += u64::from(!finished);
        if finished || landed == kills {
            // All that struck this database, one after the other, and then peace.
            soak.finish(&database, &what, &mut tally);
            soak.left = 1.0;
            round += 1;
            database = soak.fresh(&format!("round-{round}"));
        }
    }
    eprintln!("{landed} blows of seed {}, a run takes {:?}: {tally:?}", seed(), soak.whole);
}
