//! Local times as posts write them.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

/// The wall clock of `2024-05-06T07:08:09+02:00` (RFC 3339; offset and fraction may be missing, or the time
/// as a whole) as if it were UTC, in Unix seconds: it orders photos and groups them by the traveller's days.
pub(crate) fn wall_clock(text: &str) -> Option<i64> {
    let text = text.trim();
    let date: Date = text.get(..10)?.parse().ok()?;
    let time = match text.get(10..19) {
        Some(rest) => format!("{date}T{}", rest.get(1..)?).parse().ok()?,
        None if text.len() == 10 => date.at(0, 0, 0, 0),
        None => format!("{date}T{}", text.get(11..)?).parse::<DateTime>().ok()?,
    };
    Some(time.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second())
}

/// The day of a wall clock, as `2024-05-06`.
pub(crate) fn day(wall_clock: i64) -> String {
    jiff::Timestamp::from_second(wall_clock)
        .map_or_else(|_| "undated".into(), |t| t.to_zoned(TimeZone::UTC).date().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_offset_does_not_move_the_day() {
        for text in ["2024-05-06T23:30:00+09:00", "2024-05-06T23:30:00", "2024-05-06 23:30:00.5Z", "2024-05-06T23:30"] {
            assert_eq!(wall_clock(text).map(day).as_deref(), Some("2024-05-06"), "{text}");
        }
        assert_eq!(wall_clock("2024-05-06").map(day).as_deref(), Some("2024-05-06"));
        for bad in ["", "yesterday", "0000:00:00 00:00:00", "2024-13-01", "2024-05-06T99:00:00", "ääääääääää"]
        {
            assert_eq!(wall_clock(bad), None, "{bad}");
        }
    }
}
