//! Sizes and times as people type them: `64KB`, `1.5MB`, `300`, `200ms`, `1.5s`, `2m`.

use std::fmt;
use std::time::Duration;

/// A text was not a size or a time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadSize {
    /// Not a number of bytes.
    #[error("\"{0}\" is not a size: type a number of bytes, or one with KB or MB, such as 64KB")]
    Size(String),
    /// Not a time.
    #[error("\"{0}\" is not a time: type a number with ms, s or m, such as 1.5s")]
    Time(String),
}

/// Reads a number of bytes: `300`, `300B`, `64KB`, `1.5MB`, `2GB`, with or without `/s`. 1 KB is 1,000 bytes.
///
/// # Errors
/// [`BadSize::Size`] for anything else.
pub fn parse_size(text: &str) -> Result<u64, BadSize> {
    let bad = || BadSize::Size(text.to_owned());
    let lower = text.trim().to_ascii_lowercase();
    let amount = lower.strip_suffix("/s").unwrap_or(&lower);
    let split = amount.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(amount.len());
    let unit = match &amount[split..] {
        "" | "b" => 1.0,
        "k" | "kb" => 1e3,
        "m" | "mb" => 1e6,
        "g" | "gb" => 1e9,
        _ => return Err(bad()),
    };
    let bytes = amount[..split].parse::<f64>().map_err(|_| bad())? * unit;
    if bytes < 1e15 { Ok(bytes.round() as u64) } else { Err(bad()) }
}

/// Reads a time: `200ms`, `1.5s`, `2m`; a bare number is seconds.
///
/// # Errors
/// [`BadSize::Time`] for anything else, and for more than a year.
pub fn parse_duration(text: &str) -> Result<Duration, BadSize> {
    let bad = || BadSize::Time(text.to_owned());
    let lower = text.trim().to_ascii_lowercase();
    let split = lower.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(lower.len());
    let unit = match &lower[split..] {
        "ms" => 1e-3,
        "" | "s" => 1.0,
        "m" | "min" => 60.0,
        _ => return Err(bad()),
    };
    let seconds = lower[..split].parse::<f64>().map_err(|_| bad())? * unit;
    if seconds < 366.0 * 86_400.0 { Ok(Duration::from_secs_f64(seconds)) } else { Err(bad()) }
}

/// A number of bytes, written for people.
pub(super) struct Size(pub(super) u64);

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.0 as f64;
        match self.0 {
            0..1_000 => write!(f, "{} B", self.0),
            1_000..100_000 => write!(f, "{:.1} KB", bytes / 1e3),
            100_000..1_000_000 => write!(f, "{:.0} KB", bytes / 1e3),
            _ => write!(f, "{:.1} MB", bytes / 1e6),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_type() {
        assert_eq!(parse_size("300"), Ok(300));
        assert_eq!(parse_size("64KB"), Ok(64_000));
        assert_eq!(parse_size("1.5mb/s"), Ok(1_500_000));
        assert_eq!(parse_duration("200ms"), Ok(Duration::from_millis(200)));
        assert_eq!(parse_duration("1.5"), Ok(Duration::from_millis(1500)));
        assert_eq!(parse_duration("2m"), Ok(Duration::from_secs(120)));
        for wrong in ["", "KB", "-3", "1..2", "3 lemons", "1e9", "99999999999999999GB"] {
            assert!(parse_size(wrong).is_err(), "{wrong}");
            assert!(parse_duration(wrong).is_err(), "{wrong}");
        }
    }
}
