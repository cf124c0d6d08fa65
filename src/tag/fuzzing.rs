//! What the fuzz target `tags` does with any bytes (`fuzz/`): the promise of patches is held to.

use std::fs::File;

use super::field::Field;
use super::format::{self, Holder};
use super::patch::Patch;

/// Sets and removes every field in the tags of a file of `bytes`, and takes both back.
///
/// # Panics
/// When a patch and its inverse do not give back the bytes: that is what the fuzzer looks for.
pub fn rewrite(bytes: &[u8], file_of: impl Fn(&[u8]) -> File) {
    let set = |tags: &mut dyn Holder| {
        for field in Field::ALL {
            let old = tags.get(field).unwrap_or_default();
            tags.set(field, &format!("{}.5 é{}", 100 + field as u8, old.len()));
        }
    };
    let remove = |tags: &mut dyn Holder| Field::ALL.iter().for_each(|field| tags.remove(*field));
    let Some(new) = changed(bytes, &file_of, set) else { return };
    changed(&new, &file_of, remove);
    changed(bytes, &file_of, remove);
}

/// The file after a change, where it can be made.
fn changed(
    bytes: &[u8],
    file_of: &impl Fn(&[u8]) -> File,
    change: impl Fn(&mut dyn Holder),
) -> Option<Vec<u8>> {
    let mut tags = format::open(file_of(bytes)).ok()?;
    change(tags.as_mut());
    let patch = tags.patch().ok()?;
    let old = file_of(bytes);
    let back = patch.inverse(&old).ok()?;
    let mut new = Vec::new();
    let hashes = patch.apply(&old, &mut new).ok()?;
    let back = Patch::from_bytes(&back.to_bytes()).expect("the journal keeps a patch");
    let mut again = Vec::new();
    let returned = back.apply(&file_of(&new), &mut again).expect("a way back");
    assert!(again == bytes, "other bytes came back");
    assert_eq!((returned.after, returned.before), (hashes.before, hashes.after));
    Some(new)
}
