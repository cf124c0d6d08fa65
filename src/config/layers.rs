//! Raw values of the layers, the highest wins.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use super::{ConfigError, KEYS, Key, Kind, Surroundings};

/// Where a value was set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nowhere: the program's own choice.
    Default,
    /// A configuration file.
    File(PathBuf),
    /// An environment variable.
    Environment(String),
    /// The command line.
    Flag,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path) => write!(f, "file {}", path.display()),
            Self::Environment(name) => write!(f, "environment {name}"),
            Self::Flag => f.write_str("command line"),
        }
    }
}

/// A value as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Raw {
    /// One value.
    One(OsString),
    /// A list.
    Many(Vec<OsString>),
}

impl Raw {
    /// The value as text for messages.
    pub fn to_text(&self) -> String {
        match self {
            Self::One(value) => value.to_string_lossy().into_owned(),
            Self::Many(values) => {
                values.iter().map(|value| value.to_string_lossy()).collect::<Vec<_>>().join(":")
            }
        }
    }
}

/// The values that were set anywhere.
#[derive(Clone, Debug, Default)]
pub struct Layers {
    values: BTreeMap<&'static str, (Raw, Origin)>,
}

impl Layers {
    /// Reads both files and the environment; flags are added with [`Layers::set_flag`].
    pub fn read(surroundings: &Surroundings) -> Result<Self, ConfigError> {
        let mut layers = Self::default();
        layers.add_file(&surroundings.system_file)?;
        if let Some(file) = surroundings.user_file() {
            layers.add_file(&file)?;
        }
        layers.add_environment(surroundings);
        Ok(layers)
    }

    /// Sets a value from the command line, above all other layers.
    pub fn set_flag(&mut self, name: &str, value: Raw) {
        if let Some(key) = Key::find(name) {
            self.values.insert(key.name, (value, Origin::Flag));
        }
    }

    /// The value of a key and its origin; `None` when it was set nowhere.
    pub fn get(&self, name: &str) -> Option<&(Raw, Origin)> {
        self.values.get(name)
    }

    /// Where the value of a key comes from.
    pub fn origin(&self, name: &str) -> Origin {
        self.get(name).map_or(Origin::Default, |(_, origin)| origin.clone())
    }

    fn add_file(&mut self, path: &Path) -> Result<(), ConfigError> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            Err(source) => return Err(ConfigError::Unreadable { path: path.into(), source }),
        };
        let table: toml::Table = toml::from_str(&text).map_err(|source| ConfigError::Syntax {
            path: path.into(),
            source: Box::new(source),
        })?;
        table.into_iter().try_for_each(|(name, value)| self.add_entry(path, name, &value))
    }

    fn add_entry(
        &mut self,
        path: &Path,
        name: String,
        value: &toml::Value,
    ) -> Result<(), ConfigError> {
        let origin = Origin::File(path.into());
        let Some(key) = Key::find(&name) else {
            let suggestion = Key::nearest(&name);
            return Err(ConfigError::UnknownKey { key: name, origin, suggestion });
        };
        let raw = raw(value).ok_or_else(|| ConfigError::BadValue {
            key: key.name,
            value: value.to_string(),
            origin: origin.clone(),
            expected: key.kind.expected(),
        })?;
        self.values.insert(key.name, (raw, origin));
        Ok(())
    }

    fn add_environment(&mut self, surroundings: &Surroundings) {
        for key in KEYS {
            let variable = key.variable();
            let Some(value) = surroundings.variable(&variable) else { continue };
            let raw = match key.kind {
                Kind::List => Raw::Many(split_list(value)),
                _ => Raw::One(value.clone()),
            };
            self.values.insert(key.name, (raw, Origin::Environment(variable)));
        }
    }
}

/// The parts between colons, as in `PATH`; `std` splits by the rules of the platform.
fn split_list(value: &OsString) -> Vec<OsString> {
    std::env::split_paths(value).map(PathBuf::into_os_string).collect()
}

fn raw(value: &toml::Value) -> Option<Raw> {
    match value {
        toml::Value::String(text) => Some(Raw::One(text.into())),
        toml::Value::Integer(number) => Some(Raw::One(number.to_string().into())),
        toml::Value::Boolean(truth) => Some(Raw::One(truth.to_string().into())),
        toml::Value::Array(items) => {
            let texts = items.iter().map(|item| item.as_str().map(OsString::from));
            texts.collect::<Option<Vec<_>>>().map(Raw::Many)
        }
        _ => None,
    }
}
