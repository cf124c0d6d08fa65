//! What this process has used.

use std::time::Duration;

/// Whose processor time is asked for.
#[derive(Clone, Copy)]
enum Clock {
    Process,
    Thread,
}

/// Processor time of all threads so far; `None` where it is not told.
pub fn cpu_time() -> Option<Duration> {
    read(Clock::Process)
}

/// Processor time of this thread so far; `None` where it is not told. One call of the system.
pub fn thread_cpu_time() -> Option<Duration> {
    read(Clock::Thread)
}

#[cfg(unix)]
fn read(clock: Clock) -> Option<Duration> {
    use rustix::time::{ClockId, clock_gettime};
    let now = clock_gettime(match clock {
        Clock::Process => ClockId::ProcessCPUTime,
        Clock::Thread => ClockId::ThreadCPUTime,
    });
    Some(Duration::new(u64::try_from(now.tv_sec).ok()?, u32::try_from(now.tv_nsec).ok()?))
}

#[cfg(not(unix))]
fn read(_: Clock) -> Option<Duration> {
    None
}

/// The largest resident size this process had, in bytes; `None` where it is not told.
pub fn peak_memory_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(peak.trim().strip_suffix(" kB")?.parse::<u64>().ok()? << 10)
}

/// The name of this machine.
#[cfg(unix)]
pub fn host_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// The name of this machine.
#[cfg(not(unix))]
pub fn host_name() -> String {
    "this machine".to_owned()
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;

    #[test]
    fn work_takes_time_and_memory() {
        let before = cpu_time().expect("told");
        let mut sum = 0_u64;
        while cpu_time().expect("told") < before + Duration::from_millis(5) {
            sum = std::hint::black_box(sum + 1);
        }
        assert!(peak_memory_bytes().expect("told") > 1 << 20);
        assert!(!host_name().is_empty() && !host_name().contains(char::is_whitespace));
    }
}
