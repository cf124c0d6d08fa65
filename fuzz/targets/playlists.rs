//! Any bytes as a playlist of every format; what was read is written and read again.

#![no_main]

use std::path::{Path, PathBuf};

use libfuzzer_sys::fuzz_target;
use phonolite::playlist::Curve;
use phonolite::playlist::formats::{self, Format, Item, Writing};
use phonolite_fuzz::uncaught;

fuzz_target!(|bytes: &[u8]| {
    uncaught(|| {
        for format in Format::ALL {
            match formats::read(bytes, format, Path::new("/m")) {
                Ok(entries) => again(entries.iter().filter_map(|entry| entry.paths.first())),
                Err(error) => assert!(!error.to_string().is_empty()),
            }
        }
        let _ = String::from_utf8_lossy(bytes).parse::<Curve>();
    });
});

/// Every path that can be a file's is found again in a list of every format.
fn again<'a>(paths: impl Iterator<Item = &'a PathBuf>) {
    let sound = |path: &&PathBuf| path.is_absolute() && !path.as_os_str().is_empty();
    let items: Vec<Item> =
        paths.filter(sound).map(|path| Item { path: path.clone(), ..Item::default() }).collect();
    for format in Format::ALL {
        let mut list = Vec::new();
        formats::write(&items, format, &Writing::default(), &mut list).expect("written to memory");
        let read = formats::read(&list, format, Path::new("/m"));
        let read = read.unwrap_or_else(|error| panic!("{format:?}: {error}"));
        assert_eq!(read.len(), items.len(), "{format:?}");
        for (entry, item) in read.iter().zip(&items) {
            assert!(entry.paths.contains(&item.path), "{format:?}: {item:?} became {entry:?}");
        }
    }
}
