//! Checked values.

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use super::{ConfigError, Key, Kind, Layers, Raw};
use crate::memory::{SMALLEST_BUDGET, parse_size};
use crate::units::BpmRange;

/// Most files that may be in flight.
const MOST_JOBS: usize = 1024;

/// How much is logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum LogLevel {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

/// How it is logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For programs: one JSON object a line.
    Json,
}

/// The settings of a run; `None` = automatic.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The database; `None` without a home directory.
    pub db: Option<PathBuf>,
    /// What to analyse.
    pub dirs: Vec<PathBuf>,
    /// Files in flight.
    pub jobs: Option<NonZeroUsize>,
    /// Memory budget, bytes.
    pub memory: Option<u64>,
    /// Follow symbolic links.
    pub follow_symlinks: bool,
    /// Globs of files to take; empty = all.
    pub include: Vec<String>,
    /// Globs to pass over.
    pub exclude: Vec<String>,
    /// Models of the user to compute, by name.
    pub models: Vec<String>,
    /// Folder of the user's models; `None` = beside the database.
    pub models_dir: Option<PathBuf>,
    /// Range into which tempi are folded where they are shown.
    pub bpm_range: Option<BpmRange>,
    /// How much is logged.
    pub log_level: LogLevel,
    /// How it is logged.
    pub log_format: LogFormat,
}

impl Settings {
    /// Checks every value.
    pub fn resolve(layers: &Layers) -> Result<Self, ConfigError> {
        let read = Reader(layers);
        Ok(Self {
            db: read.value("db", |raw| Some(PathBuf::from(raw)))?,
            dirs: read.list("dir")?.into_iter().map(PathBuf::from).collect(),
            jobs: read.automatic("jobs", jobs)?,
            memory: read.automatic("memory", memory)?,
            follow_symlinks: read.value("follow_symlinks", switch)?.unwrap_or(false),
            include: read.texts("include")?,
            exclude: read.texts("exclude")?,
            models: read.texts("models")?,
            models_dir: read.value("models_dir", |raw| Some(PathBuf::from(raw)))?,
            bpm_range: read.value("bpm_range", |raw| BpmRange::parse(text(raw)?))?,
            log_level: read.value("log_level", level)?.unwrap_or(LogLevel::Warn),
            log_format: read.value("log_format", format)?.unwrap_or(LogFormat::Text),
        })
    }
}

fn text(raw: &OsString) -> Option<&str> {
    raw.to_str()
}

fn jobs(raw: &OsString) -> Option<NonZeroUsize> {
    text(raw)?.parse().ok().filter(|&jobs: &NonZeroUsize| jobs.get() <= MOST_JOBS)
}

fn memory(raw: &OsString) -> Option<u64> {
    parse_size(text(raw)?).filter(|&bytes| bytes >= SMALLEST_BUDGET)
}

fn switch(raw: &OsString) -> Option<bool> {
    match text(raw)? {
        "true" | "1" | "yes" | "on" => Some(true),
        "false" | "0" | "no" | "off" => Some(false),
        _ => None,
    }
}

fn level(raw: &OsString) -> Option<LogLevel> {
    match text(raw)? {
        "error" => Some(LogLevel::Error),
        "warn" => Some(LogLevel::Warn),
        "info" => Some(LogLevel::Info),
        "debug" => Some(LogLevel::Debug),
        "trace" => Some(LogLevel::Trace),
        _ => None,
    }
}

fn format(raw: &OsString) -> Option<LogFormat> {
    match text(raw)? {
        "text" => Some(LogFormat::Text),
        "json" => Some(LogFormat::Json),
        _ => None,
    }
}

struct Reader<'a>(&'a Layers);

impl Reader<'_> {
    fn wrong(&self, name: &str) -> ConfigError {
        let (raw, origin) = self
            .0
            .get(name)
            .cloned()
            .unwrap_or_else(|| (Raw::One(OsString::new()), super::Origin::Default));
        let key = Key::find(name);
        ConfigError::BadValue {
            key: key.map_or("", |key| key.name),
            value: raw.to_text(),
            origin,
            expected: match key.map(|key| key.kind) {
                Some(Kind::Word(_)) if name == "log_format" => "`text` or `json`",
                Some(Kind::Word(_)) => "`error`, `warn`, `info`, `debug` or `trace`",
                Some(kind) => kind.expected(),
                None => "nothing",
            },
        }
    }

    fn value<T>(
        &self,
        name: &str,
        parse: impl Fn(&OsString) -> Option<T>,
    ) -> Result<Option<T>, ConfigError> {
        match self.0.get(name) {
            None => Ok(None),
            Some((Raw::One(raw), _)) => parse(raw).map(Some).ok_or_else(|| self.wrong(name)),
            Some((Raw::Many(_), _)) => Err(self.wrong(name)),
        }
    }

    fn automatic<T>(
        &self,
        name: &str,
        parse: impl Fn(&OsString) -> Option<T>,
    ) -> Result<Option<T>, ConfigError> {
        let parsed =
            self.value(name, |raw| if raw == "auto" { Some(None) } else { parse(raw).map(Some) })?;
        Ok(parsed.flatten())
    }

    fn list(&self, name: &str) -> Result<Vec<OsString>, ConfigError> {
        match self.0.get(name) {
            None => Ok(Vec::new()),
            Some((Raw::Many(values), _)) => Ok(values.clone()),
            Some((Raw::One(_), _)) => Err(self.wrong(name)),
        }
    }

    fn texts(&self, name: &str) -> Result<Vec<String>, ConfigError> {
        let texts = self.list(name)?.into_iter().map(|value| value.into_string().ok());
        texts.collect::<Option<Vec<_>>>().ok_or_else(|| self.wrong(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Origin, Surroundings};

    fn surroundings(dir: &std::path::Path, variables: &[(&str, &str)]) -> Surroundings {
        let mut all: Vec<(OsString, OsString)> =
            variables.iter().map(|(k, v)| (k.into(), v.into())).collect();
        all.push(("HOME".into(), dir.into()));
        Surroundings { variables: all, system_file: dir.join("system.toml") }
    }

    #[test]
    fn higher_layers_win_and_origins_are_kept() {
        let dir = tempfile::tempdir().expect("made");
        std::fs::create_dir_all(dir.path().join(".config/phonolite")).expect("made");
        std::fs::write(
            dir.path().join("system.toml"),
            "jobs = 1\nmemory = '64M'\nlog_level = 'info'",
        )
        .expect("written");
        std::fs::write(
            dir.path().join(".config/phonolite/config.toml"),
            "jobs = 2\nexclude = ['*.tmp', 'x']",
        )
        .expect("written");
        let around =
            surroundings(dir.path(), &[("PHONOLITE_JOBS", "3"), ("PHONOLITE_MEMORY", "auto")]);
        let mut layers = Layers::read(&around).expect("sound");
        assert_eq!(layers.origin("jobs"), Origin::Environment("PHONOLITE_JOBS".into()));
        layers.set_flag("jobs", Raw::One("4".into()));
        let settings = Settings::resolve(&layers).expect("sound");
        assert_eq!(settings.jobs.map(NonZeroUsize::get), Some(4));
        assert_eq!(settings.memory, None);
        assert_eq!(settings.log_level, LogLevel::Info);
        assert_eq!(settings.exclude, ["*.tmp", "x"]);
        assert_eq!(layers.origin("jobs"), Origin::Flag);
        assert_eq!(layers.origin("follow_symlinks"), Origin::Default);
    }

    #[test]
    fn mistakes_name_key_place_and_remedy() {
        let dir = tempfile::tempdir().expect("made");
        let system = dir.path().join("system.toml");
        let message = |text: &str| {
            std::fs::write(&system, text).expect("written");
            let result = Layers::read(&surroundings(dir.path(), &[]))
                .and_then(|layers| Settings::resolve(&layers));
            result.map(|_| ()).map_err(|error| error.to_string())
        };
        let wrong = message("memroy = '1G'").expect_err("misspelt");
        assert!(
            wrong.contains("`memroy`")
                && wrong.contains("`memory`")
                && wrong.contains("system.toml"),
            "{wrong}"
        );
        let wrong = message("jobs = 0").expect_err("too few");
        assert!(wrong.contains("`jobs` is `0`") && wrong.contains("1 to 1024"), "{wrong}");
        assert!(message("memory = '1M'").is_err(), "below the smallest budget");
        assert!(message("jobs = [").expect_err("no TOML").contains("TOML"));
        assert!(message("dir = 'one'").expect_err("no list").contains("list"));
        assert_eq!(message("jobs = 'auto'"), Ok(()));
    }

    #[test]
    fn the_database_follows_xdg() {
        let around = surroundings(std::path::Path::new("/h"), &[("XDG_DATA_HOME", "/d")]);
        assert_eq!(around.database(), Some("/d/phonolite/library.db".into()));
        let around = surroundings(std::path::Path::new("/h"), &[("XDG_DATA_HOME", "")]);
        assert_eq!(around.database(), Some("/h/.local/share/phonolite/library.db".into()));
    }
}
