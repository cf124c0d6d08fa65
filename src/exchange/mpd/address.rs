//! Where a daemon listens, as `MPD_HOST` has it.

use super::MpdError;
use std::fmt;
use std::path::PathBuf;

const PORT: u16 = 6600;

/// Where a daemon listens. Prints without the password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A machine.
    Host {
        /// Its name or number.
        host: String,
        /// Its port.
        port: u16,
        /// What the daemon asks for.
        password: Option<String>,
    },
    /// A socket of this machine.
    Socket {
        /// Its path.
        path: PathBuf,
        /// What the daemon asks for.
        password: Option<String>,
    },
}

impl Address {
    /// Reads `mpd://[password@]host[:port]`, the same without `mpd://`, or `[password@]/path/to/socket`.
    ///
    /// # Errors
    /// [`MpdError::Address`].
    pub fn parse(text: &str) -> Result<Self, MpdError> {
        let wrong = || MpdError::Address(text.rsplit('@').next().unwrap_or_default().to_owned());
        let rest = text.strip_prefix("mpd://").unwrap_or(text);
        let (password, place) = match rest.rsplit_once('@') {
            Some((password, place)) if !password.is_empty() => (Some(password.to_owned()), place),
            Some(_) => return Err(wrong()), // an abstract socket
            None => (None, rest),
        };
        if place.starts_with('/') {
            return Ok(Self::Socket { path: place.into(), password });
        }
        let place = place.trim_end_matches('/');
        // [::1]:6600; a bare ::1 has no port
        let (host, port) = match place.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((host, port)) => (host, port.strip_prefix(':')),
            None if place.matches(':').count() > 1 => (place, None),
            None => place.split_once(':').map_or((place, None), |(host, port)| (host, Some(port))),
        };
        let port = port.map_or(Ok(PORT), str::parse).map_err(|_| wrong())?;
        if host.is_empty() || host.contains(['/', '[', ']']) || host.contains(char::is_whitespace) {
            return Err(wrong());
        }
        Ok(Self::Host { host: host.to_owned(), port, password })
    }

    /// The address that `MPD_HOST` and `MPD_PORT` name; localhost:6600 where they say nothing.
    ///
    /// # Errors
    /// [`MpdError::Address`].
    pub fn of_variables(host: Option<&str>, port: Option<&str>) -> Result<Self, MpdError> {
        let mut address = Self::parse(host.unwrap_or("localhost"))?;
        if let (Self::Host { port, .. }, Some(given)) = (&mut address, port) {
            *port = given.parse().map_err(|_| MpdError::Address(given.to_owned()))?;
        }
        Ok(address)
    }

    pub(super) fn password(&self) -> Option<&str> {
        match self {
            Self::Host { password, .. } | Self::Socket { password, .. } => password.as_deref(),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host { host, port, .. } if host.contains(':') => {
                write!(f, "mpd://[{host}]:{port}")
            }
            Self::Host { host, port, .. } => write!(f, "mpd://{host}:{port}"),
            Self::Socket { path, .. } => write!(f, "{}", path.display()),
        }
    }
}
