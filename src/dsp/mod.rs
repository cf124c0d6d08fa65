//! Signal processing without state of the program: pure functions and small structs.

pub mod autocorrelation;
pub(crate) mod exp;
pub(crate) mod fft;
pub(crate) mod log;
pub mod mel;
pub mod peaks;
pub mod resample;
pub(crate) mod simd;
pub mod stft;
pub mod window;
