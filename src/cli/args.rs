//! The command line as types.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, CommandFactory, Parser, Subcommand};

use super::verbs;
use crate::config::{Layers, Raw};

/// Analyses a music library in bounded memory and keeps what it heard in one SQLite file.
#[derive(Debug, Parser)]
#[command(name = "phonolite", version, propagate_version = true, arg_required_else_help = true, after_help = EXAMPLES, max_term_width = 100)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

const EXAMPLES: &str = "Examples:
  phonolite analyze --dir ~/Music            analyse a library, or what is new in it
  phonolite show song.flac                   what was heard in one file
  phonolite query 'bpm:120..128 key~8A'      what fits, with its columns
  phonolite playlist --like song.flac --duration 2h --harmonic -o mix.m3u8
  phonolite stats                            the library at a glance
  phonolite export --format csv -o all.csv   everything, for a spreadsheet
  phonolite similar song.flac                tracks that sound like it
  phonolite albums                           albums with their ReplayGain
  phonolite tag ~/Music/album                what would be written into tags
  phonolite waveform song.flac -o song.png   a picture of a file
  phonolite errors                           files that could not be read, and what to do

Every option can also be set in $XDG_CONFIG_HOME/phonolite/config.toml and as PHONOLITE_…;
`phonolite config` shows the values in force and where each comes from.
Exit codes: 0 done, 1 nothing found, 2 wrong usage, 3 some files failed, 4 fault, 130/143 signal.";

/// Options that every verb knows.
#[derive(Debug, Args)]
pub(crate) struct Common {
    /// The database [default: library.db in phonolite's XDG data folder]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) db: Option<PathBuf>,
    /// Folder of your own models [default: models beside the database]
    #[arg(long, global = true, value_name = "FOLDER")]
    pub(crate) models_dir: Option<PathBuf>,
    /// Show and export tempi folded by octaves into a range such as 80-160
    #[arg(long, global = true, value_name = "LOW-HIGH")]
    pub(crate) bpm_range: Option<OsString>,
    /// How much is logged: error, warn, info, debug, trace [default: warn]
    #[arg(long, global = true, value_name = "LEVEL")]
    pub(crate) log_level: Option<OsString>,
    /// How it is logged: text, json [default: text]
    #[arg(long, global = true, value_name = "FORMAT")]
    pub(crate) log_format: Option<OsString>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Analyse folders and files; what is known and unchanged is left alone
    #[command(alias = "analyse", after_help = verbs::analyze::EXAMPLES)]
    Analyze(Box<verbs::analyze::AnalyzeArgs>),
    /// The nightly job: analyse, forget what is long gone, make saved playlists anew, report
    #[command(after_help = verbs::batch::EXAMPLES)]
    Batch(Box<verbs::batch::BatchArgs>),
    /// Analyse new and changed files as they come
    #[cfg(feature = "watch")]
    #[command(after_help = verbs::watch::EXAMPLES)]
    Watch(Box<verbs::watch::WatchArgs>),
    /// Show what was heard in a file
    Show(ShowArgs),
    /// Write results as JSON lines, CSV, or for rekordbox, Traktor, beets and others
    #[command(after_help = verbs::export::EXAMPLES)]
    Export(verbs::export::ExportArgs),
    /// List files that pass a query, with columns of choice
    #[command(after_help = verbs::query::EXAMPLES)]
    Query(verbs::query::QueryArgs),
    /// Make a playlist, or save, list and refresh those that are made anew
    #[command(after_help = verbs::playlist::EXAMPLES, args_conflicts_with_subcommands = true)]
    Playlist(Box<verbs::playlist::PlaylistArgs>),
    /// Set tempo or key of files against what was measured
    #[command(after_help = verbs::set::EXAMPLES)]
    Set(verbs::set::SetArgs),
    /// Multiply the tempo of files, as when a genre was heard at half of it
    #[command(after_help = verbs::set::RETEMPO_EXAMPLES)]
    Retempo(verbs::set::RetempoArgs),
    /// Write what was heard into the tags of files, show what would be, or take it back
    #[command(after_help = verbs::tag::EXAMPLES)]
    Tag(verbs::tag::TagArgs),
    /// List albums with the gain that plays each at one level
    #[command(after_help = verbs::albums::EXAMPLES)]
    Albums(verbs::albums::AlbumsArgs),
    /// Draw the envelope of a file, in the library or not
    #[command(after_help = verbs::waveform::EXAMPLES)]
    Waveform(verbs::waveform::WaveformArgs),
    /// List files that failed, why, and what to do
    #[command(after_help = verbs::errors::EXAMPLES)]
    Errors(verbs::errors::ErrorsArgs),
    /// Find tracks that sound like a file
    #[command(after_help = verbs::similar::EXAMPLES)]
    Similar(verbs::similar::SimilarArgs),
    /// The library at a glance
    #[command(after_help = verbs::stats::EXAMPLES)]
    Stats(verbs::stats::StatsArgs),
    /// Find the same recording in several files, and say which to keep; deletes nothing
    #[command(after_help = verbs::duplicates::EXAMPLES)]
    Duplicates(verbs::duplicates::DuplicatesArgs),
    /// Print the Chromaprint fingerprint of files, as fpcalc does
    #[command(after_help = verbs::fingerprint::EXAMPLES)]
    Fingerprint(verbs::fingerprint::FingerprintArgs),
    /// Your own ONNX models: add, list, check, try out
    #[command(subcommand)]
    Models(verbs::models::ModelsVerb),
    /// Look for what is wrong with database, disk, files and models; changes nothing
    #[command(after_help = verbs::doctor::EXAMPLES)]
    Doctor(JsonArgs),
    /// Copy the database, checked, while it is in use
    #[command(after_help = verbs::backup::EXAMPLES)]
    Backup(verbs::backup::BackupArgs),
    /// Put a copy in the place of the database
    #[command(after_help = verbs::restore::EXAMPLES)]
    Restore(verbs::restore::RestoreArgs),
    /// Give room that the database no longer needs back to the disk
    Vacuum(JsonArgs),
    /// Show every setting and where its value comes from
    Config(JsonArgs),
    /// Print completions for a shell
    Completions {
        /// The shell
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man,
}

/// Options of `show`.
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// A file of the library, or its number in the database
    #[arg(value_name = "FILE|ID")]
    pub(crate) what: OsString,
    /// As one JSON object, curves and beats included
    #[arg(long)]
    pub(crate) json: bool,
}

/// Options of verbs that only print.
#[derive(Debug, Args)]
pub(crate) struct JsonArgs {
    /// As one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// The command line as clap sees it: for completions and the manual page.
pub fn command() -> clap::Command {
    Arguments::command()
}

impl Arguments {
    /// Adds what was given on the command line as the highest layer.
    pub(crate) fn add_flags(&self, layers: &mut Layers) {
        let mut one = |name: &str, value: Option<OsString>| {
            if let Some(value) = value {
                layers.set_flag(name, Raw::One(value));
            }
        };
        one("db", self.common.db.clone().map(PathBuf::into_os_string));
        one("models_dir", self.common.models_dir.clone().map(PathBuf::into_os_string));
        one("bpm_range", self.common.bpm_range.clone());
        one("log_level", self.common.log_level.clone());
        one("log_format", self.common.log_format.clone());
        match &self.verb {
            Verb::Analyze(options) => options.work.add_flags(layers),
            Verb::Batch(options) => options.work.add_flags(layers),
            #[cfg(feature = "watch")]
            Verb::Watch(options) => options.work.add_flags(layers),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        command().debug_assert();
    }

    #[test]
    fn flags_become_the_highest_layer() {
        let line = ["phonolite", "analyze", "--dir", "a", "b", "--jobs", "3", "--db", "x.db"];
        let arguments = Arguments::try_parse_from(line).expect("sound");
        let mut layers = Layers::default();
        arguments.add_flags(&mut layers);
        let settings = crate::config::Settings::resolve(&layers).expect("sound");
        assert_eq!(settings.dirs, [PathBuf::from("a"), PathBuf::from("b")]);
        assert_eq!(settings.jobs.map(std::num::NonZero::get), Some(3));
        assert_eq!(settings.db, Some("x.db".into()));
    }
}
