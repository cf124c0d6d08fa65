//! The real program, started, struck and waited for.

use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Longest time of a run over a few hundred short files. Who gets here hangs.
const PATIENCE: Duration = Duration::from_mins(15);

/// Starts `analyze` over `music` with the database at `database`.
pub(crate) fn start(music: &Path, database: &Path, more: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_phonolite"))
        .env_clear()
        .env("HOME", database.parent().expect("lies somewhere"))
        .args(["analyze", "--quiet", "--jobs", "2", "--db"])
        .arg(database)
        .arg(music)
        .args(more)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("starts")
}

/// Waits for the end of a program; kills and fails one that hangs.
pub(crate) fn wait(mut child: Child, what: &str) -> ExitStatus {
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait().expect("waits") {
            return status;
        }
        if started.elapsed() > PATIENCE {
            child.kill().expect("killed");
            panic!("{what} hangs");
        }
        thread::sleep(Duration::from_millis(2));
    }
}

/// Runs to the end; some files of the library are broken, which exit code 3 tells.
pub(crate) fn finish(music: &Path, database: &Path, what: &str) {
    let status = wait(start(music, database, &["--retry-failed"]), what);
    assert_eq!(status.code(), Some(3), "{what}: {status}");
}

/// Sends a signal; a program that has ended already does not mind.
pub(crate) fn signal(child: &Child, name: &str) {
    let mut kill = Command::new("kill");
    kill.arg(name).arg(child.id().to_string()).stderr(Stdio::null()).status().expect("kill runs");
}
