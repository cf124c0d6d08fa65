//! No file can stop a run: thousands of broken and lying files go through the whole pipeline.
//!
//! By default a short run. `PHONOLITE_MUTANTS=20000 cargo test --release --test mutants` makes a
//! long one, `PHONOLITE_MUTANTS_SEED` another, `PHONOLITE_MUTANTS_OF=mp3` one of files that are called so, and
//! `PHONOLITE_MUTANT=n` only the n-th of a seed.
//! What is found stays in `target/mutants`.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test ends so")]
#![allow(clippy::print_stderr, reason = "a long run says what it did")]

mod batch;
mod bombs;
mod boxes;
mod checksums;
#[path = "../common/mod.rs"]
mod common;
mod dice;
mod mutate;
mod seeds;
#[allow(dead_code, reason = "used in part")]
#[path = "../decode/support.rs"]
mod support;
mod watch;

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use batch::{Fate, Fates};
use dice::Dice;
use phonolite::pipeline::Outcome;
use seeds::Seed;

/// Processor seconds that one file may take, all threads and its neighbour in flight included; the
/// seeds take 0.05 s without optimisation.
const CPU_S: f64 = 5.0;
/// The same for each second of sound that comes out: a build for development takes 0.08, and a neighbour as much. A
/// mutant may be a seed several times over.
const CPU_S_A_SECOND: f64 = 0.2;
/// Resident bytes that the process may reach with a budget of 64 MB, the test's own included.
const RESIDENT: u64 = 300 << 20;
/// Address space that the process may ask for: more means that a size in a file was believed.
const ASKED: u64 = 4 << 30;
/// Files a run.
const BATCH: u64 = 300;

/// The tests of this file measure the process: one at a time.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

/// Where mutants lie while they are read, and stay when they are found guilty.
fn kept_in() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("inside the target folder");
    target.join("mutants")
}

#[test]
fn no_mutant_stops_a_run_or_shows_a_defect() {
    let _alone = alone();
    let seed = number("PHONOLITE_MUTANTS_SEED").unwrap_or(1);
    let (first, count) = match number("PHONOLITE_MUTANT") {
        Some(index) => (index, 1),
        None => (0, number("PHONOLITE_MUTANTS").unwrap_or(600)),
    };
    let seeds = seeds::of(&std::env::var("PHONOLITE_MUTANTS_OF").unwrap_or_default());
    let mut tally = BTreeMap::new();
    let mut guilty = Vec::new();
    for start in (first..first + count).step_by(BATCH as usize) {
        let numbers = start..(start + BATCH).min(first + count);
        guilty.extend(one_batch(&seeds, seed, numbers, &mut tally));
    }
    eprintln!("{count} mutants of seed {seed}: {tally:?}");
    eprintln!("peak: {} MB resident", watch::peak_resident() >> 20);
    assert!(guilty.is_empty(), "{} guilty:\n{}", guilty.len(), guilty.join("\n"));
    assert!(watch::peak_resident() < RESIDENT, "{} bytes resident", watch::peak_resident());
    assert!(watch::peak_asked() < ASKED, "{} bytes asked for", watch::peak_asked());
}

/// Runs the mutants `numbers` of `seed`; returns what is wrong, a line each.
fn one_batch(
    seeds: &[Seed],
    seed: u64,
    numbers: Range<u64>,
    tally: &mut BTreeMap<&'static str, u64>,
) -> Vec<String> {
    let folder = kept_in().join(format!("seed-{seed}-from-{}", numbers.start));
    fs::create_dir_all(&folder).expect("made");
    let names: Vec<String> =
        numbers.clone().map(|number| write_mutant(seeds, seed, number, &folder)).collect();
    let force = (numbers.start / BATCH).is_multiple_of(2);
    let fates = batch::run(&folder, 2, force);
    let mut guilty = Vec::new();
    for (name, number) in names.iter().zip(numbers) {
        let complaint = judge(&fates, name, tally);
        guilty.extend(complaint.map(|complaint| keep(&folder, name, seed, number, &complaint)));
    }
    fs::remove_dir_all(&folder).expect("removed");
    guilty
}

fn write_mutant(seeds: &[Seed], seed: u64, number: u64, folder: &Path) -> String {
    let mut dice = Dice::new(seed, number);
    let original = dice.pick(seeds);
    let name = format!("{number}-{}", original.name);
    fs::write(folder.join(&name), mutate::mutant(original, seeds, &mut dice)).expect("written");
    name
}

/// What is wrong with the fate of a file, if anything.
fn judge(fates: &Fates, name: &str, tally: &mut BTreeMap<&'static str, u64>) -> Option<String> {
    let [fate] = fates.get(name).map_or(&[][..], Vec::as_slice) else {
        return Some(format!("{:?} instead of one outcome", fates.get(name)));
    };
    *tally.entry(fate.kind()).or_default() += 1;
    let Fate { outcome, cpu_s } = fate;
    if fate.is_defect() {
        return Some(format!("{outcome:?}"));
    }
    let heard_s =
        if let Outcome::Analysed { duration_s, .. } = outcome { *duration_s } else { 0.0 };
    let allowed_s = CPU_S + CPU_S_A_SECOND * heard_s;
    (*cpu_s > allowed_s).then(|| format!("{cpu_s} s of processor time, {outcome:?}"))
}

/// Moves a guilty file to where it can be looked at, and says how to make it again.
fn keep(folder: &Path, name: &str, seed: u64, number: u64, complaint: &str) -> String {
    let kept = kept_in().join(format!("seed-{seed}-{name}"));
    fs::rename(folder.join(name), &kept).expect("moved");
    format!(
        "{}: {complaint}\n    again: PHONOLITE_MUTANTS_SEED={seed} PHONOLITE_MUTANT={number} (and _OF, if it was set) \
         cargo test --test mutants no_mutant",
        kept.display()
    )
}
