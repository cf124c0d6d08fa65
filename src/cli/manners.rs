//! Options of manners, the same for every verb that analyses.

use std::sync::Arc;
use std::time::Duration;

use clap::Args;

use super::terminal;
use crate::manners::{Machine, Manners, next};
use crate::system::be_nice;

/// What a run holds to.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Manners")]
pub(crate) struct MannersArgs {
    /// Stand back behind other programs: nice level 0 to 19, and the idle class of the disk
    #[arg(
        long,
        value_name = "N",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "19",
        value_parser = clap::value_parser!(u8).range(0..=19)
    )]
    nice: Option<u8>,
    /// Largest share of the processor, all cores together, e.g. 50%
    #[arg(long, value_name = "SHARE", value_parser = share)]
    max_cpu: Option<f64>,
    /// Stop at this time of day, e.g. 06:00; what is not done is left to the next run
    #[arg(long, value_name = "HH:MM", value_parser = until)]
    until: Option<i64>,
    /// Stop after so long, e.g. 2h or 90m; what is not done is left to the next run
    #[arg(long, value_name = "TIME", value_parser = duration)]
    max_duration: Option<Duration>,
    /// Begin no file while the machine runs on its battery
    #[arg(long)]
    pause_on_battery: bool,
    /// Begin no file while other programs keep more than N threads busy (load average less our own)
    #[arg(long, value_name = "N", value_parser = load)]
    pause_above_load: Option<f64>,
}

impl MannersArgs {
    /// Stands back, by `unasked` if nothing was said; to be called before any thread is started.
    pub(super) fn stand_back(&self, unasked: Option<u8>) {
        let Some(nice) = self.nice.or(unasked).filter(|nice| *nice > 0) else { return };
        if let Err(error) = be_nice(nice) {
            terminal::note(&format!("phonolite: {error}: {}", error.source));
        }
    }

    pub(super) fn rules(&self) -> Manners {
        Manners {
            max_cpu: self.max_cpu,
            until_ms: self.until,
            max_duration: self.max_duration,
            pause_on_battery: self.pause_on_battery,
            pause_above_load: self.pause_above_load,
            senses: Arc::new(Machine::default()),
        }
    }
}

fn share(text: &str) -> Result<f64, String> {
    let percent = text.strip_suffix('%').and_then(|number| number.trim().parse::<f64>().ok());
    let share = percent.map(|percent| percent / 100.0).or_else(|| text.parse().ok());
    share
        .filter(|share| (0.01..=1.0).contains(share))
        .ok_or_else(|| "a share of the processor from 1% to 100% is needed".into())
}

fn until(text: &str) -> Result<i64, String> {
    next(text, &jiff::Zoned::now()).ok_or_else(|| "a time of day such as 06:00 is needed".into())
}

fn duration(text: &str) -> Result<Duration, String> {
    let seconds = crate::query::seconds(text).filter(|seconds| (1.0..=3.2e7).contains(seconds));
    seconds
        .map(Duration::from_secs_f64)
        .ok_or_else(|| "a length of time such as 2h, 90m or 1:30:00 is needed".into())
}

fn load(text: &str) -> Result<f64, String> {
    let load = text.parse().ok().filter(|load| (0.0..=10_000.0).contains(load));
    load.ok_or_else(|| "a number of threads such as 4 is needed".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_and_times_are_read_with_their_units() {
        assert_eq!(share("50%"), Ok(0.5));
        assert_eq!(share("0.25"), Ok(0.25));
        assert_eq!(duration("2h"), Ok(Duration::from_hours(2)));
        assert_eq!(duration("1:30:00"), Ok(Duration::from_mins(90)));
        for wrong in ["0%", "150%", "50", "half", "NaN", "-5%"] {
            assert!(share(wrong).is_err(), "{wrong}");
        }
        assert!(until("sunrise").is_err() && load("-1").is_err() && duration("0").is_err());
    }
}
