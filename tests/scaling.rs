//! A library keeps all cores busy to its end: giants come first, and one file is not left to one core.

mod common;

use std::fs::{self, File};
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Mutex;

use common::{Library, sine};
use phonolite::pipeline::{Cancel, Event, Observer, Options};

/// The order in which files are read.
#[derive(Default)]
struct Order(Mutex<Vec<String>>);

impl Observer for Order {
    fn observe(&self, event: &Event<'_>) {
        if let Event::Reading { path } = event {
            let name = path.file_name().expect("has a name").to_string_lossy().into_owned();
            self.0.lock().expect("sound").push(name);
        }
    }
}

/// A mix behind all songs in the order of names: as soon as the scan has come to it, it is the next.
#[test]
fn the_longest_file_is_not_left_to_the_end() {
    let library = Library::of_sines(60, 2.0);
    fs::write(library.music().join("zz.wav"), sine(99.0, 40.0)).expect("written");
    let order = Order::default();
    let options = Options { jobs: 2, ..library.options() };
    common::run_observed(&library.database(), &options, &Cancel::default(), &order);
    let order = order.0.into_inner().expect("sound");
    let place = order.iter().position(|name| name == "zz.wav").expect("was read");
    // Scanning sixty names takes less than reading half of the files, on any machine.
    assert!(order.len() == 61 && place < 30, "the {place}th: {order:?}");
}

#[test]
fn a_limit_keeps_to_the_order_of_names() {
    let library = Library::of_sines(6, 1.0);
    fs::write(library.music().join("zz.wav"), sine(99.0, 40.0)).expect("written");
    let order = Order::default();
    let options = Options { jobs: 1, limit: Some(2), ..library.options() };
    common::run_observed(&library.database(), &options, &Cancel::default(), &order);
    assert_eq!(order.0.into_inner().expect("sound"), ["00.wav", "01.wav"]);
}

/// Two hours of a few notes and then a constant, 8 bit at 8 kHz, sparse on the disk.
fn long_wave(path: &Path) {
    let data = 7_200 * 8_000_u32;
    let mut head = common::wave(8_000, 1, &[]);
    head[4..8].copy_from_slice(&(36 + data).to_le_bytes());
    head[28..32].copy_from_slice(&8_000_u32.to_le_bytes());
    head[32..34].copy_from_slice(&1_u16.to_le_bytes());
    head[34..36].copy_from_slice(&8_u16.to_le_bytes());
    head[40..44].copy_from_slice(&data.to_le_bytes());
    let mut file = File::create(path).expect("made");
    file.write_all(&head).expect("written");
    file.write_all(&(0..80_000_u32).map(|n| (n * 440 / 31 % 256) as u8).collect::<Vec<_>>())
        .expect("written");
    file.seek(SeekFrom::Start(44 + u64::from(data) - 1)).expect("sought");
    file.write_all(&[0]).expect("written");
}

/// Clock ticks of processor time of each thread of a process, by name.
#[cfg(target_os = "linux")]
fn ticks(process: u32) -> Vec<(String, u64)> {
    let tasks = fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
    let one = |task: fs::DirEntry| {
        let stat = fs::read_to_string(task.path().join("stat")).ok()?;
        let (head, tail) = stat.rsplit_once(')')?;
        let name = head.split_once('(')?.1.to_owned();
        // proc(5): utime and stime are the 14th and 15th field, the name being the second.
        let fields: Vec<i64> = tail.split_whitespace().filter_map(|x| x.parse().ok()).collect();
        Some((name, u64::try_from(fields.get(10)? + fields.get(11)?).ok()?))
    };
    tasks.filter_map(one).collect()
}

/// Processor time of threads, in ticks; who gets how much of it does not depend on who else is there.
#[cfg(target_os = "linux")]
#[test]
fn one_long_file_is_worked_on_by_several_threads() {
    let library = Library::new();
    long_wave(&library.music().join("long.wav"));
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_phonolite"));
    command.env_clear().arg("analyze").arg(library.music()).arg("--db").arg(library.database());
    let mut child = command.arg("--quiet").spawn().expect("starts");
    let mut seen = Vec::new();
    while child.try_wait().expect("runs").is_none() {
        let now = ticks(child.id());
        if !now.is_empty() {
            seen = now;
        }
        let busy = seen.iter().filter(|(name, ticks)| name.starts_with("lane-") && *ticks >= 5);
        if busy.count() >= 2 {
            child.kill().expect("killed");
            child.wait().expect("ended");
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    assert!(cores < 2, "one lane after the other: {seen:?}");
}
