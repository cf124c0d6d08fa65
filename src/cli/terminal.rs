//! Standard output and standard error.

use std::borrow::Cow;
use std::io::{self, IsTerminal, Write};
use std::path::Path;

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

/// A line, or several, to standard error. What a terminal would obey is shown instead.
pub(super) fn note(text: &str) {
    let _ = writeln!(io::stderr(), "{}", harmless(text, |c| c == '\n')); // as above
}

/// A path for the eye: one line, whatever is in it; what is not UTF-8 becomes U+FFFD.
pub(super) fn shown(path: impl AsRef<Path>) -> String {
    harmless(&path.as_ref().to_string_lossy(), |_| false).into_owned()
}

/// Writes control characters as Rust does, such as `\n` and `\u{1b}`, but for those that may stay.
fn harmless(text: &str, may_stay: fn(char) -> bool) -> Cow<'_, str> {
    let harms = |c: char| c.is_control() && !may_stay(c);
    if !text.contains(harms) {
        return text.into();
    }
    let escape = |c: char| if harms(c) { c.escape_default().to_string() } else { c.into() };
    text.chars().map(escape).collect::<String>().into()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_file_gives_the_terminal_no_orders() {
        assert_eq!(
            shown(Path::new("a\nb\r\u{1b}[2J\u{9b}ü.mp3")),
            "a\\nb\\r\\u{1b}[2J\\u{9b}ü.mp3"
        );
        assert_eq!(harmless("one\ntwo\u{7}", |c| c == '\n'), "one\ntwo\\u{7}");
    }
}
