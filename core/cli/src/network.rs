//! `--link` and `--power`: the network and the battery as a person says them, since a computer does not tell what its
//! network costs.

use std::fmt::Write as _;
use std::str::FromStr;

use satchel::{Link, LinkClass, LinkKind, Power};
use satchel_testkit::link::parse_size;

/// For the help of every command that takes a link.
pub(crate) const LINK_HELP: &str = "The network that there is: wifi or ethernet (free), cellular (costs, at home), none; or \
kind=cellular,metered,roaming,id=SIM,… with what is known. As `link-state` said when left out; else a free one";

/// A link in words such as `kind=cellular,metered,roaming=no,id=SIM2,rate=40KB,iface=wlan0`.
///
/// A bare kind says what one usually means by it: `wifi` and `ethernet` cost nothing, `cellular` costs and is at home.
/// `kind=` says the kind alone. What is not said is unknown, and rules that ask for something known are not fulfilled by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LinkArg(pub(crate) Link);

impl FromStr for LinkArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut link = Link::default();
        for (nth, word) in text.split(',').map(str::trim).enumerate() {
            let (name, value) = match word.split_once('=') {
                Some((name, value)) => (name.trim(), Some(value.trim())),
                None => (word, None),
            };
            match (name, value) {
                ("", _) => {
                    return Err(
                        "a link is told as cellular,roaming or kind=cellular,metered,id=NAME; a word is missing".into(),
                    );
                }
                ("kind", Some(kind)) => link.kind = self::kind(kind).ok_or_else(|| bad_kind(kind))?,
                ("metered", value) => link.metered = known(name, value)?,
                ("roaming", value) => link.roaming = known(name, value)?,
                ("constrained", value) => link.constrained = known(name, value)?,
                ("temporarily-free", value) => link.temporarily_unmetered = known(name, value)?,
                ("validated", value) => link.validated = known(name, value)?,
                ("captive", value) => link.captive = known(name, value)?,
                ("id", Some(id)) if (1..=256).contains(&id.len()) => link.network = Some(id.to_owned()),
                ("id", _) => return Err("id: give the network's name, of 1 to 256 bytes, as in id=hotel".into()),
                ("rate", value) => {
                    let rate = parse_size(value.unwrap_or_default()).map_err(|e| format!("rate: {e}"))?;
                    link.bytes_per_second = Some(rate).filter(|rate| *rate > 0);
                }
                ("iface", Some(iface)) if !iface.is_empty() => link.interface = Some(iface.to_owned()),
                ("iface", _) => return Err("iface: give the interface's name, as in iface=wlan0".into()),
                (bare, None) if nth == 0 => link = usual(bare).ok_or_else(|| unknown_word(bare))?,
                (other, _) => return Err(unknown_word(other)),
            }
        }
        Ok(Self(link))
    }
}

/// What one usually means by a kind.
fn usual(word: &str) -> Option<Link> {
    let kind = kind(word)?;
    Some(match kind {
        LinkKind::Wifi | LinkKind::Ethernet => Link { kind, ..Link::wifi() },
        LinkKind::Cellular => Link::cellular(),
        kind => Link { kind, ..Link::default() },
    })
}

fn kind(word: &str) -> Option<LinkKind> {
    Some(match word {
        "wifi" => LinkKind::Wifi,
        "cellular" => LinkKind::Cellular,
        "ethernet" => LinkKind::Ethernet,
        "hotspot" => LinkKind::Hotspot,
        "other" => LinkKind::Other,
        "none" => LinkKind::None,
        "unknown" => LinkKind::Unknown,
        _ => return None,
    })
}

fn bad_kind(word: &str) -> String {
    format!("kind: \"{word}\" is none; it may be wifi, cellular, ethernet, hotspot, other, none or unknown")
}

fn unknown_word(word: &str) -> String {
    format!(
        "\"{word}\" is nothing that a link has; it has kind=, metered, roaming, constrained, temporarily-free, validated, captive, id=, rate= and iface="
    )
}

/// `metered`, `metered=yes`, `metered=no`, `metered=unknown`.
fn known(name: &str, value: Option<&str>) -> Result<Option<bool>, String> {
    match value {
        None | Some("yes" | "true") => Ok(Some(true)),
        Some("no" | "false") => Ok(Some(false)),
        Some("unknown") => Ok(None),
        Some(other) => Err(format!("{name}: \"{other}\" is neither yes, no nor unknown")),
    }
}

/// A link, for a person: `mobile data, roaming ("SIM2")`.
pub(crate) fn words(link: &Link) -> String {
    let mut words = kind_words(link.kind).to_owned();
    if link.kind == LinkKind::None {
        return words;
    }
    let _ = write!(words, ", {}", class_words(link.class()));
    if link.captive == Some(true) {
        words.push_str(", with a sign-in page in front");
    }
    if link.constrained == Some(true) {
        words.push_str(", data saving on");
    }
    if let Some(network) = &link.network {
        let _ = write!(words, " (\"{}\")", crate::output::shown(network.as_ref()));
    }
    words
}

/// A kind, for a person.
pub(crate) const fn kind_words(kind: LinkKind) -> &'static str {
    match kind {
        LinkKind::None => "no network",
        LinkKind::Wifi => "Wi-Fi",
        LinkKind::Cellular => "mobile data",
        LinkKind::Ethernet => "a cable",
        LinkKind::Hotspot => "a hotspot",
        LinkKind::Other => "a network of another kind",
        LinkKind::Unknown => "a network",
    }
}

/// A class of links, for a person.
pub(crate) const fn class_words(class: LinkClass) -> &'static str {
    match class {
        LinkClass::Unmetered => "free",
        LinkClass::Metered => "it costs",
        LinkClass::Roaming => "roaming",
        LinkClass::Unknown => "nobody knows whether it costs",
    }
}

/// How the device is fed, in words such as `charging,battery=40,save`. What is not said is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PowerArg(pub(crate) Power);

impl FromStr for PowerArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut power = Power::default();
        for word in text.split(',').map(str::trim) {
            let (name, value) = match word.split_once('=') {
                Some((name, value)) => (name.trim(), Some(value.trim())),
                None => (word, None),
            };
            match (name, value) {
                ("charging", value) => power.charging = known(name, value)?,
                ("save", value) => power.power_save = known(name, value)?,
                ("battery", value) => {
                    let percent = value.unwrap_or_default().trim_end_matches('%').parse().ok().filter(|n| *n <= 100);
                    power.battery_percent = Some(percent.ok_or("battery: give 0 to 100, as in battery=40")?);
                }
                (other, _) => {
                    return Err(format!("\"{other}\" is nothing that power has; it has charging, battery= and save"));
                }
            }
        }
        Ok(Self(power))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(text: &str) -> Result<Link, String> {
        text.parse::<LinkArg>().map(|arg| arg.0)
    }

    #[test]
    fn a_bare_kind_is_what_one_means_by_it_and_all_else_is_unknown() {
        assert_eq!(link("wifi"), Ok(Link::wifi()));
        assert_eq!(link("cellular"), Ok(Link::cellular()));
        assert_eq!(link("none"), Ok(Link::none()));
        assert_eq!(link("kind=wifi"), Ok(Link { kind: LinkKind::Wifi, ..Link::default() }));
        assert_eq!(link("cellular,roaming").unwrap().class(), LinkClass::Roaming);
        let all = "kind=hotspot,metered=no,roaming=unknown,constrained,captive=no,validated=yes,id=a b,rate=40KB/s,iface=wlan0";
        let told = Link {
            kind: LinkKind::Hotspot,
            metered: Some(false),
            constrained: Some(true),
            captive: Some(false),
            validated: Some(true),
            network: Some("a b".into()),
            bytes_per_second: Some(40_000),
            interface: Some("wlan0".into()),
            ..Link::default()
        };
        assert_eq!(link(all), Ok(told));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, named) in [
            ("", "missing"),
            ("kind=carrier pigeon", "kind:"),
            ("wifi,metered=perhaps", "metered:"),
            ("metered,wifi", "\"wifi\""),
            ("wifi,id=", "id:"),
            ("wifi,rate=fast", "rate:"),
            ("wifi,iface", "iface:"),
            ("smoke", "\"smoke\""),
        ] {
            assert!(link(text).unwrap_err().contains(named), "{text}: {:?}", link(text));
        }
        for (text, named) in [("battery=101", "battery:"), ("charging=half", "charging:"), ("wind", "\"wind\"")] {
            assert!(text.parse::<PowerArg>().unwrap_err().contains(named), "{text}");
        }
    }

    #[test]
    fn power_is_told_in_words() {
        let told = "charging=no,battery=40%,save".parse::<PowerArg>().map(|arg| arg.0);
        assert_eq!(told, Ok(Power { charging: Some(false), battery_percent: Some(40), power_save: Some(true) }));
    }
}
