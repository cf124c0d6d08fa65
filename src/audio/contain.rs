//! Panics of the demuxers and decoders, made into errors.
//!
//! Arithmetic on fields of a file overflows here and there in them, and an assertion fails; that is
//! damage of the file, as far as anybody can tell, and nothing to be reported as a defect of this
//! program. What panicked is in an unknown state: callers do not use it again.

use std::panic::{AssertUnwindSafe, catch_unwind};

use symphonia::core::errors::Error;

/// What stands in for the message of the panic, which is not meant for users.
const PANICKED: &str = "it made the reader fail";

/// Runs a demuxer or a decoder over bytes that nobody vouches for.
pub(super) fn contain<T>(work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    // Nothing that was lent to `work` is used again when it fails so: see `is_panic`.
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(Err(Error::DecodeError(PANICKED)))
}

/// True for the error that stands for a panic: what gave it must not be used again.
pub(super) fn is_panic(error: &Error) -> bool {
    matches!(error, Error::DecodeError(PANICKED))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_error_that_can_be_told_from_others() {
        let caught = contain(|| -> Result<(), Error> { panic!("index out of bounds") });
        assert!(is_panic(&caught.unwrap_err()));
        assert!(!is_panic(&contain(|| Err::<(), _>(Error::DecodeError("bad"))).unwrap_err()));
        assert_eq!(contain(|| Ok(7)).unwrap(), 7);
    }
}
