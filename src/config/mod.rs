//! Settings in layers, each value with its origin.
//!
//! default < system file < user file < `PHONOLITE_*` < flags. The library reads no environment and
//! no home directory: the program hands them in as [`Surroundings`].

mod keys;
mod layers;
mod settings;

pub use keys::{KEYS, Key, Kind};
pub(crate) use keys::{LONGEST_SLIP, edit_distance};
pub use layers::{Layers, Origin, Raw};
pub use settings::{LogFormat, LogLevel, Settings};

use std::ffi::OsString;
use std::path::PathBuf;

/// What is wrong with a setting.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A configuration file exists and cannot be read.
    #[error("cannot read configuration file {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A configuration file is not TOML.
    #[error("configuration file {} is not valid TOML", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// Where and why.
        source: Box<toml::de::Error>,
    },
    /// A key that does not exist.
    #[error("unknown key `{key}` in {origin}{}", suggestion.map(|s| format!(", did you mean `{s}`?")).unwrap_or_default())]
    UnknownKey {
        /// As written.
        key: String,
        /// Where it was written.
        origin: Origin,
        /// The nearest existing key.
        suggestion: Option<&'static str>,
    },
    /// A value that does not fit its key.
    #[error("`{key}` is `{value}` in {origin}, expected {expected}")]
    BadValue {
        /// The key.
        key: &'static str,
        /// As written.
        value: String,
        /// Where it was written.
        origin: Origin,
        /// What would be right.
        expected: &'static str,
    },
}

/// What the program knows of the place it runs in.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// The environment.
    pub variables: Vec<(OsString, OsString)>,
    /// The system's configuration file; need not exist.
    pub system_file: PathBuf,
}

impl Surroundings {
    /// The value of a variable; `None` when unset or empty, as XDG demands.
    pub fn variable(&self, name: &str) -> Option<&OsString> {
        let found = self.variables.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value).filter(|value| !value.is_empty())
    }

    /// A base directory of the XDG specification, or its default below the home directory.
    fn xdg(&self, variable: &str, below_home: &str) -> Option<PathBuf> {
        let set = self.variable(variable).map(PathBuf::from).filter(|path| path.is_absolute());
        set.or_else(|| Some(PathBuf::from(self.variable("HOME")?).join(below_home)))
    }

    /// `$XDG_CONFIG_HOME/phonolite/config.toml`.
    pub fn user_file(&self) -> Option<PathBuf> {
        Some(self.xdg("XDG_CONFIG_HOME", ".config")?.join("phonolite/config.toml"))
    }

    /// `$XDG_DATA_HOME/phonolite/library.db`.
    pub fn database(&self) -> Option<PathBuf> {
        Some(self.xdg("XDG_DATA_HOME", ".local/share")?.join("phonolite/library.db"))
    }
}
