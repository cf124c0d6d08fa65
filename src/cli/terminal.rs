//! Standard output and standard error.

use std::io::{self, IsTerminal, Write};

/// True when standard error is a terminal, so that progress may be drawn on it.
pub(super) fn is_interactive() -> bool {
    io::stderr().is_terminal()
}

/// Standard output, buffered; what is printed must be flushed.
pub(super) fn out() -> impl Write {
    io::BufWriter::with_capacity(64 << 10, io::stdout())
}

/// Prints help, the version, or what is wrong with the command line.
pub(super) fn print_usage(error: &clap::Error) {
    let _ = error.print(); // nothing is left to be said where nothing can be printed
}

/// One line to standard error.
pub(super) fn note(text: &str) {
    let _ = writeln!(io::stderr(), "{text}"); // as above
}

/// An error and its causes, in one line.
pub(super) fn error(error: &anyhow::Error) {
    note(&format!("phonolite: {error:#}"));
}

/// True when the reader of our output has gone, which is no error.
pub(super) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let io = cause.downcast_ref::<io::Error>();
        io.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    })
}

/// A whole text to standard output.
pub(super) fn print(text: &str) -> io::Result<()> {
    let mut out = out();
    out.write_all(text.as_bytes())?;
    out.flush()
}
