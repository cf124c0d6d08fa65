//! What the targets share: bytes as a file that no disk sees, panics that are told only when they escape, and
//! mutants whose checksums are right.

#[path = "../../tests/mutants/checksums.rs"]
mod checksums;

use std::fs::File;
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;
use std::sync::{Mutex, Once};

use rustix::fs::{MemfdFlags, memfd_create};

/// A file in memory that holds `bytes`.
pub fn file_of(bytes: &[u8]) -> File {
    let file = File::from(memfd_create("fuzz", MemfdFlags::CLOEXEC).expect("a file in memory"));
    file.write_all_at(bytes, 0).expect("written");
    file
}

/// The name by which this process opens a file in memory again.
pub fn path_of(file: &File) -> PathBuf {
    format!("/proc/self/fd/{}", file.as_raw_fd()).into()
}

/// The last panic of this process.
static LAST: Mutex<String> = Mutex::new(String::new());

/// Runs `work`, which may catch panics of its own: the library contains those of demuxers. Only one that escapes is
/// a finding; it is told, and ends the process.
pub fn uncaught(work: impl FnOnce()) {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        std::panic::set_hook(Box::new(|panic| {
            if let Ok(mut last) = LAST.lock() {
                *last = panic.to_string();
            }
        }));
    });
    let told = Told;
    work();
    std::mem::forget(told);
}

/// Tells of the panic that drops it.
struct Told;

impl Drop for Told {
    fn drop(&mut self) {
        eprintln!("{}", LAST.lock().map(|last| last.clone()).unwrap_or_default());
    }
}

/// Sets the checksums of Ogg and FLAC right in `data`, three times in four: what is behind them is reached.
pub fn mended(data: &mut [u8], seed: u32) {
    if !seed.is_multiple_of(4) {
        checksums::mend(data);
    }
}
