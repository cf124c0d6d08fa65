//! When to stand still, and when to stop.

use std::fmt;
use std::time::Duration;

use super::{Manners, Senses};

/// Time constant of the load average of the kernel, in seconds (`kernel/sched/loadavg.c`).
const LOAD_S: f64 = 60.0;

/// Why a run stands still or stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Why {
    /// The machine runs on its battery.
    Battery,
    /// Others need the machine.
    Load,
    /// It is the time of day to stop at.
    Until,
    /// It has worked as long as it was to.
    Duration,
}

impl Why {
    /// The stable name, as in events.
    pub fn name(self) -> &'static str {
        match self {
            Self::Battery => "battery",
            Self::Load => "load",
            Self::Until => "until",
            Self::Duration => "duration",
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Battery => "the machine runs on its battery",
            Self::Load => "others need the machine",
            Self::Until => "it is the time to stop",
            Self::Duration => "it has worked as long as it was to",
        })
    }
}

/// What to do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Go on.
    Go,
    /// Begin no file.
    Pause(Why),
    /// End the run.
    Stop(Why),
}

/// Looks up now and then.
#[derive(Clone, Copy, Debug)]
pub struct Watch {
    start: Duration,
    last: (Duration, Option<Duration>),
    /// What this process adds to the load average.
    own_load: f64,
}

impl Watch {
    /// A watch that begins now.
    pub fn new(senses: &dyn Senses) -> Self {
        let now = senses.elapsed();
        Self { start: now, last: (now, senses.cpu()), own_load: 0.0 }
    }

    /// What to do, as of now.
    pub fn look(&mut self, manners: &Manners) -> Verdict {
        let senses = &*manners.senses;
        let now = senses.elapsed();
        self.weigh(now, senses.cpu());
        if manners.until_ms.is_some_and(|until| senses.unix_ms() >= until) {
            return Verdict::Stop(Why::Until);
        }
        if manners.max_duration.is_some_and(|most| now.saturating_sub(self.start) >= most) {
            return Verdict::Stop(Why::Duration);
        }
        if manners.pause_on_battery && senses.on_battery() {
            return Verdict::Pause(Why::Battery);
        }
        let others = senses.load().map(|load| load - self.own_load);
        match (manners.pause_above_load, others) {
            (Some(most), Some(others)) if others > most => Verdict::Pause(Why::Load),
            _ => Verdict::Go,
        }
    }

    /// Follows what our own threads add to the load average, which forgets at the same pace; so what
    /// is left of it when this is taken off belongs to others.
    fn weigh(&mut self, now: Duration, cpu: Option<Duration>) {
        let (then, before) = self.last;
        let passed = now.saturating_sub(then).as_secs_f64();
        if let (Some(cpu), Some(before)) = (cpu, before)
            && passed > 0.0
        {
            let busy = cpu.saturating_sub(before).as_secs_f64() / passed;
            let kept = (-passed / LOAD_S).exp();
            self.own_load = self.own_load * kept + busy * (1.0 - kept);
        }
        self.last = (now, cpu);
    }
}
