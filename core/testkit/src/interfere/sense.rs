//! Which cases make sense: what nobody on a network could do, or nobody could see, is refused before it is tried.

use super::case::{Action, Case, Scheme, Shown, Stage};

/// The names that an endpoint may have.
const NAMES: [&str; 13] = [
    "unknown",
    "open",
    "slow",
    "down",
    "captive",
    "blocked:page",
    "blocked:redirect",
    "blocked:certificate",
    "blocked:reset",
    "blocked:name",
    "blocked:silence",
    "no_link",
    "wrong_clock",
];

impl Stage {
    /// Whether it is a request of one kind.
    pub fn is_request(self) -> bool {
        !matches!(self, Self::Name | Self::Connect | Self::Hello | Self::Any)
    }

    /// Whether only a Satchel receiver is asked that, whose key was pinned at pairing.
    pub fn is_for_receivers(self) -> bool {
        matches!(self, Self::Have | Self::Post | Self::Keys)
    }
}

impl Action {
    /// Whether somebody writes bytes of their own.
    fn writes(&self) -> bool {
        matches!(self, Self::Reply(_) | Self::Raw(_))
    }

    /// Whether no connection comes to be at all.
    pub(super) fn before_connecting(&self) -> bool {
        matches!(self, Self::Refuse(_) | Self::Blackhole(_))
    }

    fn of_name(&self) -> bool {
        matches!(self, Self::NoSuchName(_) | Self::WrongAddress(_))
    }

    /// Whether each time that it is done can be told from the next.
    fn can_be_counted(&self) -> bool {
        !matches!(self, Self::Trickle(_) | Self::Pass(_)) && !self.of_name()
    }
}

impl Case {
    /// What makes no sense about it.
    pub(super) fn nonsense(&self) -> Vec<&'static str> {
        let mut found = self.nonsense_of_names();
        let mut refuse_if = |wrong: bool, why: &'static str| found.extend(wrong.then_some(why));
        let (at, action, shown) = (self.at, &self.action, self.certificate);
        let plain = self.scheme == Scheme::Http;
        refuse_if(
            action.of_name() != (at == Stage::Name),
            "a name is answered falsely at the stage `name`, and nothing else is done there",
        );
        refuse_if(action.before_connecting() && at != Stage::Connect, "it can only be done at the stage `connect`");
        refuse_if(plain && at == Stage::Hello, "plain HTTP has no hello");
        refuse_if(plain && shown != Shown::None, "plain HTTP has no certificate");
        refuse_if(
            !plain && shown == Shown::None && action.writes() && !matches!(at, Stage::Connect | Stage::Hello),
            "without a certificate nobody can write into TLS; say which, or say it at `connect` or `hello`",
        );
        refuse_if(
            shown.is_of_another_time() && at.is_for_receivers(),
            "who pinned a key does not look at dates, and nobody else asks that; take another certificate",
        );
        refuse_if(
            shown != Shown::None && (action.before_connecting() || matches!(action, Action::NoSuchName(_))),
            "nobody is there to show a certificate",
        );
        refuse_if(
            shown == Shown::Gateway && at == Stage::Name,
            "another party does not have the true key; take another certificate",
        );
        refuse_if(
            self.after_bytes.is_some() && (action.of_name() || action.before_connecting() || at == Stage::PatchEnd),
            "no bytes can be counted there",
        );
        refuse_if(
            self.after_bytes.is_some() && (shown.is_false() || action.writes() && !plain && shown == Shown::None),
            "after bytes went through, the TLS that carried them is the true server's",
        );
        refuse_if(
            self.after_bytes.is_some() && matches!(action, Action::Pass(_) | Action::Trickle(_) | Action::CutReply(_)),
            "it does not begin after bytes of the client",
        );
        refuse_if(self.times == Some(0), "zero times is never");
        refuse_if(self.times.is_some() && !action.can_be_counted(), "it cannot be counted");
        refuse_if(matches!(action, Action::Trickle(0)), "at no byte a second it is silence");
        if let Action::WrongAddress(inner) = action {
            refuse_if(!self.addresses, "with a wrong address alone it never ends: set `addresses`");
            refuse_if(
                inner.of_name() || matches!(**inner, Action::Pass(_) | Action::Trickle(_) | Action::CutReply(_)),
                "another party has nothing true to pass on",
            );
            refuse_if(inner.before_connecting() && shown != Shown::None, "nobody is there to show a certificate");
        }
        refuse_if(
            matches!(action, Action::Pass(_)) && !self.control && !shown.is_false(),
            "where all passes and nobody listens in, it is a control",
        );
        if let Action::Reply(written) = innermost(action) {
            refuse_if(!(200..1000).contains(&written.status), "the status is none of a final reply");
            let torn = |text: &str| text.contains(['\r', '\n', '\0']);
            refuse_if(
                written.headers.iter().any(|(name, value)| name.is_empty() || torn(name) || torn(value)),
                "a header is torn; what is not HTTP is written with `raw`",
            );
        }
        found
    }

    fn nonsense_of_names(&self) -> Vec<&'static str> {
        let mut found = vec![];
        let mut refuse_if = |wrong: bool, why: &'static str| found.extend(wrong.then_some(why));
        refuse_if(self.name.trim().is_empty(), "it needs a name");
        refuse_if(self.names.is_empty(), "no name is acceptable");
        refuse_if(self.names.iter().any(|name| !NAMES.contains(&name.as_str())), "no endpoint is ever called so");
        let alarm = |name: &String| !matches!(name.as_str(), "open" | "slow" | "down" | "unknown");
        refuse_if(self.control && self.names.iter().any(alarm), "a control is no alarm");
        found
    }
}

/// What is done in the end, by whomever the name leads to.
fn innermost(action: &Action) -> &Action {
    match action {
        Action::WrongAddress(inner) => inner,
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaints(json: &str) -> String {
        match Case::read(&format!("[{json}]")) {
            Ok(_) => String::new(),
            Err(bad) => bad.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
        }
    }

    fn case(of: &str) -> String {
        let defaults = r#""name":"the case","names":["blocked:reset"],"scheme":"https""#;
        complaints(&format!("{{{defaults},{of}}}"))
    }

    #[test]
    fn what_can_be_is_read() {
        for of in [
            r#""at":"connect","do":{"refuse":true}"#,
            r#""at":"connect","do":{"raw":"SSH-2.0-x\r\n"}"#,
            r#""at":"hello","do":{"reply":{"status":302,"headers":[["Location","http://portal.example/"]]}},"times":2"#,
            r#""at":"patch","do":{"reset":true},"after_bytes":20000"#,
            r#""at":"any","do":{"reset":true},"after_bytes":3000"#,
            r#""at":"head","do":{"reply":{"status":404}},"certificate":"gateway""#,
            r#""at":"create","do":{"reply":{"status":200}},"certificate":"expired""#,
            r#""at":"any","do":{"pass":true},"certificate":"unknown_authority""#,
            r#""at":"name","do":{"no_such_name":true}"#,
            r#""at":"name","do":{"wrong_address":{"reply":{"status":200,"pad":10}}},"addresses":true,"certificate":"self_signed""#,
            r#""at":"have","do":{"cut_reply":20},"neutral":"portal","captive_hint":true"#,
        ] {
            assert_eq!(case(of), "", "{of}");
        }
    }

    #[test]
    fn what_cannot_be_is_refused_by_its_name() {
        for (of, why) in [
            (r#""at":"patch","do":{"refuse":true}"#, "stage `connect`"),
            (r#""at":"name","do":{"reset":true}"#, "answered falsely"),
            (r#""at":"any","do":{"no_such_name":true}"#, "answered falsely"),
            (r#""at":"any","do":{"reply":{"status":200}}"#, "without a certificate"),
            (r#""at":"post","do":{"reset":true},"certificate":"expired""#, "look at dates"),
            (r#""at":"connect","do":{"refuse":true},"certificate":"self_signed""#, "nobody is there"),
            (r#""at":"name","do":{"wrong_address":{"reset":true}}"#, "set `addresses`"),
            (r#""at":"name","do":{"wrong_address":{"pass":true}},"addresses":true"#, "nothing true"),
            (r#""at":"any","do":{"reset":true},"certificate":"expired","after_bytes":9"#, "true server's"),
            (r#""at":"any","do":{"pass":true}"#, "it is a control"),
            (r#""at":"any","do":{"trickle":0}"#, "silence"),
            (r#""at":"any","do":{"trickle":9},"times":1"#, "counted"),
            (r#""at":"any","do":{"reset":true},"times":0"#, "never"),
            (r#""at":"any","do":{"reset":false}"#, "left out"),
            (r#""at":"any","do":{"raw":"x","reset":true}"#, "the case"),
            (r#""at":"any","do":{"reset":true},"when":1"#, "unknown field"),
            (r#""at":"hello","do":{"reply":{"status":200,"headers":[["A","b\r\nC: d"]]}}"#, "torn"),
        ] {
            let said = case(of);
            assert!(said.contains(why) && said.contains("the case"), "{of}: {said:?}");
        }
        let plain = |of: &str| complaints(&format!(r#"{{"name":"the case","scheme":"http","names":["open"],{of}}}"#));
        assert!(plain(r#""at":"hello","do":{"reset":true}"#).contains("no hello"));
        assert!(plain(r#""at":"any","do":{"reset":true},"certificate":"expired""#).contains("no certificate"));
        assert_eq!(plain(r#""at":"any","do":{"pass":true},"control":true"#), "");
        let named = |names: &str, control: bool| {
            complaints(&format!(
                r#"{{"name":"the case","scheme":"http","at":"any","do":{{"pass":true}},"names":{names},"control":{control}}}"#
            ))
        };
        assert!(named("[]", true).contains("no name"));
        assert!(named(r#"["blocked:fog"]"#, true).contains("ever called so"));
        assert!(named(r#"["open","captive"]"#, true).contains("no alarm"));
        let twice = r#"{"name":"a","scheme":"http","at":"any","do":{"reset":true},"names":["down"]}"#;
        assert!(complaints(&format!("{twice},{twice}")).contains("another case has this name"));
    }
}
