//! Standard output and standard error, and what is known of them.

use std::io::{self, IsTerminal, Write};

/// Where a verb prints.
#[derive(Clone, Debug)]
pub(crate) struct Terminal {
    /// Standard error is a terminal: progress may be drawn on it.
    pub(crate) interactive: bool,
}

impl Terminal {
    /// The terminal of this process.
    pub(crate) fn of_process() -> Self {
        Self { interactive: io::stderr().is_terminal() }
    }

    /// Standard output, buffered.
    pub(crate) fn out(&self) -> impl Write + use<> {
        io::BufWriter::with_capacity(64 << 10, io::stdout())
    }

    /// Prints help, the version, or what is wrong with the command line.
    pub(crate) fn print_usage(&self, error: &clap::Error) {
        let _ = error.print(); // nothing is left to be said where nothing can be printed
    }

    /// One line to standard error.
    pub(crate) fn note(&self, text: &str) {
        let _ = writeln!(io::stderr(), "{text}"); // as above
    }

    /// An error and its causes, in one line.
    pub(crate) fn error(&self, error: &anyhow::Error) {
        self.note(&format!("phonolite: {error:#}"));
    }
}

/// True when the reader of our output has gone, which is no error.
pub(crate) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let io = cause.downcast_ref::<io::Error>();
        io.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    })
}
