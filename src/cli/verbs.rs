//! From a verb to its file.
use super::args::Verb;
use super::{Context, Exit, Stop};
pub(super) fn run(verb: Verb, context: Context) -> Result<Exit, Stop> {
    let _ = (
        &verb,
        context.database()?,
        &context.layers,
        context.terminal.interactive,
        context.terminal.out(),
    );
    Ok(Exit::Done)
}
