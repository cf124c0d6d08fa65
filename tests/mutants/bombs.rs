//! Bombs.
