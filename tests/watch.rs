//! `phonolite watch`: a file that comes is heard, a file that grows is waited for, a root that goes
//! away costs nothing, Ctrl-C ends it.

#![cfg(all(target_os = "linux", feature = "watch"))]

mod common;

use std::fs;
use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use common::{Library, sine};
use phonolite::store::{Readers, Status};

struct Watching(Child);

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.0.kill(); // it has ended where the test went well
    }
}

fn start(library: &Library) -> Watching {
    let mut command = Command::new(env!("CARGO_BIN_EXE_phonolite"));
    command.env_clear().env("HOME", library.music()).env("PHONOLITE_DB", library.database());
    command.args(["watch", "--quiet", "--dir"]).arg(library.music());
    Watching(command.stderr(Stdio::null()).stdout(Stdio::null()).spawn().expect("starts"))
}

/// Names of the files of a status, once `ready` is content with them; within a minute.
fn awaited(library: &Library, status: Status, ready: impl Fn(&[String]) -> bool) -> Vec<String> {
    let begun = Instant::now();
    loop {
        let mut names = Vec::new();
        // Refused while it is being made.
        if let Ok(readers) = Readers::open(&library.database(), 1) {
            let found = readers.files_under(None).flatten();
            let found = found.filter(|file| file.status == status);
            names
                .extend(found.filter_map(|file| file.path.file_stem()?.to_str().map(String::from)));
        }
        if ready(&names) {
            return names;
        }
        assert!(begun.elapsed() < Duration::from_mins(1), "it does not come: {names:?}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn files_that_come_grow_move_and_go_are_followed() {
    let library = Library::new();
    fs::write(library.music().join("first.wav"), sine(300.0, 2.0)).expect("written");
    let mut watching = start(&library);
    let has = |name: &'static str| move |names: &[String]| names.iter().any(|found| found == name);
    awaited(&library, Status::Ok, has("first"));
    // A folder with a file in it, as an album that is copied.
    fs::create_dir(library.music().join("album")).expect("made");
    let bytes = sine(400.0, 2.0);
    let mut growing = fs::File::create(library.music().join("album/second.wav")).expect("made");
    for part in bytes.chunks(bytes.len() / 4 + 1) {
        growing.write_all(part).expect("written");
        growing.flush().expect("flushed");
        std::thread::sleep(Duration::from_millis(700));
    }
    drop(growing);
    awaited(&library, Status::Ok, has("second"));
    assert_eq!(library.readers().failures().count(), 0, "it was not read while it grew");
    fs::rename(library.music().join("first.wav"), library.music().join("moved.wav"))
        .expect("moved");
    awaited(&library, Status::Ok, has("moved"));
    assert_eq!(library.readers().files_under(None).count(), 2, "one row moved with it");
    // The disk goes, and comes back with a new file.
    let away = library.database().with_file_name("away");
    fs::rename(library.music(), &away).expect("unmounted");
    std::thread::sleep(Duration::from_secs(3));
    awaited(&library, Status::Ok, |names| names.len() == 2);
    fs::write(away.join("third.wav"), sine(500.0, 2.0)).expect("written");
    fs::rename(&away, library.music()).expect("mounted");
    awaited(&library, Status::Ok, has("third"));
    fs::remove_file(library.music().join("third.wav")).expect("removed");
    awaited(&library, Status::Missing, has("third"));
    let pid = watching.0.id().to_string();
    assert!(Command::new("kill").arg("-INT").arg(pid).status().expect("kill runs").success());
    assert_eq!(watching.0.wait().expect("ends").code(), Some(130));
}
