//! Reading a policy document: errors name the field, and version 1 is still understood.

use serde::Deserialize;
use thiserror::Error;

use super::{Order, Over, Policy, Rule, Scope, Way};
use crate::link::LinkKind;

/// Why a document is no policy.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PolicyFault {
    /// Not JSON, a field that is not known or missing, or a value that it cannot have.
    #[error("{field}: {problem}")]
    Field {
        /// Where, as in `rules[0].allow[1].hours`.
        field: String,
        /// What is wrong, and what it may be.
        problem: String,
    },
    /// Written by a later version of Satchel.
    #[error("version: {0} is newer than this Satchel understands (it knows 1 and {known}); update it", known = Policy::VERSION)]
    Newer(u64),
}

/// The longest document, in bytes.
const LONGEST: usize = 256 << 10;
/// The most rules, and ways of a rule, and names in a list.
const MOST: usize = 200;

/// Version 1: which links, for everything.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct First {
    #[serde(rename = "version")]
    _version: u32,
    #[serde(default)]
    links: Links,
    #[serde(default)]
    order: Order,
    #[serde(default = "Policy::default_uploads")]
    uploads_at_once: u8,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "snake_case")]
enum Links {
    #[default]
    Unmetered,
    Any,
}

impl Policy {
    /// Reads a policy document (JSON, at most 256 KB).
    ///
    /// # Errors
    /// With the field that is wrong, and what it may be.
    pub fn from_json(text: &str) -> Result<Self, PolicyFault> {
        if text.len() > LONGEST {
            return Err(fault("the document", format!("longer than {LONGEST} bytes")));
        }
        let whole: serde_json::Value =
            serde_json::from_str(text).map_err(|e| fault("the document", format!("is no JSON: {e}")))?;
        match whole.get("version").and_then(serde_json::Value::as_u64) {
            None => Err(fault("version", "is missing or no number; write 2".into())),
            Some(1) => read::<First>(&whole).map(|first| {
                let free = Way::default();
                let way = match first.links {
                    Links::Unmetered => free,
                    Links::Any => Way::anything(),
                };
                let rules = vec![Rule { scope: Scope::default(), allow: vec![way] }];
                let (order, uploads_at_once) = (first.order, first.uploads_at_once);
                Self { order, uploads_at_once, ..Self::of_rules(rules) }
            }),
            Some(2) => read::<Self>(&whole),
            Some(newer) => Err(PolicyFault::Newer(newer)),
        }?
        .checked()
    }

    /// As a document, with line breaks.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("a policy is plain data")
    }

    /// Whether its numbers and lists are within their ranges.
    ///
    /// # Errors
    /// With the field that is not.
    pub fn checked(self) -> Result<Self, PolicyFault> {
        if !(1..=8).contains(&self.uploads_at_once) {
            return Err(fault("uploads_at_once", "may be 1 to 8".into()));
        }
        if self.rules.len() > MOST {
            return Err(fault("rules", format!("at most {MOST}")));
        }
        for (i, rule) in self.rules.iter().enumerate() {
            let Scope { kinds, renditions, albums, .. } = &rule.scope;
            let named = kinds.len().max(renditions.len()).max(albums.len());
            if rule.allow.len() > MOST || named > MOST {
                return Err(fault(&format!("rules[{i}]"), format!("at most {MOST} in a list")));
            }
            for (k, way) in rule.allow.iter().enumerate() {
                let at = |name: &str| format!("rules[{i}].allow[{k}].{name}");
                match &way.over {
                    Over::Kinds(kinds) if kinds.is_empty() => {
                        return Err(fault(
                            &at("over"),
                            "an empty list would never allow anything; write \"any\", or kinds".into(),
                        ));
                    }
                    Over::Kinds(kinds) if kinds.contains(&LinkKind::None) => {
                        return Err(fault(&at("over"), "nothing goes over \"none\"".into()));
                    }
                    _ => {}
                }
                if way.up_to_bytes == Some(0) {
                    return Err(fault(&at("up_to_bytes"), "nothing is so small; leave the way out".into()));
                }
            }
        }
        Ok(self)
    }
}

fn fault(field: &str, problem: String) -> PolicyFault {
    PolicyFault::Field { field: field.to_owned(), problem }
}

/// Reads what has a schema, and finds the place of what does not fit.
fn read<T: for<'de> Deserialize<'de>>(whole: &serde_json::Value) -> Result<T, PolicyFault> {
    serde_path_to_error::deserialize(whole).map_err(|error| {
        let path = error.path().to_string();
        let field = if path == "." { "the document".to_owned() } else { path };
        let problem = error.inner().to_string();
        let problem = match problem.strip_prefix("data did not match any variant of untagged enum Over") {
            Some(_) => {
                "must be \"free\", \"any\" or a list of kinds (wifi, cellular, ethernet, hotspot, other)".to_owned()
            }
            None => problem,
        };
        fault(&field, problem)
    })
}
