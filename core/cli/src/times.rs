//! Days and spans of time as people type and read them.

use std::sync::LazyLock;
use std::time::Duration;

use chrono::{Local, NaiveDate, TimeZone as _};
use satchel::clock::Clock;
use satchel::kernel::time::Now;

/// What time it is. The boot's id is read once: a list asks for each of its lines.
pub(crate) fn now() -> Now {
    static CLOCK: LazyLock<Clock> = LazyLock::new(Clock::system);
    CLOCK.now()
}

/// `30min`, `1h`, `2d`: how long something holds.
pub(crate) fn span(text: &str) -> Result<Duration, String> {
    let bad = || format!("\"{text}\" is no span of time; type a number with s, min, h or d, as in 1h");
    let split = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(bad)?;
    let unit = match text[split..].trim() {
        "s" => 1,
        "m" | "min" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return Err(bad()),
    };
    let seconds = text[..split].parse::<u64>().ok().and_then(|n| n.checked_mul(unit)).ok_or_else(bad)?;
    Ok(Duration::from_secs(seconds))
}

/// `2026-11-21`.
pub(crate) fn day(text: &str) -> Result<NaiveDate, String> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| format!("\"{text}\" is no day; type it as in 2026-11-21"))
}

/// The first millisecond of a day, local time, since 1970.
pub(crate) fn begins_utc_ms(day: NaiveDate) -> Option<i64> {
    // Where clocks are set forward at midnight, the day begins an hour later.
    let mut hours = (0..24).filter_map(|hour| day.and_hms_opt(hour, 0, 0));
    let first = hours.find_map(|at| Local.from_local_datetime(&at).earliest())?;
    Some(first.timestamp_millis())
}

/// An instant's day, local time, as `2026-11-21`.
pub(crate) fn day_of(utc_ms: i64) -> String {
    let at = Local.timestamp_millis_opt(utc_ms).earliest();
    at.map_or_else(|| "another time".into(), |at| at.date_naive().to_string())
}

/// An instant to the minute, local time, as `2026-11-21 14:05`.
pub(crate) fn minute(utc_ms: i64) -> String {
    let at = Local.timestamp_millis_opt(utc_ms).earliest();
    at.map_or_else(|| "another time".into(), |at| at.format("%Y-%m-%d %H:%M").to_string())
}

/// A local day, counted since 1970, as `2026-11-21`.
pub(crate) fn day_since_1970(days: i64) -> String {
    let day = i32::try_from(days).ok().and_then(NaiveDate::from_epoch_days);
    day.map_or_else(|| format!("day {days}"), |day| day.to_string())
}

/// How long, for a person: whole seconds, minutes, hours or days.
pub(crate) fn how_long(ms: u64) -> String {
    match ms.div_ceil(1000) {
        0..=1 => "a moment".into(),
        s @ 2..=119 => format!("{s} seconds"),
        s @ 120..=7199 => format!("{} minutes", s.div_ceil(60)),
        s @ 7200..=172_799 => format!("{} hours", s.div_ceil(3600)),
        s => format!("{} days", s.div_ceil(86_400)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_and_days_are_read() {
        assert_eq!(span("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(span("30 min"), Ok(Duration::from_secs(1800)));
        assert_eq!((span("1h"), span("2d")), (Ok(Duration::from_secs(3600)), Ok(Duration::from_secs(172_800))));
        for bad in ["", "1", "h", "1.5h", "-1h", "1y", "99999999999999999999d"] {
            assert!(span(bad).is_err(), "{bad}");
        }
        assert!(day("2026-02-30").is_err() && day("tomorrow").is_err());
        let (first, second) = (day("2026-11-21").unwrap(), day("2026-11-22").unwrap());
        assert_eq!(begins_utc_ms(second).unwrap() - begins_utc_ms(first).unwrap(), 86_400_000);
        assert_eq!(day_of(begins_utc_ms(first).unwrap()), "2026-11-21");
        assert_eq!(day_since_1970(20_778), "2026-11-21");
    }

    #[test]
    fn how_long_is_said_in_whole_units() {
        let said = [0, 1_500, 119_000, 119_001, 3_600_000, 7_200_000, 172_800_000].map(how_long);
        assert_eq!(said, ["a moment", "2 seconds", "119 seconds", "2 minutes", "60 minutes", "2 hours", "2 days"]);
    }
}
