//! Reading files: exact samples, right alignment, stable identity, and harmless failure.
//!
//! All files are made here or lie in `tests/fixtures`; nothing outside the repository is needed.

mod codecs;
mod hostile;
mod pcm;
mod retag;
mod support;
