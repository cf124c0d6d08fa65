//! `--until 06:00`.

use jiff::Zoned;

/// The next moment at which clocks show `time` (`6:00`, `06:00`), in milliseconds since 1970; the one
/// on the next day when it is just that time. `None` for what is no time of day.
///
/// A time that a change to summer time leaves out is the moment the clocks go on from.
pub fn next(time: &str, now: &Zoned) -> Option<i64> {
    let (hour, minute) = time.trim().split_once(':')?;
    let two = |text: &str| text.parse::<i8>().ok().filter(|_| (1..=2).contains(&text.len()));
    let clock = jiff::civil::Time::new(two(hour)?, two(minute)?, 0, 0).ok()?;
    let on = |day: jiff::civil::Date| day.to_datetime(clock).to_zoned(now.time_zone().clone());
    let today = on(now.date()).ok()?;
    let next = if today > *now { today } else { on(now.date().tomorrow().ok()?).ok()? };
    Some(next.timestamp().as_millisecond())
}
