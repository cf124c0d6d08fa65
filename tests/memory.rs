//! The memory of the whole process does not depend on the length of a file.

#![cfg(target_os = "linux")]
#![allow(clippy::print_stdout, reason = "a long run says what it found")]

mod common;

use std::fs::{self, File};
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use common::Library;

/// Growth per hour of sound that is allowed: the onset functions, chroma and loudness blocks that
/// are kept until the end, and what computing the results from them takes.
const GROWTH_KB_PER_HOUR: u64 = 8 << 10;

/// A WAVE file of so many seconds at 8 kHz, mono, 8 bit: a few notes, then a hole in the file that
/// reads as a constant.
fn long_wave(path: &Path, seconds: u32) {
    let data = seconds * 8_000;
    let mut file = File::create(path).expect("made");
    let mut head = common::wave(8_000, 1, &[]);
    head[4..8].copy_from_slice(&(36 + data).to_le_bytes());
    head[28..32].copy_from_slice(&8_000u32.to_le_bytes());
    head[32..34].copy_from_slice(&1u16.to_le_bytes());
    head[34..36].copy_from_slice(&8u16.to_le_bytes());
    head[40..44].copy_from_slice(&data.to_le_bytes());
    file.write_all(&head).expect("written");
    let notes: Vec<u8> =
        (0..80_000u32).map(|n| (n * (440 + n / 16_000 * 55) / 31 % 256) as u8).collect();
    file.write_all(&notes).expect("written");
    file.seek(SeekFrom::Start(44 + u64::from(data) - 1)).expect("sought");
    file.write_all(&[0]).expect("written");
}

/// Address space beyond the budget: code, what is set aside for it, and for each job the stacks of its two
/// threads. Most of it is never touched.
fn addresses_kb(budget_mb: u64, jobs: u64) -> u64 {
    (budget_mb + 96 + 5 * jobs) << 10
}

/// Peak resident size of `analyze` over `library` within a budget, in kB. The system gives it no more addresses
/// than that needs: an allocation beyond is the end of it.
fn peak_of(library: &Library, budget_mb: u64, jobs: u64) -> u64 {
    let addresses = addresses_kb(budget_mb, jobs);
    let mut child = Command::new("sh")
        .env_clear()
        // Each arena of the allocator reserves 64 MB of addresses and uses little of it.
        .env("MALLOC_ARENA_MAX", "1")
        .args(["-c", &format!("ulimit -v {addresses}; exec \"$@\""), "sh"])
        .args([env!("CARGO_BIN_EXE_phonolite"), "analyze", "--quiet", "--force"])
        .args(["--jobs", &jobs.to_string(), "--memory", &format!("{budget_mb}M"), "--db"])
        .arg(library.database())
        .arg(library.music())
        .spawn()
        .expect("starts");
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    let ended = loop {
        let now = fs::read_to_string(&status).unwrap_or_default();
        let mark = now.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kb = mark.and_then(|text| text.trim().trim_end_matches(" kB").parse().ok());
        peak = kb.unwrap_or(0).max(peak);
        if let Some(ended) = child.try_wait().expect("runs") {
            break ended;
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    assert!(ended.success(), "{budget_mb} MB, {jobs} jobs: {ended}");
    peak
}

/// Peak resident size of `analyze` over one file of so many seconds, in kB.
fn peak_kb(seconds: u32) -> u64 {
    let library = Library::new();
    long_wave(&library.music().join("long.wav"), seconds);
    let peak = peak_of(&library, 64, 1);
    assert_eq!(library.rows().len(), 1);
    peak
}

/// `seconds` of 16 bit in eight channels at 192 kHz: three megabytes a second.
fn wide_wave(seconds: u32) -> Vec<u8> {
    let samples =
        (0..u64::from(seconds) * 192_000 * 8).map(|n| (n * 7_919 % 20_001) as i16 - 10_000);
    common::wave(192_000, 8, &samples.collect::<Vec<_>>())
}

#[test]
fn budgets_hold_for_many_jobs_and_many_channels() {
    let library = Library::new();
    fs::write(library.music().join("wide.wav"), wide_wave(4)).expect("written");
    for number in 0..80 {
        let file = library.music().join(format!("{number:02}.wav"));
        fs::write(file, common::sine(200.0 + f64::from(number), 3.0)).expect("written");
    }
    for budget in [64, 128, 256] {
        let peak = peak_of(&library, budget, 64);
        println!("{budget} MB, 64 jobs: {peak} kB");
        assert!(peak < budget << 10, "{peak} kB within a budget of {budget} MB");
    }
    assert_eq!(library.rows().len(), 81);
}

/// `PHONOLITE_LONG_HOURS=10 cargo test --release --test memory hours -- --nocapture`
#[test]
fn budgets_hold_for_hours() {
    let hours: Option<u32> =
        std::env::var("PHONOLITE_LONG_HOURS").ok().and_then(|text| text.parse().ok());
    let Some(hours) = hours else { return };
    let library = Library::new();
    long_wave(&library.music().join("long.wav"), hours * 3_600);
    for budget in [64, 128, 256] {
        let peak = peak_of(&library, budget, 64);
        println!("{budget} MB, {hours} h: {peak} kB");
        assert!(peak < budget << 10, "{peak} kB within a budget of {budget} MB");
    }
}

#[test]
fn half_an_hour_takes_little_more_than_three_minutes() {
    let (short, long) = (peak_kb(180), peak_kb(1_800));
    assert!(short > 5_000, "the measurement works: {short} kB");
    assert!(long < 64 << 10, "{long} kB within a budget of 64 MB");
    let growth = GROWTH_KB_PER_HOUR * (1_800 - 180) / 3_600;
    assert!(long < short + growth, "{short} kB for 3 min, {long} kB for half an hour");
}
