//! SIGINT and SIGTERM.

use std::thread;

use crate::pipeline::{Cancel, Reason};

/// First SIGINT or SIGTERM: asks to stop. Second: ends at once.
pub(super) fn listen(cancel: &Cancel) -> std::io::Result<()> {
    use signal_hook::consts::{SIGINT, SIGTERM};
    let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM])?;
    let cancel = cancel.clone();
    thread::Builder::new().name("signals".into()).spawn(move || {
        let mut before = false;
        for signal in signals.forever() {
            if before {
                std::process::exit(128 + signal);
            }
            cancel.request(Reason::Signal(u8::try_from(signal).unwrap_or(15)));
            before = true;
        }
    })?;
    Ok(())
}
