//! Signal processing without state of the program: pure functions and small structs.

pub mod autocorrelation;
pub mod peaks;
