//! What a run costs the process: time of its processors and memory, as Linux counts them.

use std::fs;

/// Clock ticks a second of `/proc`: fixed at 100 for user space on all Linux architectures.
const TICKS: f64 = 100.0;

/// Processor seconds of all threads so far; 0 where there is no `/proc`.
pub(crate) fn cpu_s() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name of the program may hold spaces; it ends with the last parenthesis.
    let fields = stat.rsplit(')').next().unwrap_or("").split_whitespace().skip(11).take(2);
    fields.filter_map(|field| field.parse::<f64>().ok()).sum::<f64>() / TICKS
}

/// The line `key` of `/proc/self/status`, in bytes; 0 where there is none.
fn status(key: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.unwrap_or(0) << 10
}

/// Bytes resident now.
pub(crate) fn resident() -> u64 {
    status("VmRSS")
}

/// Most bytes that were resident since the process or [`forget_peak`].
pub(crate) fn peak_resident() -> u64 {
    status("VmHWM")
}

/// Most bytes of address space: what was asked for, touched or not.
pub(crate) fn peak_asked() -> u64 {
    status("VmPeak")
}

/// Begins a new measurement of [`peak_resident`]; without the right to do so the old one goes on,
/// which is stricter.
pub(crate) fn forget_peak() {
    let _ = fs::write("/proc/self/clear_refs", "5");
}
