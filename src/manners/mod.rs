//! Manners of a long run: how much of the machine it takes, when it stands still, when it stops.
//!
//! The rules are arithmetic over what [`Senses`] tell, so that they are tested without waiting. A
//! [`Gate`] makes threads wait by them: between chunks for the processor ([`Throttle`]), between
//! files for battery and load ([`Watch`]).

mod gate;
mod senses;
#[cfg(test)]
mod tests;
mod throttle;
mod until;
mod watch;

pub use gate::Gate;
pub use senses::{Machine, Senses};
pub use throttle::Throttle;
pub use until::next;
pub use watch::{Verdict, Watch, Why};

use std::sync::Arc;
use std::time::Duration;

/// What a run holds to.
#[derive(Clone, Debug)]
pub struct Manners {
    /// Largest share of all cores together, above 0 and up to 1; `None` for all there is.
    pub max_cpu: Option<f64>,
    /// When to stop, in milliseconds since 1970: by the clock on the wall, so that a machine that
    /// slept over it stops too.
    pub until_ms: Option<i64>,
    /// How long to work at most.
    pub max_duration: Option<Duration>,
    /// Stand still while the machine runs on its battery.
    pub pause_on_battery: bool,
    /// Stand still while others keep more than so many threads busy.
    pub pause_above_load: Option<f64>,
    /// Who tells.
    pub senses: Arc<dyn Senses>,
}

impl Default for Manners {
    fn default() -> Self {
        Self {
            max_cpu: None,
            until_ms: None,
            max_duration: None,
            pause_on_battery: false,
            pause_above_load: None,
            senses: Arc::new(Machine::default()),
        }
    }
}

impl Manners {
    /// True when somebody has to look up now and then.
    pub fn watches(&self) -> bool {
        self.until_ms.is_some()
            || self.max_duration.is_some()
            || self.pause_on_battery
            || self.pause_above_load.is_some()
    }
}
