//! What a person set, and what the host sees: rules, networks, link and power. A change counts at once.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use satchel_kernel::link::{Link, Mark};
use satchel_kernel::policy::Policy;
use satchel_kernel::power::Power;
use tokio::sync::Notify;
use url::Url;

use crate::error::{Error, Result};
use crate::journal::{Durable, Record};
use crate::observe::Change;
use crate::outbox::{Inner, Outbox};
use crate::pretend::Pretend;
use crate::store;

/// What of it is kept in the database, and may be changed by another process.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Known {
    marks: HashMap<String, Mark>,
    neutral: Option<Url>,
    revision: u64,
}

impl Known {
    pub(crate) fn load(conn: &store::Connection) -> Result<Self> {
        let neutral = store::settings::neutral(conn)?;
        Ok(Self { marks: store::settings::marks(conn)?, neutral, revision: store::settings::revision(conn)? })
    }
}

pub(crate) struct Settings {
    state: Mutex<State>,
    /// Something changed that calls for a new plan.
    pub changed: Notify,
}

struct State {
    policy: Policy,
    /// The app gave it: one that was kept does not count.
    given: bool,
    power: Power,
    /// As the host told it.
    link: Link,
    /// The service answered over the link as the host told it, captive as it was said to be.
    captive_is_wrong: bool,
    known: Known,
}

impl Settings {
    pub(crate) fn new(given: Option<Policy>, kept: Option<Policy>, known: Known) -> Self {
        let is_given = given.is_some();
        let policy = given.or(kept).unwrap_or_default();
        let (power, link) = (Power::default(), Link::default());
        let state = State { policy, given: is_given, power, link, captive_is_wrong: false, known };
        Self { state: Mutex::new(state), changed: Notify::new() }
    }

    pub(crate) fn policy(&self) -> Policy {
        self.state().policy.clone()
    }

    pub(crate) fn power(&self) -> Power {
        self.state().power
    }

    pub(crate) fn neutral(&self) -> Option<Url> {
        self.state().known.neutral.clone()
    }

    pub(crate) fn set_neutral(&self, neutral: Option<Url>) {
        self.state().known.neutral = neutral;
    }

    /// What the host said of this link is wrong: the service itself answered. `set` makes the link be what it is.
    pub(crate) fn captive_is_wrong(&self, link: &Link, set: impl FnOnce(Link) -> bool) {
        let mut state = self.state();
        // Another one may have come meanwhile.
        if state.effective().is_same_way(link) {
            state.captive_is_wrong = true;
            set(state.effective());
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Each change of it is one assignment.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The link, as a person's word makes it.
    fn effective(&self) -> Link {
        let mark = self.link.network.as_ref().and_then(|network| self.known.marks.get(network));
        let link = self.link.clone().marked(mark.copied());
        if self.captive_is_wrong { Link { captive: Some(false), ..link } } else { link }
    }
}

impl Outbox {
    /// Tells the outbox what network there is. When this returns, nothing more goes over another one: its connections are
    /// reset.
    pub fn set_link(&self, link: Link) {
        self.inner.set_link(link);
    }

    /// The network, as a person's word about it makes it.
    pub fn link(&self) -> Link {
        self.inner.accounts.now().0
    }

    /// Tells the outbox how the device is fed.
    pub fn set_power(&self, power: Power) {
        self.inner.settings.state().power = power;
        self.inner.settings.changed.notify_one();
    }

    /// The rules.
    pub fn policy(&self) -> Policy {
        self.inner.settings.policy()
    }

    /// Changes the rules, at once and for as long as this outbox is open: what is under way by other rules is cut.
    pub fn set_policy(&self, policy: Policy) {
        self.inner.set_policy(policy, true);
    }

    /// Changes the rules, and keeps them for outboxes that are opened without.
    ///
    /// # Errors
    /// When they cannot be kept; then they are not changed. [`Error::Invalid`] for a number out of range, with the field.
    pub async fn keep_policy(&self, policy: Policy) -> Result<()> {
        let policy = policy.checked().map_err(|fault| Error::Invalid(fault.to_string()))?;
        let kept = policy.clone();
        self.inner.keep(move |tx| store::settings::keep_policy(tx, &kept)).await?;
        self.inner.set_policy(policy, false);
        Ok(())
    }

    /// Remembers a person's word about a network, by the id that the host gives it ([`Link::network`]); none forgets it.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub async fn mark_network(&self, network: &str, mark: Option<Mark>) -> Result<()> {
        if network.is_empty() || network.len() > 256 {
            return Err(Error::Invalid("a network's id has 1 to 256 bytes".into()));
        }
        let network = network.to_owned();
        self.inner.keep(move |tx| store::settings::mark(tx, &network, mark)).await?;
        self.inner.look_at_settings().await
    }

    /// What was said of networks.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn network_marks(&self) -> Result<Vec<(String, Mark)>> {
        let marks = self.inner.store.read(store::settings::marks).await?;
        let mut marks: Vec<_> = marks.into_iter().collect();
        marks.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(marks)
    }
}

impl Inner {
    pub(crate) fn pretend(&self, pretend: Pretend) {
        self.accounts.pretend(pretend);
        self.settings.changed.notify_one();
    }

    fn set_link(&self, link: Link) {
        let mut state = self.settings.state();
        state.captive_is_wrong &= state.link.is_same_way(&link);
        state.link = link;
        let effective = state.effective();
        // Under the lock: of two links that are told at once, the later one stays.
        self.accounts.set_link(effective);
        drop(state);
        self.settings.changed.notify_one();
    }

    fn set_policy(&self, policy: Policy, given: bool) {
        let mut state = self.settings.state();
        state.given = given;
        if state.policy != policy {
            state.policy = policy;
            self.accounts.shut();
        }
        drop(state);
        self.settings.changed.notify_one();
    }

    /// Writes down what a person set, in the database and in the journal.
    pub(crate) async fn keep(
        &self,
        work: impl FnOnce(&store::Tx<'_>) -> Result<Record> + Send + 'static,
    ) -> Result<()> {
        let journal = self.journal.clone();
        let work = move |tx: &store::Tx<'_>| {
            let record = work(tx)?;
            journal.append(&[record], Durable::Now)?;
            store::agree(tx, &journal)
        };
        self.store.write(work).await
    }

    /// Looks whether another process, or this one, changed what is kept.
    pub(crate) async fn look_at_settings(&self) -> Result<()> {
        let before = self.settings.state().known.revision;
        let found = self
            .store
            .read(move |conn| {
                if store::settings::revision(conn)? == before {
                    return Ok(None);
                }
                Ok(Some((Known::load(conn)?, store::settings::policy(conn)?)))
            })
            .await?;
        let Some((known, policy)) = found else { return Ok(()) };
        let mut state = self.settings.state();
        state.known = known;
        if let Some(policy) = policy.filter(|_| !state.given) {
            state.policy = policy;
        }
        let effective = state.effective();
        // Rules, budgets or grants: whatever it was, leave is asked for anew.
        if !self.accounts.set_link(effective) {
            self.accounts.shut();
        }
        drop(state);
        self.mention(Change::Assets);
        self.settings.changed.notify_one();
        Ok(())
    }
}
