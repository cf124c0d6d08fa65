//! What can go wrong with a daemon.

use std::io;
use std::path::PathBuf;

/// Why a daemon did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MpdError {
    /// An address that cannot be read.
    #[error(
        "`{0}` is no address of MPD: mpd://[password@]host[:port] or [password@]/path/to/socket"
    )]
    Address(String),
    /// Nobody answers there.
    #[error("cannot connect")]
    Unreachable(#[source] io::Error),
    /// What answers is something else.
    #[error("this is no MPD: it greets with `{0}`")]
    NotMpd(String),
    /// The connection broke, or the daemon was silent for ten seconds.
    #[error("the connection was lost")]
    Lost(#[source] io::Error),
    /// The daemon answers without end.
    #[error("the answer is longer than any that was asked for")]
    TooLong,
    /// The daemon refused a command.
    #[error("`{command}` was refused: {message} (code {code})")]
    Refused {
        /// Its code, as `ack.h` of MPD lists them: 3 password, 4 permission, 50 no such file.
        code: u32,
        /// Which command of a list.
        index: usize,
        /// The command.
        command: String,
        /// Its words.
        message: String,
    },
    /// A file that the daemon cannot have.
    #[error("not below the music directory {}", .0.display())]
    Outside(PathBuf),
    /// A name that its protocol cannot carry.
    #[error("MPD's protocol has no way to write this name")]
    NoText,
}

impl MpdError {
    /// Reads what stands behind `ACK `: `[50@2] {add} No such directory`.
    pub(super) fn refused(text: &str) -> Self {
        let inside = |open: char, close: char| {
            let from = text.find(open)? + 1;
            text.get(from..)?.split_once(close)
        };
        let (code, index) =
            inside('[', ']').and_then(|(at, _)| at.split_once('@')).unwrap_or(("", ""));
        let (command, message) = inside('{', '}').unwrap_or(("", text));
        Self::Refused {
            code: code.parse().unwrap_or(0),
            index: index.parse().unwrap_or(0),
            command: command.to_owned(),
            message: message.trim().to_owned(),
        }
    }
}
