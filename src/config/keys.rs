//! The settings that exist.

/// How a value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A path.
    Path,
    /// A number of things, at least 1, or `auto`.
    Count,
    /// An amount of memory such as `512M`, or `auto`.
    Size,
    /// Two tempi such as `80-160`.
    Range,
    /// `true` or `false`.
    Switch,
    /// One of some words.
    Word(&'static [&'static str]),
    /// Several texts: an array in a file, separated by `:` in the environment.
    List,
}

impl Kind {
    /// What a value has to look like, for messages.
    pub fn expected(self) -> &'static str {
        match self {
            Self::Path => "a path",
            Self::Count => "a whole number from 1 to 1024, or `auto`",
            Self::Size => "a size of at least 40M such as `512M` or `2G`, or `auto`",
            Self::Range => "two tempi in beats per minute such as `80-160`",
            Self::Switch => "`true` or `false`",
            Self::Word(_) => "one of the words in `phonolite config --help`",
            Self::List => "a list of texts",
        }
    }
}

/// One setting.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// In a file as is, as a flag with `-` for `_`, in the environment as `PHONOLITE_` and capitals.
    pub name: &'static str,
    /// How its value is written.
    pub kind: Kind,
    /// What it does.
    pub help: &'static str,
}

impl Key {
    /// The name of its environment variable.
    pub fn variable(&self) -> String {
        format!("PHONOLITE_{}", self.name.to_ascii_uppercase())
    }

    /// The key of that name.
    pub fn find(name: &str) -> Option<&'static Self> {
        KEYS.iter().find(|key| key.name == name)
    }

    /// The key whose name is nearest to `name`, if it is near at all.
    pub fn nearest(name: &str) -> Option<&'static str> {
        let worth = name.len() <= LONGEST_SLIP;
        let near = KEYS
            .iter()
            .filter(|_| worth)
            .map(|key| (edit_distance(name, key.name), key.name))
            .min()?;
        (near.0 <= 1 + name.len() / 4).then_some(near.1)
    }
}

/// Every setting, in the order they are shown.
pub const KEYS: &[Key] = &[
    Key { name: "db", kind: Kind::Path, help: "the database" },
    Key { name: "dir", kind: Kind::List, help: "folders and files to analyse" },
    Key { name: "jobs", kind: Kind::Count, help: "files in flight; auto = number of cores" },
    Key { name: "memory", kind: Kind::Size, help: "memory budget; auto = what the host can spare" },
    Key { name: "follow_symlinks", kind: Kind::Switch, help: "follow symbolic links" },
    Key {
        name: "include",
        kind: Kind::List,
        help: "globs of files to take, others are passed over",
    },
    Key { name: "exclude", kind: Kind::List, help: "globs of files and folders to pass over" },
    Key { name: "models", kind: Kind::List, help: "models of the user to compute" },
    Key { name: "models_dir", kind: Kind::Path, help: "folder of the user's models" },
    Key {
        name: "bpm_range",
        kind: Kind::Range,
        help: "show and export tempi folded by octaves into this range",
    },
    Key {
        name: "log_level",
        kind: Kind::Word(&["error", "warn", "info", "debug", "trace"]),
        help: "how much is logged",
    },
    Key { name: "log_format", kind: Kind::Word(&["text", "json"]), help: "how it is logged" },
];

/// Longest name that is taken for a slip of the pen, bytes; to compare kilobytes would take seconds.
pub(crate) const LONGEST_SLIP: usize = 64;

/// Levenshtein distance in bytes.
pub(crate) fn edit_distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (cell, y) in row.iter_mut().skip(1).zip(b.bytes()) {
            let substituted = diagonal + usize::from(x != y);
            diagonal = *cell;
            left = substituted.min(diagonal + 1).min(left + 1);
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_key_finds_its_neighbour() {
        assert_eq!(Key::nearest("memroy"), Some("memory"));
        assert_eq!(Key::nearest("follow-symlinks"), Some("follow_symlinks"));
        assert_eq!(Key::nearest("colour"), None);
        assert_eq!(edit_distance("kitten", "sitting"), 3);
        assert_eq!(edit_distance("", "abc"), 3);
    }
}
