//! One file outside a run: what a verb needs and the database does not have.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use super::cancel::Cancel;
use super::outcome::Failure;
use super::stream::{Interruption, failure_of, panic_text, stream};
use crate::audio::{CHUNK_FRAMES, Limits, Opened};
use crate::error::{FailureKind, Stage};
use crate::feature::{Extractor, Families, Lanes, Record};
use crate::profile::Watch;

/// Reads a file and returns the records of the wanted families; nothing is stored.
///
/// # Errors
///
/// As a file fails in a run; a panic is an error of this file too.
pub fn analyse_file(
    path: &Path,
    wanted: Families,
    limits: &Limits,
) -> Result<Vec<Record>, Failure> {
    let read = catch_unwind(AssertUnwindSafe(|| read(path, wanted, limits)));
    read.unwrap_or_else(|panic| {
        Err(Failure::new(Stage::Analyse, FailureKind::Internal, panic_text(&*panic)))
    })
}

fn read(path: &Path, wanted: Families, limits: &Limits) -> Result<Vec<Record>, Failure> {
    let opened = Opened::open(path, limits).map_err(|error| failure_of(&error))?;
    let source = opened.decode().map_err(|error| failure_of(&error))?;
    let mut extractor = Extractor::new(source.spec(), wanted);
    let streamed = stream(source, CHUNK_FRAMES, &Cancel::default(), &Watch::default(), |chunk| {
        extractor.push(chunk, Lanes::InTurn);
        Ok(())
    });
    let source = streamed.map_err(|interruption| match interruption {
        Interruption::Failed(failure) => failure,
        Interruption::Cancelled => {
            Failure::new(Stage::Decode, FailureKind::Internal, "stopped by nobody")
        }
    })?;
    source.finish().map_err(|error| failure_of(&error))?;
    Ok(extractor.finish(Lanes::InTurn))
}
