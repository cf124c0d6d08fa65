//! Signal processing without state of the program: pure functions and small structs.

<<<<<<< HEAD
pub(crate) mod fft;
pub(crate) mod log;
pub mod mel;
pub mod resample;
pub(crate) mod simd;
pub mod stft;
pub mod window;
=======
pub mod autocorrelation;
pub mod peaks;
>>>>>>> rhythm
