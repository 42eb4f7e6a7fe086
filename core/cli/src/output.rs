//! How things are written to the terminal.

use std::io::Write as _;
use std::path::Path;

use serde::Serialize;

/// One JSON object a line. A reader that went away is no fault of ours.
pub(crate) fn line(value: &impl Serialize) {
    if let Ok(mut text) = serde_json::to_string(value) {
        text.push('\n');
        let _ = std::io::stdout().write_all(text.as_bytes());
    }
}

/// A line of text. A reader that went away (`| head`) is no fault of ours.
pub(crate) fn text(words: std::fmt::Arguments<'_>) {
    let _ = writeln!(std::io::stdout(), "{words}");
}

/// `println!` for a reader that may go away.
macro_rules! say {
    ($($words:tt)*) => { $crate::output::text(format_args!($($words)*)) };
}
pub(crate) use say;

/// A path for a person, on one line: control characters must not reach the terminal.
pub(crate) fn shown(path: &Path) -> String {
    path.to_string_lossy().chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// Bytes for a person, in decimal units as networks count them.
pub(crate) fn bytes(n: u64) -> String {
    const UNITS: [(&str, f64); 3] = [("GB", 1e9), ("MB", 1e6), ("KB", 1e3)];
    let n = n as f64;
    match UNITS.iter().find(|(_, size)| n >= *size) {
        Some((unit, size)) if n / size < 10.0 => format!("{:.1} {unit}", n / size),
        Some((unit, size)) => format!("{:.0} {unit}", n / size),
        None => format!("{n} bytes"),
    }
}

/// A number with its noun.
pub(crate) fn plural(n: u64, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

/// A wait for a person: whole seconds, minutes or hours.
pub(crate) fn wait(ms: i64) -> String {
    match ms / 1000 {
        ..=0 => "now".into(),
        s @ 1..=119 => format!("in {s} s"),
        s @ 120..=7199 => format!("in {} min", s / 60),
        s => format!("in {} h", s / 3600),
    }
}
