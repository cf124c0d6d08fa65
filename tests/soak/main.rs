//! What takes long: the program is killed, the power fails, and many files go by.
//!
//! By default short runs. `PHONOLITE_KILLS=200 cargo test --test soak killed` makes a long one,
//! `PHONOLITE_SOAK_SEED` another, `PHONOLITE_LEAK_FILES=20000 cargo test --test soak leaks` looks for leaks
//! over so many files. `README.md` has the last figures.

#![cfg(target_os = "linux")]
#![allow(clippy::panic, reason = "a test ends so")]
#![allow(clippy::print_stderr, reason = "a long run says what it did")]

#[path = "../common/mod.rs"]
mod common;
#[allow(dead_code, reason = "used in part")]
#[path = "../mutants/dice.rs"]
mod dice;
mod kill;
mod leak;
mod music;
mod power;
mod program;
mod tables;

/// A number of the environment.
fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

fn seed() -> u64 {
    number("PHONOLITE_SOAK_SEED").unwrap_or(1)
}
