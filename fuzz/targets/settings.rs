//! Any bytes as a file of settings, and behind each zero byte as a variable of the environment.

#![no_main]

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use libfuzzer_sys::fuzz_target;
use phonolite::config::{KEYS, Layers, Settings, Surroundings};
use phonolite_fuzz::{file_of, path_of, uncaught};

fuzz_target!(|bytes: &[u8]| uncaught(|| read(bytes)));

fn read(bytes: &[u8]) {
    let mut parts = bytes.split(|&byte| byte == 0);
    let file = file_of(parts.next().unwrap_or_default());
    let variable = |(key, value): (&phonolite::config::Key, &[u8])| {
        (key.variable().into(), OsStr::from_bytes(value).to_owned())
    };
    let variables = KEYS.iter().zip(parts).map(variable).collect();
    let surroundings = Surroundings { variables, system_file: path_of(&file) };
    match Layers::read(&surroundings).and_then(|layers| Settings::resolve(&layers)) {
        Ok(settings) => assert!(settings.jobs.is_none_or(|jobs| jobs.get() <= 1024)),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}
