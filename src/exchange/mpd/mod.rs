//! A client of the Music Player Daemon, as far as filling its queue takes one.
//!
//! The protocol is lines of UTF-8 (mpd.readthedocs.io/en/stable/protocol.html): the daemon greets with
//! `OK MPD …`, a command is a name and quoted arguments, an answer is `key: value` lines up to `OK`, or
//! `ACK [code@index] {command} message`.

mod address;
mod error;

pub use address::Address;
pub use error::MpdError;

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long the daemon may be silent.
const PATIENCE: Duration = Duration::from_secs(10);
/// Longest line and most lines of an answer: far above any that is asked for here.
const LONGEST_LINE: u64 = 64 << 10;
const MOST_LINES: usize = 4096;
/// Commands in one list: far below the daemon's `max_command_list_size` of 2 MB.
const LIST: usize = 128;
/// The code of ACK for what does not exist.
const NO_EXIST: u32 = 50;

/// What to do with a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sending {
    /// Keep what is in the queue, and go on behind it.
    pub append: bool,
    /// Begin to play with the first track that was added.
    pub play: bool,
}

/// What became of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sent {
    /// Tracks in the queue.
    pub queued: usize,
    /// The others, each with the reason.
    pub left_out: Vec<(PathBuf, String)>,
}

trait Wire: Read + Write {}
impl<T: Read + Write> Wire for T {}

/// A connection.
pub struct Client {
    wire: BufReader<Box<dyn Wire>>,
}

impl Client {
    /// Connects, waits for the greeting and gives the password if there is one.
    ///
    /// # Errors
    /// [`MpdError`]; ten seconds without an answer are one.
    pub fn connect(address: &Address) -> Result<Self, MpdError> {
        let wire: Box<dyn Wire> = match address {
            Address::Host { host, port, .. } => Box::new(connect(host, *port)?),
            Address::Socket { path, .. } => Box::new(socket(path)?),
        };
        let mut client = Self { wire: BufReader::new(wire) };
        let greeting = client.line()?;
        if !greeting.starts_with("OK MPD ") {
            return Err(MpdError::NotMpd(greeting.chars().take(80).collect()));
        }
        if let Some(password) = address.password() {
            client.command(&command("password", &[password])?)?;
        }
        Ok(client)
    }

    /// Where the music lies; `None` where the daemon does not tell, as it does over TCP.
    ///
    /// # Errors
    /// [`MpdError`], but for the daemon's refusal.
    pub fn music_directory(&mut self) -> Result<Option<PathBuf>, MpdError> {
        match self.command("config\n") {
            Ok(lines) => {
                let found = lines.iter().find_map(|line| line.strip_prefix("music_directory: "));
                Ok(found.map(PathBuf::from))
            }
            Err(MpdError::Refused { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Queues files that lie below `folder`, in order; those that the daemon does not know are left out.
    ///
    /// The queue is cleared only when a first track is known.
    ///
    /// # Errors
    /// [`MpdError`]; what was queued until then stays.
    pub fn send(
        &mut self,
        paths: &[PathBuf],
        folder: &Path,
        how: Sending,
    ) -> Result<Sent, MpdError> {
        let mut sent = Sent::default();
        let mut adds = Vec::new();
        for path in paths {
            match uri(path, folder).and_then(|uri| command("addid", &[&uri])) {
                Ok(add) => adds.push((path, add)),
                Err(reason) => sent.left_out.push((path.clone(), reason.to_string())),
            }
        }
        let behind = if how.append { self.length()? } else { 0 };
        let mut rest = adds.as_slice();
        while !rest.is_empty() {
            let batch = rest.get(..rest.len().min(LIST)).unwrap_or(rest);
            let first = !how.append && sent.queued == 0;
            // The first of all is asked for by itself: what it replaces is gone only if it is known.
            let batch = if first { batch.get(..1).unwrap_or(batch) } else { batch };
            let mut text = "command_list_begin\n".to_owned();
            text.extend(batch.iter().map(|(_, add)| add.as_str()));
            text.push_str("command_list_end\n");
            let done = match self.command(&text) {
                Ok(_) => batch.len(),
                Err(MpdError::Refused { code: NO_EXIST, index, message, .. }) => {
                    if let Some((path, _)) = batch.get(index) {
                        sent.left_out.push(((*path).clone(), message));
                    }
                    sent.queued += index.min(batch.len());
                    rest = rest.get(index + 1..).unwrap_or_default();
                    continue;
                }
                Err(error) => return Err(error),
            };
            if first {
                self.keep_last()?;
            }
            sent.queued += done;
            rest = rest.get(done..).unwrap_or_default();
        }
        if how.play && sent.queued > 0 {
            self.command(&command("play", &[&behind.to_string()])?)?;
        }
        Ok(sent)
    }

    /// Number of tracks in the queue.
    fn length(&mut self) -> Result<usize, MpdError> {
        let lines = self.command("status\n")?;
        let length = lines.iter().find_map(|line| line.strip_prefix("playlistlength: "));
        Ok(length.and_then(|length| length.parse().ok()).unwrap_or(0))
    }

    /// Deletes all of the queue but its last track.
    fn keep_last(&mut self) -> Result<(), MpdError> {
        match self.length()? {
            0 | 1 => Ok(()),
            length => {
                self.command(&command("delete", &[&format!("0:{}", length - 1)])?).map(|_| ())
            }
        }
    }

    /// Sends a command, or a list of them, and reads the answer.
    fn command(&mut self, text: &str) -> Result<Vec<String>, MpdError> {
        let wire = self.wire.get_mut();
        wire.write_all(text.as_bytes()).and_then(|()| wire.flush()).map_err(MpdError::Lost)?;
        let mut lines = Vec::new();
        loop {
            let line = self.line()?;
            if line == "OK" {
                return Ok(lines);
            }
            if let Some(refusal) = line.strip_prefix("ACK ") {
                return Err(MpdError::refused(refusal));
            }
            if lines.len() == MOST_LINES {
                return Err(MpdError::TooLong);
            }
            lines.push(line);
        }
    }

    fn line(&mut self) -> Result<String, MpdError> {
        let mut bytes = Vec::new();
        let read = (&mut self.wire).take(LONGEST_LINE).read_until(b'\n', &mut bytes);
        read.map_err(MpdError::Lost)?;
        match bytes.pop() {
            Some(b'\n') => Ok(String::from_utf8_lossy(&bytes).into_owned()),
            Some(_) if bytes.len() as u64 + 1 >= LONGEST_LINE => Err(MpdError::TooLong),
            _ => Err(MpdError::Lost(io::ErrorKind::UnexpectedEof.into())),
        }
    }
}

fn connect(host: &str, port: u16) -> Result<TcpStream, MpdError> {
    let mut last = io::Error::from(io::ErrorKind::NotFound);
    for address in (host, port).to_socket_addrs().map_err(MpdError::Unreachable)? {
        let stream = TcpStream::connect_timeout(&address, PATIENCE).and_then(|stream| {
            stream.set_read_timeout(Some(PATIENCE))?;
            stream.set_write_timeout(Some(PATIENCE))?;
            Ok(stream)
        });
        match stream {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(MpdError::Unreachable(last))
}

#[cfg(unix)]
fn socket(path: &Path) -> Result<std::os::unix::net::UnixStream, MpdError> {
    let stream = std::os::unix::net::UnixStream::connect(path).and_then(|stream| {
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(stream)
    });
    stream.map_err(MpdError::Unreachable)
}

#[cfg(not(unix))]
fn socket(_: &Path) -> Result<TcpStream, MpdError> {
    Err(MpdError::Unreachable(io::ErrorKind::Unsupported.into()))
}

/// The daemon's name of a file: its path from the music directory.
fn uri(path: &Path, folder: &Path) -> Result<String, MpdError> {
    let inner = path.strip_prefix(folder).map_err(|_| MpdError::Outside(folder.to_path_buf()))?;
    inner.to_str().map(str::to_owned).ok_or(MpdError::NoText)
}

/// A command with its arguments in quotes.
fn command(name: &str, arguments: &[&str]) -> Result<String, MpdError> {
    let mut text = name.to_owned();
    for argument in arguments {
        if argument.contains(['\n', '\r', '\0']) {
            return Err(MpdError::NoText);
        }
        text.push_str(" \"");
        text.push_str(&argument.replace('\\', "\\\\").replace('"', "\\\""));
        text.push('"');
    }
    text.push('\n');
    Ok(text)
}

#[cfg(test)]
mod tests;
