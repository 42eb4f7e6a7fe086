//! Rates as somebody measured them on a real link, read from a file.

use std::path::Path;
use std::time::Duration;

/// What mahimahi means by one line of its traces: the chance to send one packet of this many bytes.
const MAHIMAHI_PACKET: f64 = 1504.0;

/// A rate that changes over time, and begins again at its end.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    /// Corners of the curve of (seconds, bytes passed so far); both rise or stay, from (0, 0).
    corners: Vec<(f64, f64)>,
}

/// A trace could not be used.
#[derive(Debug, thiserror::Error)]
pub enum BadTrace {
    /// The file could not be read.
    #[error("the trace cannot be read: {0}")]
    Unreadable(#[from] std::io::Error),
    /// A line is of neither kind.
    #[error(
        "line {line} of the trace is \"{text}\": expected either \"SECONDS MBIT/S\" or, in every line, a time in ms (mahimahi)"
    )]
    Line {
        /// Counted from 1.
        line: usize,
        /// What stands there.
        text: String,
    },
    /// No byte would ever pass.
    #[error("the trace carries no bytes at all, or ends where it begins")]
    Empty,
}

impl Trace {
    /// Reads a file of either kind; `scale` multiplies the rates.
    ///
    /// # Errors
    /// [`BadTrace`].
    pub fn read(path: &Path, scale: f64) -> Result<Self, BadTrace> {
        Self::parse(&std::fs::read_to_string(path)?, scale)
    }

    /// Lines of `SECONDS MBIT/S` (the rate holds from that time to the next line's; the last holds as long as
    /// the one before it), or lines of one whole number, the milliseconds at which mahimahi may send a packet of
    /// 1,504 bytes. Empty lines and what follows a `#` are skipped.
    ///
    /// # Errors
    /// [`BadTrace`].
    pub fn parse(text: &str, scale: f64) -> Result<Self, BadTrace> {
        let mut rates = Vec::new();
        let mut packets = Vec::new();
        for (index, raw) in text.lines().enumerate() {
            let bad = || BadTrace::Line { line: index + 1, text: raw.trim().chars().take(60).collect() };
            let line = raw.split('#').next().unwrap_or_default();
            let fields: Vec<&str> = line.split_whitespace().collect();
            let number = |text: &str| text.parse::<f64>().ok().filter(|n| n.is_finite() && *n >= 0.0).ok_or_else(bad);
            match fields[..] {
                [] => {}
                [ms] if rates.is_empty() => packets.push(number(ms)? / 1e3),
                [seconds, mbit] if packets.is_empty() => rates.push((number(seconds)?, number(mbit)? * 1e6 / 8.0)),
                _ => return Err(bad()),
            }
            let falls = |times: &[f64]| matches!(times, [.., before, last] if before > last);
            let starts: Vec<f64> = rates.iter().rev().take(2).rev().map(|(at, _)| *at).collect();
            if falls(&packets) || falls(&starts) {
                return Err(bad());
            }
        }
        let corners = if rates.is_empty() { from_packets(&packets, scale) } else { from_rates(&rates, scale) };
        match corners.last() {
            Some((seconds, bytes)) if *seconds > 0.0 && *bytes > 0.0 => Ok(Self { corners }),
            _ => Err(BadTrace::Empty),
        }
    }

    /// The mean rate, in bytes a second.
    pub fn mean(&self) -> f64 {
        let (seconds, bytes) = self.round();
        bytes / seconds
    }

    /// When `bytes` that start at `from` are through; both times count from the trace's start.
    pub(super) fn passed(&self, from: Duration, bytes: f64) -> Duration {
        let (seconds, capacity) = self.round();
        let from = from.as_secs_f64();
        let rounds = (from / seconds).floor();
        let done = rounds * capacity + interpolate(&self.corners, from - rounds * seconds, |c| *c);
        let goal = done + bytes;
        let rounds = (goal / capacity).floor();
        let swapped = |&(seconds, bytes): &(f64, f64)| (bytes, seconds);
        let until = rounds * seconds + interpolate(&self.corners, goal - rounds * capacity, swapped);
        Duration::from_secs_f64(until.max(from))
    }

    /// Seconds and bytes of one round.
    fn round(&self) -> (f64, f64) {
        *self.corners.last().expect("a trace without corners is refused when it is read")
    }
}

/// The curve's y at x, between its corners. `axes` says which of a corner's numbers is x.
fn interpolate(corners: &[(f64, f64)], x: f64, axes: impl Fn(&(f64, f64)) -> (f64, f64)) -> f64 {
    let after = corners.partition_point(|corner| axes(corner).0 <= x);
    match (after.checked_sub(1).map(|i| axes(&corners[i])), corners.get(after).map(&axes)) {
        (Some((x0, y0)), Some((x1, y1))) => y0 + (y1 - y0) * (x - x0) / (x1 - x0),
        (Some((_, y)), None) => y,
        (None, _) => 0.0,
    }
}

fn from_rates(rates: &[(f64, f64)], scale: f64) -> Vec<(f64, f64)> {
    let origin = rates.first().map_or(0.0, |(at, _)| *at);
    let last_step = match rates {
        [.., before, last] => last.0 - before.0,
        _ => 1.0,
    };
    let mut corners = vec![(0.0, 0.0)];
    let mut bytes = 0.0;
    for (index, (at, rate)) in rates.iter().enumerate() {
        let until = rates.get(index + 1).map_or(at + last_step, |next| next.0);
        bytes += (until - at) * rate * scale;
        corners.push((until - origin, bytes));
    }
    corners
}

fn from_packets(packets: &[f64], scale: f64) -> Vec<(f64, f64)> {
    const TICK: f64 = 1e-3;
    let mut corners = vec![(0.0, 0.0)];
    let mut bytes = 0.0;
    for tick in packets.chunk_by(|a, b| a == b) {
        // A packet's chance at millisecond t is spread over the millisecond that ends there.
        corners.push(((tick[0] - TICK).max(0.0), bytes));
        bytes += tick.len() as f64 * MAHIMAHI_PACKET * scale;
        corners.push((tick[0], bytes));
    }
    corners
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_of_rates_passes_its_bytes_and_begins_again() {
        // One second at 1 MB/s, one at nothing, again and again.
        let trace = Trace::parse("0 8\n1 0 # a tunnel\n", 1.0).expect("a good trace");
        assert_eq!(trace.mean(), 500_000.0);
        let at = |from, bytes| trace.passed(Duration::from_secs_f64(from), bytes).as_secs_f64();
        assert!((at(0.0, 250_000.0) - 0.25).abs() < 1e-6);
        assert!((at(0.5, 600_000.0) - 2.1).abs() < 1e-6, "{}", at(0.5, 600_000.0));
        assert!((at(1.5, 3_500_000.0) - 8.5).abs() < 1e-6, "{}", at(1.5, 3_500_000.0));
        let half = Trace::parse("0 8\n1 0\n", 0.5).expect("a good trace");
        assert_eq!(half.mean(), 250_000.0);
    }

    #[test]
    fn a_mahimahi_trace_passes_a_packet_per_line() {
        let trace = Trace::parse("0\n10\n10\n20\n", 1.0).expect("a good trace");
        let at = |bytes| trace.passed(Duration::ZERO, bytes).as_secs_f64();
        assert!((0.009..=0.010).contains(&at(3000.0)), "{}", at(3000.0));
        assert!((0.019..=0.020).contains(&at(6000.0)), "{}", at(6000.0));
    }

    #[test]
    fn what_is_no_trace_is_refused_with_its_line() {
        for (text, line) in [("0 8\nfast\n", 2), ("5\n4\n", 2), ("0 8\n1\n", 2), ("3 1\n2 1\n", 2), ("-1 3\n", 1)] {
            match Trace::parse(text, 1.0) {
                Err(BadTrace::Line { line: told, .. }) => assert_eq!(told, line, "{text:?}"),
                other => panic!("{text:?}: {other:?}"),
            }
        }
        for text in ["", "0 0\n9 0\n", "0\n"] {
            assert!(matches!(Trace::parse(text, 1.0), Err(BadTrace::Empty)), "{text:?}");
        }
    }
}
