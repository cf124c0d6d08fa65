//! Reading files: exact samples, right alignment, stable identity, and harmless failure.
//!
//! All files are made here or lie in `tests/fixtures`; nothing outside the repository is needed.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, clippy::print_stderr)] // a failure is to be loud here

mod codecs;
mod hostile;
mod mp3;
mod pcm;
mod retag;
mod support;
