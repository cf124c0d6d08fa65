//! Folders as albums.

use std::path::{Path, PathBuf};

/// Returns the folder that stands for the album of a file without tags: the one it lies in, or the
/// one above when that is called after a disc.
pub(super) fn album_folder(path: &Path) -> PathBuf {
    let folder = path.parent().unwrap_or(path);
    let name = folder.file_name().map(|name| name.to_string_lossy());
    let above = folder.parent().filter(|_| name.is_some_and(|name| names_a_disc(&name)));
    above.unwrap_or(folder).to_path_buf()
}

/// True for `CD1`, `cd 02`, `Disc-3`, `disk_1` and the same with a title behind it.
fn names_a_disc(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let number = ["disc", "disk", "cd"].iter().find_map(|word| name.strip_prefix(word));
    let Some(number) = number else { return false };
    let number = number.trim_start_matches([' ', '-', '_', '.', '#']);
    let title = number.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = number.len() - title.len();
    (1..=2).contains(&digits) && !title.starts_with(char::is_alphanumeric)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn discs_are_told_from_other_folders() {
        for name in ["CD1", "cd 02", "Disc-3", "disk_1", "CD 2 - Live", "Disc 12 (bonus)"] {
            assert!(names_a_disc(name), "{name}");
        }
        for name in ["CD", "Discovery", "cdrips", "CD 100", "Disc one", "1", "Abcd1", "cd2nd"] {
            assert!(!names_a_disc(name), "{name}");
        }
    }

    #[test]
    fn discs_belong_to_the_folder_above() {
        let folder = |path: &str| album_folder(Path::new(path));
        assert_eq!(folder("/m/album/CD1/a.flac"), Path::new("/m/album"));
        assert_eq!(folder("/m/album/a.flac"), Path::new("/m/album"));
        assert_eq!(folder("/CD1/a.flac"), Path::new("/"));
        assert_eq!(folder("a.flac"), Path::new(""));
    }
}
