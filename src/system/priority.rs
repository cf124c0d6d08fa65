//! Standing back behind others.

use std::process::{Command, Stdio};

/// Why this process is not nicer than it was.
#[derive(Debug, thiserror::Error)]
#[error("the system does not let this process stand back (nice {asked})")]
pub struct NotNicer {
    /// What was asked for.
    pub asked: u8,
    /// What the system said.
    pub source: std::io::Error,
}

/// Lowers the priority of this thread and of those it starts to `nice` (0..=19), unless it is as low
/// already, and has its reading and writing served when nobody else wants the disk, where `ionice`
/// of util-linux is found. To be called before other threads are started: on Linux both belong to a
/// thread and are handed down.
///
/// # Errors
/// [`NotNicer`]; the disk is asked for all the same.
#[cfg(unix)]
pub fn be_nice(nice: u8) -> Result<(), NotNicer> {
    let refused = |error: rustix::io::Errno| NotNicer { asked: nice, source: error.into() };
    idle_io();
    let now = rustix::process::getpriority_process(None).map_err(refused)?;
    if now >= i32::from(nice) {
        return Ok(()); // who started us has seen to it
    }
    rustix::process::setpriority_process(None, i32::from(nice)).map_err(refused)
}

/// Lowers the priority of this thread.
///
/// # Errors
/// Always: there is no such thing here.
#[cfg(not(unix))]
pub fn be_nice(nice: u8) -> Result<(), NotNicer> {
    Err(NotNicer { asked: nice, source: std::io::ErrorKind::Unsupported.into() })
}

/// No safe crate offers `ioprio_set`, so the system's own tool is asked; without it the disk is
/// served by the class that belongs to `nice`, which is the lowest but idle.
#[cfg(unix)]
fn idle_io() {
    if !cfg!(target_os = "linux") {
        return;
    }
    let own = std::process::id().to_string();
    let mut tool = Command::new("ionice");
    tool.args(["-c", "3", "-p", &own]).stdin(Stdio::null());
    match tool.stdout(Stdio::null()).stderr(Stdio::null()).status() {
        Ok(status) if status.success() => {}
        Ok(status) => tracing::debug!(%status, "ionice has not set the idle class"),
        Err(error) => tracing::debug!(%error, "ionice is not there"),
    }
}
