//! Any bytes as the manifest of models and as the description of a front end.

#![no_main]

use std::fs::File;
use std::os::unix::fs::{FileExt as _, symlink};
use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use phonolite::model::slot::{Manifest, Spec};
use phonolite_fuzz::{file_of, path_of, uncaught};

/// Numbers that a batch may have at most, as `Spec::check` says.
const MOST: usize = 1 << 24;

fuzz_target!(|bytes: &[u8]| {
    uncaught(|| {
        if let Ok(spec) = Spec::parse(&String::from_utf8_lossy(bytes)) {
            use_up(&spec);
        }
        list(bytes);
    });
});

/// What a specification says of itself once it was found sound.
fn use_up(spec: &Spec) {
    assert!(spec.input_shape().iter().product::<usize>() <= MOST, "{:?}", spec.input_shape());
    assert!(spec.rate().is_ok());
    spec.hash();
}

/// Read as the program does; what is sound is the same when it was written and is read again.
fn list(bytes: &[u8]) {
    let (folder, file) = folder();
    file.set_len(0).expect("emptied");
    file.write_all_at(bytes, 0).expect("written");
    let Ok(manifest) = Manifest::read(folder.path()) else { return };
    for entry in &manifest.models {
        let _ = entry.key();
        if entry.spec.check().is_ok() {
            use_up(&entry.spec);
        }
    }
    let written = toml::to_string_pretty(&manifest).expect("what was read can be written");
    let again: Manifest = toml::from_str(&written).expect("what was written can be read");
    // Compared as text: what is no number equals nothing.
    assert_eq!(toml::to_string_pretty(&again).expect("written"), written);
}

/// A folder whose manifest lies in memory.
fn folder() -> &'static (tempfile::TempDir, File) {
    static FOLDER: OnceLock<(tempfile::TempDir, File)> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let (folder, file) = (tempfile::tempdir().expect("a temporary folder"), file_of(&[]));
        symlink(path_of(&file), folder.path().join("manifest.toml")).expect("linked");
        (folder, file)
    })
}
