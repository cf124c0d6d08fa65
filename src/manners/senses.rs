//! What is known of time and machine.

use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::system;

/// Clocks and meters.
pub trait Senses: std::fmt::Debug + Send + Sync {
    /// Time since some moment; never runs backwards.
    fn elapsed(&self) -> Duration;
    /// Processor time of this process; `None` where it is not told.
    fn cpu(&self) -> Option<Duration>;
    /// The time of day, in milliseconds since 1970.
    fn unix_ms(&self) -> i64;
    /// True when the machine runs on its battery.
    fn on_battery(&self) -> bool;
    /// Threads that ran or waited during the last minute, all processes together.
    fn load(&self) -> Option<f64>;
    /// Lets the time pass.
    fn rest(&self, time: Duration);
}

/// This machine.
#[derive(Debug)]
pub struct Machine(Instant);

impl Default for Machine {
    fn default() -> Self {
        Self(Instant::now())
    }
}

impl Senses for Machine {
    fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }

    fn cpu(&self) -> Option<Duration> {
        system::cpu_time()
    }

    fn unix_ms(&self) -> i64 {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(now.as_millis()).unwrap_or(i64::MAX)
    }

    fn on_battery(&self) -> bool {
        system::on_battery(Path::new("/"))
    }

    fn load(&self) -> Option<f64> {
        system::load(Path::new("/"))
    }

    fn rest(&self, time: Duration) {
        std::thread::sleep(time);
    }
}
