//! A case as it is written down in JSON: who stands where, what they do, and by which names a client may call it.

use std::fmt;

use serde::Deserialize;

/// One interference, or a control without one.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Unique words that say what it is.
    pub name: String,
    /// What the client speaks.
    pub scheme: Scheme,
    /// Where it begins.
    pub at: Stage,
    /// What is done there.
    #[serde(rename = "do")]
    pub action: Action,
    /// What the one who interferes shows over TLS.
    #[serde(default)]
    pub certificate: Shown,
    /// Only once so many bytes came from the client on a connection.
    pub after_bytes: Option<u64>,
    /// Only so often; for ever where it is left out. Who lets nobody in cannot count: there somebody else has to, and to end
    /// it by [`Relay::lift`](super::Relay::lift).
    pub times: Option<u64>,
    /// The client's system takes the network for a captive one.
    #[serde(default)]
    pub captive_hint: bool,
    /// What a neutral address does meanwhile, where one is configured.
    pub neutral: Option<NeutralWord>,
    /// The endpoint has its true address configured beside its name.
    #[serde(default)]
    pub addresses: bool,
    /// The names that are right for the endpoint while it lasts.
    pub names: Vec<String>,
    /// Nothing is amiss: what it is called may be no alarm.
    #[serde(default)]
    pub control: bool,
}

/// What the client speaks to the relay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scheme {
    /// Plain HTTP/1.1.
    Http,
    /// HTTP/1.1 over TLS.
    Https,
}

/// Where it begins. What comes before it passes untouched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// What the host's name stands for.
    Name,
    /// The TCP connection.
    Connect,
    /// The client's first bytes of TLS.
    Hello,
    /// A `POST` to the collection of uploads.
    Create,
    /// A `PATCH`, as soon as its head is there.
    Patch,
    /// A `PATCH` whose body is there whole; nothing of it was passed on.
    PatchEnd,
    /// A `HEAD`.
    Head,
    /// A `DELETE`.
    Delete,
    /// The question what the server has.
    Have,
    /// A post's document.
    Post,
    /// The question for the chain of signing keys.
    Keys,
    /// Every request; where the relay sees none, every connection with its first byte.
    Any,
}

/// What is done.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// A reply of HTTP in the service's place.
    Reply(Written),
    /// These bytes in place of HTTP, then an orderly end.
    Raw(String),
    /// A TCP reset.
    Reset(Yes),
    /// An orderly end without a reply.
    Close(Yes),
    /// Nothing at all; the connection is held.
    Silence(Yes),
    /// Nobody listens.
    Refuse(Yes),
    /// Whoever knocks gets no answer.
    Blackhole(Yes),
    /// The true exchange, at so many bytes a second either way.
    Trickle(u64),
    /// The true reply, cut by a reset after so many bytes.
    CutReply(u64),
    /// The host's name has no address.
    NoSuchName(Yes),
    /// The host's name leads to somebody else, who does this.
    WrongAddress(Box<Action>),
    /// Nothing.
    Pass(Yes),
}

/// The word `true`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "bool")]
pub struct Yes;

impl TryFrom<bool> for Yes {
    type Error = &'static str;
    fn try_from(value: bool) -> Result<Self, Self::Error> {
        if value { Ok(Self) } else { Err("what is not done is left out, not called false") }
    }
}

/// A reply that somebody wrote in the service's place.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Written {
    /// Its status.
    pub status: u16,
    /// Its headers in order. `Content-Length` and `Connection: close` are added where they are missing.
    #[serde(default)]
    pub headers: Vec<(String, String)>,
    /// Its body.
    #[serde(default)]
    pub body: String,
    /// So many further bytes of the body.
    #[serde(default)]
    pub pad: u32,
}

/// What is shown over TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shown {
    /// None: TLS is the true server's.
    #[default]
    None,
    /// One that nobody vouches for.
    SelfSigned,
    /// One by an authority that the client does not know.
    UnknownAuthority,
    /// A good one, for another host.
    WrongName,
    /// A good one of years ago.
    Expired,
    /// A good one of years to come.
    NotYetValid,
    /// The true key: this is the operator's own front door.
    Gateway,
}

impl Shown {
    /// Whether it can only be met by a client that goes by authorities rather than by a pinned key.
    pub fn needs_authority(self) -> bool {
        matches!(self, Self::UnknownAuthority | Self::WrongName | Self::Expired | Self::NotYetValid)
    }

    /// Whether its dates alone are wrong.
    pub(super) fn is_of_another_time(self) -> bool {
        matches!(self, Self::Expired | Self::NotYetValid)
    }

    /// Whether whoever shows it is not the server.
    pub fn is_false(self) -> bool {
        !matches!(self, Self::None | Self::Gateway)
    }
}

/// What a neutral address does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NeutralWord {
    /// It answers as it should: a 204 without a body.
    Works,
    /// A portal answers in its place.
    Portal,
    /// Nobody answers.
    Nothing,
}

/// A case that makes no sense.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadCase {
    /// Its name, or its number where it has none that can be read.
    pub case: String,
    /// What is wrong with it.
    pub why: String,
}

impl fmt::Display for BadCase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.case, self.why)
    }
}

impl std::error::Error for BadCase {}

impl Case {
    /// Reads a file of cases: an array in JSON. All that is wrong with it is told at once.
    ///
    /// # Errors
    /// One for each case that cannot be read, makes no sense, or has the name of another.
    pub fn read(text: &str) -> Result<Vec<Self>, Vec<BadCase>> {
        let of_file = |why: serde_json::Error| vec![BadCase { case: "the file".into(), why: why.to_string() }];
        let values: Vec<serde_json::Value> = serde_json::from_str(text).map_err(of_file)?;
        let (mut cases, mut bad) = (Vec::<Self>::new(), Vec::new());
        for (number, value) in values.into_iter().enumerate() {
            let named = value.get("name").and_then(|name| name.as_str()).map(str::to_owned);
            let case = named.unwrap_or_else(|| format!("number {}", number + 1));
            let mut complain = |why: String| bad.push(BadCase { case: case.clone(), why });
            match serde_json::from_value::<Self>(value) {
                Err(error) => complain(error.to_string()),
                Ok(read) => {
                    read.nonsense().into_iter().for_each(|why| complain(why.to_owned()));
                    if cases.iter().any(|other| other.name == read.name) {
                        complain("another case has this name".into());
                    }
                    cases.push(read);
                }
            }
        }
        if bad.is_empty() { Ok(cases) } else { Err(bad) }
    }

    /// Whether the client is to know the server by an authority that vouches for it, rather than by its pinned key.
    pub fn by_authority(&self) -> bool {
        self.certificate.needs_authority() && !self.at.is_for_receivers()
    }

    /// Whether the relay sees nothing of those with whom it interferes: they are refused, or do not find it.
    pub fn is_unseen(&self) -> bool {
        let action = match &self.action {
            Action::WrongAddress(inner) => inner,
            own => own,
        };
        action.before_connecting() || matches!(action, Action::NoSuchName(_))
    }

    /// Whether it is spoken over TLS.
    pub fn over_tls(&self) -> bool {
        self.scheme == Scheme::Https
    }
}
