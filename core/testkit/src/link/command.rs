//! The commands that a person types, or a script holds, to change the link.

use std::path::Path;
use std::time::Duration;

use super::Shared;
use super::conditions::{Conditions, Cut, LostReply, Mode, Page, RandomCuts, Rate};
use super::connection::End;
use super::sizes::{BadSize, parse_duration, parse_size};
use super::trace::{BadTrace, Trace};

/// One line that was typed.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Other conditions from now on.
    Set(Box<Conditions>),
    /// Another rate, bytes a second up and down; the rest stays.
    Rate(Rate, Rate),
    /// Another latency, one way; the rest stays.
    Latency(Duration),
    /// Cut all connections now.
    Cut,
    /// Arm a cut at a byte; the rest stays.
    CutAfter(Cut),
    /// Reset all connections now.
    Reset,
    /// Reset each connection after that many bytes; the rest stays.
    ResetAfter(u64),
    /// Lose replies; the rest stays.
    Lose(LostReply),
    /// Cut by chance; the rest stays.
    Random(RandomCuts),
    /// Say how things are.
    Status,
    /// Say what can be typed.
    Help,
    /// End.
    Quit,
}

/// A line was not a command.
#[derive(Debug, thiserror::Error)]
pub enum BadCommand {
    /// No such word.
    #[error("\"{0}\" is not a command; type help for those that are")]
    Unknown(String),
    /// The word is right, what follows is not.
    #[error("expected: {0}")]
    Usage(&'static str),
    /// A size or a time is wrong.
    #[error(transparent)]
    Size(#[from] BadSize),
    /// A trace cannot be used.
    #[error(transparent)]
    Trace(#[from] BadTrace),
}

impl Command {
    /// What can be typed, a line for each command.
    pub const HELP: &str = "\
off                    no link: connections are reset
open                   a link without limits
3g, edge, wifi         a link like that
hole [swallow]         silence; with swallow, what is sent is read and lost
page [STATUS] [URL]    a warning page in the service's place (200 when left out; 302, 403, 451, 503, 511, ...)
rate UP [DOWN]         bytes a second, such as 80KB, or none; the rest stays
latency TIME           one way, such as 150ms; the rest stays
trace FILE [SCALE]     the rate as measured: lines of \"SECONDS MBIT/S\", or mahimahi's
cut                    end all connections now
cut BYTES [SWALLOWED]  cut the next connection after exactly so many bytes, the last of which get lost
reset                  reset all connections now, on both sides
reset BYTES            reset each connection after so many bytes
lose [TIMES] [BYTES]   lose replies, on connections that carried so many bytes
random TIME|BYTES      cut by chance, so often on average: such as 15s or 500KB
status                 how things are
help                   this
quit                   end";

    /// Reads a typed line.
    ///
    /// # Errors
    /// [`BadCommand`], which says what to type.
    pub fn parse(line: &str) -> Result<Self, BadCommand> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let set = |conditions| Ok(Self::Set(Box::new(conditions)));
        match words[..] {
            ["off"] => set(Conditions::off()),
            ["open"] => set(Conditions::open()),
            ["3g"] => set(Conditions::three_g()),
            ["edge"] => set(Conditions::edge()),
            ["wifi"] => set(Conditions::wifi()),
            ["hole"] => set(Conditions::hole()),
            ["hole", "swallow"] => set(Conditions { mode: Mode::Hole { swallow: true }, ..Conditions::open() }),
            ["page"] => set(Conditions::page()),
            ["page", status] => set(Conditions::page_with(Page::with_status(http_status(status)?))),
            ["page", status, to] => {
                let page = Page { status: http_status(status)?, location: Some(to.to_owned()) };
                set(Conditions::page_with(page))
            }
            ["rate", both] => rate(both).map(|rate| Self::Rate(rate.clone(), rate)),
            ["rate", up, down] => Ok(Self::Rate(rate(up)?, rate(down)?)),
            ["latency", time] => {
                // People type milliseconds here, as the ping command prints them.
                let milliseconds = time.parse().map(Duration::from_millis).ok();
                Ok(Self::Latency(milliseconds.map_or_else(|| parse_duration(time), Ok)?))
            }
            ["trace", file] => trace(file, 1.0),
            ["trace", file, scale] => match scale.parse::<f64>() {
                Ok(scale) if scale > 0.0 && scale.is_finite() => trace(file, scale),
                _ => Err(BadCommand::Usage("trace FILE [SCALE], a scale above 0")),
            },
            ["cut"] => Ok(Self::Cut),
            ["cut", after] => Ok(Self::CutAfter(Cut::forwarding(parse_size(after)?))),
            ["cut", after, lost] => Ok(Self::CutAfter(Cut::swallowing(parse_size(after)?, parse_size(lost)?))),
            ["reset"] => Ok(Self::Reset),
            ["reset", after] => Ok(Self::ResetAfter(parse_size(after)?)),
            ["lose"] => lose("1", "0"),
            ["lose", times] => lose(times, "0"),
            ["lose", times, after] => lose(times, after),
            ["random", often] => match parse_duration(often) {
                // A bare number would be read as either.
                Ok(mean) if !mean.is_zero() && often.ends_with(['s', 'm', 'n']) => {
                    Ok(Self::Random(RandomCuts::Time(mean)))
                }
                _ => match parse_size(often)? {
                    0 => Err(BadCommand::Usage("random TIME|BYTES, more than 0")),
                    mean => Ok(Self::Random(RandomCuts::Bytes(mean))),
                },
            },
            ["status"] => Ok(Self::Status),
            ["help"] => Ok(Self::Help),
            ["quit" | "exit"] => Ok(Self::Quit),
            _ => Err(misunderstood(line.trim(), words.first().copied())),
        }
    }

    pub(super) fn apply(&self, shared: &Shared) {
        match self {
            Self::Set(conditions) => shared.set((**conditions).clone()),
            Self::Rate(up, down) => shared.change(|now| (now.up, now.down) = (up.clone(), down.clone())),
            Self::Latency(one_way) => shared.change(|now| (now.latency_up, now.latency_down) = (*one_way, *one_way)),
            Self::Cut => shared.end_all(End::Cut),
            Self::CutAfter(cut) => shared.change(|now| now.cut_after = Some(*cut)),
            Self::Reset => shared.end_all(End::Reset),
            Self::ResetAfter(after) => shared.change(|now| now.mode = Mode::Reset { after: *after }),
            Self::Lose(lost) => shared.change(|now| now.lose_reply = Some(*lost)),
            Self::Random(cuts) => shared.change(|now| now.random_cuts = Some(*cuts)),
            Self::Status | Self::Help | Self::Quit => {}
        }
    }
}

/// The help's line for a known word, or that there is no such word.
fn misunderstood(line: &str, word: Option<&str>) -> BadCommand {
    let usage = Command::HELP.lines().find(|help| {
        let typed = help.split([' ', ',']).next();
        word.is_some() && typed == word
    });
    usage.map_or_else(|| BadCommand::Unknown(line.chars().take(60).collect()), BadCommand::Usage)
}

fn http_status(text: &str) -> Result<u16, BadCommand> {
    let usage = BadCommand::Usage("page [STATUS] [URL], a status from 200 to 599");
    text.parse().ok().filter(|status| (200..600).contains(status)).ok_or(usage)
}

fn rate(text: &str) -> Result<Rate, BadCommand> {
    match text {
        "none" => Ok(Rate::Unlimited),
        _ => match parse_size(text)? {
            0 => Err(BadCommand::Usage("rate UP [DOWN], more than 0, or none for no limit (off takes the link away)")),
            rate => Ok(Rate::Steady(rate)),
        },
    }
}

fn trace(file: &str, scale: f64) -> Result<Command, BadCommand> {
    let rate = Rate::Trace(std::sync::Arc::new(Trace::read(Path::new(file), scale)?));
    Ok(Command::Rate(rate.clone(), rate))
}

fn lose(times: &str, after: &str) -> Result<Command, BadCommand> {
    let times = times.parse().map_err(|_| BadCommand::Usage("lose [TIMES] [BYTES]"))?;
    Ok(Command::Lose(LostReply { after: parse_size(after)?, times }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_of_the_help_is_understood() {
        for line in Command::HELP.lines() {
            let word = line.split([' ', ',']).next().expect("a word");
            let (typed, needs_more) = match word {
                "rate" => ("rate 80KB", true),
                "latency" => ("latency 150", true),
                "trace" => continue,
                "random" => ("random 15s", true),
                word => (word, false),
            };
            assert!(Command::parse(typed).is_ok(), "{typed}");
            assert_eq!(Command::parse(word).is_err(), needs_more, "{word}");
        }
    }

    #[test]
    fn numbers_mean_what_people_think() {
        assert_eq!(Command::parse("latency 150").ok(), Some(Command::Latency(Duration::from_millis(150))));
        assert_eq!(Command::parse("random 15s").ok(), Some(Command::Random(RandomCuts::Time(Duration::from_secs(15)))));
        assert_eq!(Command::parse("random 500KB").ok(), Some(Command::Random(RandomCuts::Bytes(500_000))));
        assert_eq!(Command::parse("random 5m").ok(), Some(Command::Random(RandomCuts::Time(Duration::from_secs(300)))));
        assert_eq!(Command::parse("cut 64KB 100").ok(), Some(Command::CutAfter(Cut::swallowing(64_000, 100))));
        let Ok(Command::Set(page)) = Command::parse("page 302") else { panic!("no page") };
        assert!(matches!(page.mode, Mode::Page(Page { status: 302, location: Some(_) })));
    }

    #[test]
    fn what_is_wrong_is_told_with_what_is_right() {
        for (line, told) in [
            ("of", "type help"),
            ("rate", "rate UP [DOWN]"),
            ("rate fast", "such as 64KB"),
            ("rate 0", "none"),
            ("page 42", "200 to 599"),
            ("wifi please", "not a command"),
            ("trace /no/such/file", "cannot be read"),
            ("random 0", "more than 0"),
            ("", "not a command"),
        ] {
            let error = Command::parse(line).expect_err(line).to_string();
            assert!(error.contains(told), "{line:?} said {error:?}");
        }
    }
}
