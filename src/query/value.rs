//! Numbers, lengths of time, ages, sizes and keys as people write them.

use crate::store::Quantity;

/// Milliseconds in a day.
const DAY_MS: f64 = 86_400_000.0;

/// Reads a number of a quantity: seconds, bytes, milliseconds since 1970 or plain.
pub(super) fn number(text: &str, quantity: Quantity) -> Option<f64> {
    let text = text.trim();
    let plain = || text.parse::<f64>().ok();
    let value = match quantity {
        Quantity::Plain => plain().or_else(|| truth(text)),
        Quantity::Seconds => plain().or_else(|| clock(text)).or_else(|| scaled(text, &TIMES)),
        Quantity::Bytes => plain().or_else(|| scaled(text, &SIZES)),
        Quantity::Moment => None,
    };
    value.filter(|value| value.is_finite())
}

/// What is wanted, for messages.
pub(super) fn wanted(quantity: Quantity) -> &'static str {
    match quantity {
        Quantity::Plain => "a number",
        Quantity::Seconds => "a length of time such as 3:30, 200, 90s or 3m",
        Quantity::Bytes => "a size such as 500k, 10M or 1G",
        Quantity::Moment => "an age such as 30d, 2w, 6m, 1y, or a date such as 2024-05-17",
    }
}

fn truth(text: &str) -> Option<f64> {
    match text {
        "yes" | "true" => Some(1.0),
        "no" | "false" => Some(0.0),
        _ => None,
    }
}

const TIMES: [(&str, f64); 4] = [("ms", 1e-3), ("s", 1.0), ("m", 60.0), ("h", 3600.0)];
const SIZES: [(&str, f64); 3] = [("k", 1e3), ("m", 1e6), ("g", 1e9)];
/// Months and years of mean length (Gregorian calendar).
const AGES: [(&str, f64); 5] =
    [("h", 1.0 / 24.0), ("d", 1.0), ("w", 7.0), ("m", 30.436_875), ("y", 365.2425)];

/// A number with a unit behind it.
fn scaled(text: &str, units: &[(&str, f64)]) -> Option<f64> {
    let text = text.to_ascii_lowercase();
    units.iter().find_map(|(unit, factor)| {
        let number = text.strip_suffix(unit)?.parse::<f64>().ok()?;
        Some(number * factor)
    })
}

/// `3:30`, `1:02:03`.
fn clock(text: &str) -> Option<f64> {
    let mut parts = text.split(':').map(|part| part.parse::<f64>().ok().filter(|x| *x >= 0.0));
    let first = parts.next()??;
    let (mut seconds, mut count) = (first, 1);
    for part in parts {
        seconds = seconds * 60.0 + part.filter(|part| *part < 60.0)?;
        count += 1;
    }
    (2..=3).contains(&count).then_some(seconds)
}

/// A length of time such as `3:30`, `200`, `90s`, `3m`, `2h` or `1h30m`, in seconds.
pub fn seconds(text: &str) -> Option<f64> {
    let units = ['h', 'm', 's'];
    let parts = || {
        let part = |part| number(part, Quantity::Seconds).filter(|seconds| *seconds >= 0.0);
        let parts = text.trim().split_inclusive(units).map(part);
        text.trim().ends_with(units).then(|| parts.sum::<Option<f64>>())?
    };
    number(text, Quantity::Seconds).or_else(parts).filter(|seconds| *seconds >= 0.0)
}

/// An age such as `30d`, `2w`, `6m` or `1y`, in milliseconds.
pub fn age_ms(text: &str) -> Option<f64> {
    scaled(text.trim(), &AGES).filter(|days| *days >= 0.0 && days.is_finite()).map(|d| d * DAY_MS)
}

/// A year, a month or a day (UTC): its first millisecond and the first after it, since 1970.
pub(super) fn date_ms(text: &str) -> Option<(f64, f64)> {
    let mut parts = text.trim().splitn(3, '-').map(str::parse::<i16>);
    let year = parts.next()?.ok().filter(|year| (1970..=9998).contains(year))?;
    let month = parts.next().map(|month| month.ok().and_then(|m| i8::try_from(m).ok()));
    let day = parts.next().map(|day| day.ok().and_then(|d| i8::try_from(d).ok()));
    let (month, day) =
        (month.map_or(Some(None), |m| m.map(Some))?, day.map_or(Some(None), |d| d.map(Some))?);
    let first = jiff::civil::Date::new(year, month.unwrap_or(1), day.unwrap_or(1)).ok()?;
    let span = match (month, day) {
        (None, _) => jiff::Span::new().years(1),
        (Some(_), None) => jiff::Span::new().months(1),
        (Some(_), Some(_)) => jiff::Span::new().days(1),
    };
    Some((start_ms(first)?, start_ms(first.checked_add(span).ok()?)?))
}

fn start_ms(date: jiff::civil::Date) -> Option<f64> {
    let zoned = date.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(zoned.timestamp().as_millisecond() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_read_as_people_write_them() {
        let seconds = |text| number(text, Quantity::Seconds);
        assert_eq!(seconds("3:30"), Some(210.0));
        assert_eq!(seconds("1:02:03"), Some(3723.0));
        assert_eq!(seconds("3m"), Some(180.0));
        assert_eq!(seconds("90s"), Some(90.0));
        assert_eq!(seconds("2.5"), Some(2.5));
        for (text, wanted) in [("1h30m", 5400.0), ("2h", 7200.0), ("1h0m5s", 3605.0)] {
            assert_eq!(super::seconds(text), Some(wanted), "{text}");
        }
        for text in ["3h16", "1h-30m", "h", "1h30x", "1h 3:30m"] {
            assert_eq!(super::seconds(text), None, "{text}");
        }
        assert_eq!(number("10M", Quantity::Bytes), Some(1e7));
        assert_eq!(number("yes", Quantity::Plain), Some(1.0));
        assert_eq!(age_ms("2w"), Some(14.0 * DAY_MS));
    }

    #[test]
    fn dates_are_periods_of_the_calendar() {
        // 2024 is a leap year: 366 days; February has 29.
        let days = |text| date_ms(text).map(|(from, to)| ((to - from) / DAY_MS).round());
        assert_eq!(days("2024"), Some(366.0));
        assert_eq!(days("2024-02"), Some(29.0));
        assert_eq!(days("2024-02-29"), Some(1.0));
        assert_eq!(date_ms("1970-01-02").map(|(from, _)| from), Some(DAY_MS));
    }

    #[test]
    fn nonsense_is_no_quantity() {
        for text in ["", "x", "3:61", "1:2:3:4", "-1:00", "nan", "inf", "1e999", "3:"] {
            assert_eq!(number(text, Quantity::Seconds), None, "{text}");
        }
        for text in ["2023-02-29", "2024-13", "12", "99999", "2024-1-1-1", "-2024", "2024-"] {
            assert_eq!(date_ms(text), None, "{text}");
        }
        for text in ["d", "-3d", "nand", "infd", "3q"] {
            assert_eq!(age_ms(text), None, "{text}");
        }
    }
}
