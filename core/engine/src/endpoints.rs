//! The ways to a target: setting them up, and how they fare.

use std::net::IpAddr;
use std::sync::Arc;

use satchel_kernel::health::{Block, Fares, Health};
use satchel_kernel::ids::TargetId;
use satchel_kernel::link::Link;
use satchel_kernel::state::Trouble;
use satchel_kernel::time::Now;
use url::Url;

use crate::error::{Error, Result};
use crate::http::{Http, Pin};
use crate::observe::Change;
use crate::outbox::{Inner, Outbox};
use crate::store::endpoints::Further;
use crate::store::{self, Target};

/// The ways to a target, as they are set up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Endpoints {
    /// Where the first endpoint, the one that the target was set up with, is reached when its name is not answered, or is
    /// answered wrongly. Its certificate must still be for the name.
    pub addresses: Vec<IpAddr>,
    /// Further endpoints, in the order in which they are tried.
    pub further: Vec<Endpoint>,
    /// All of them lead to the same uploads: one that was begun at an endpoint goes on at another. Else an upload stays where
    /// bytes of it were sent; a Satchel receiver is asked first, and gets it anew if it does not have it.
    pub shared_store: bool,
}

/// A further endpoint. It knows the same account, and takes the same token, as the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// A receiver's address for a target that is a receiver; else where a tus server creates uploads.
    pub url: Url,
    /// The certificate's key, as a pairing code holds it; without one the trusted roots vouch for it.
    pub pin: Option<String>,
    /// See [`Endpoints::addresses`].
    pub addresses: Vec<IpAddr>,
}

/// A way to a target, and how it fares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointView {
    /// As it was named.
    pub url: String,
    /// By its configured addresses; else by its name.
    pub by_address: bool,
    /// How it fares on the network that there is.
    pub health: Health,
    /// What went wrong last; none while nothing is.
    pub trouble: Option<Trouble>,
    /// Since when it fares so, in milliseconds since 1970; 0 for one that was not tried.
    pub since_utc_ms: i64,
    /// When it is tried again, in milliseconds since 1970; none where it is not resting.
    pub next_utc_ms: Option<i64>,
    /// The target's traffic goes by it now.
    pub carries: bool,
}

impl EndpointView {
    /// How it fares, for a person.
    pub fn words(&self) -> String {
        match (self.health, self.trouble) {
            (Health::Unknown, _) => "not tried on this network yet".into(),
            (Health::Open, _) => "it answers".into(),
            (Health::Slow, _) => "it answers, and hardly anything gets through".into(),
            (_, Some(trouble)) => trouble.words(),
            (_, None) => "it does not answer".into(),
        }
    }
}

impl Outbox {
    /// Sets up the ways to a target, in place of those that there were beside the first.
    ///
    /// # Errors
    /// [`Error::Invalid`] when there is no such target, an address is none of a server, or is named twice.
    pub async fn set_endpoints(&self, target: TargetId, endpoints: Endpoints) -> Result<()> {
        for endpoint in &endpoints.further {
            check(endpoint)?;
        }
        let mut known = vec![self.found(target).await?.url];
        for endpoint in &endpoints.further {
            let url = endpoint.url.to_string();
            if known.contains(&url) {
                return Err(Error::Invalid(format!("{url} is named twice; name each endpoint once")));
            }
            known.push(url);
        }
        let Endpoints { addresses, further, shared_store } = endpoints;
        let further: Vec<_> =
            further.into_iter().map(|Endpoint { url, pin, addresses }| Further { url, pin, addresses }).collect();
        self.change_target(target, move |spec| {
            (spec.addresses, spec.further, spec.shared_store) = (addresses, further, shared_store);
        })
        .await?;
        self.inner.forget_client(target);
        // What is under way goes to nobody who is no endpoint any more.
        self.inner.accounts.shut();
        self.inner.settings.changed.notify_one();
        self.inner.mention(Change::Endpoints { target });
        Ok(())
    }

    /// The ways to a target, as they were set up.
    ///
    /// # Errors
    /// [`Error::Invalid`] when there is no such target.
    pub async fn endpoints_set(&self, target: TargetId) -> Result<Endpoints> {
        let spec = self.found(target).await?.spec;
        let endpoint = |Further { url, pin, addresses }| Endpoint { url, pin, addresses };
        let further = spec.further.into_iter().map(endpoint).collect();
        Ok(Endpoints { addresses: spec.addresses, further, shared_store: spec.shared_store })
    }

    /// The ways to a target, in the order in which they are tried, and how they fare. One with configured addresses is two: by
    /// its name, and by these.
    ///
    /// # Errors
    /// [`Error::Invalid`] when there is no such target.
    pub async fn endpoints(&self, target: TargetId) -> Result<Vec<EndpointView>> {
        let (found, now) = (self.found(target).await?, self.inner.config.clock.now());
        let way = found.view(false).way(&now, None).map(|way| way.id);
        let at = |endpoint: &store::endpoints::Endpoint| {
            let due = endpoint.fares.due.filter(|due| !due.is_over(&now));
            due.map(|due| now.utc_ms.saturating_add_unsigned(due.remaining_ms(&now)))
        };
        // What traffic met is remembered until traffic is answered. A probe that passed since is what a person is told, but for what
        // befalls only those who carry something.
        let carrying =
            |health| matches!(health, Health::Unknown | Health::Slow | Health::Blocked(Block::Reset | Block::Silence));
        let seen = |fares: &Fares| match fares.cleared && !carrying(fares.health) {
            true => (Health::Open, None),
            false => (fares.health, fares.trouble),
        };
        let view = |endpoint: &store::endpoints::Endpoint| EndpointView {
            url: endpoint.url.clone(),
            by_address: endpoint.is_by_address(),
            health: seen(&endpoint.fares).0,
            trouble: seen(&endpoint.fares).1,
            since_utc_ms: endpoint.fares.since_utc_ms,
            next_utc_ms: at(endpoint),
            carries: Some(endpoint.id) == way,
        };
        Ok(found.endpoints.iter().map(view).collect())
    }

    /// The key of the first endpoint's certificate, where it is pinned.
    ///
    /// # Errors
    /// [`Error::Invalid`] when there is no such target.
    pub async fn pin(&self, target: TargetId) -> Result<Option<String>> {
        Ok(self.found(target).await?.spec.pin)
    }

    /// Sets a neutral address for contrast, one that nobody has a reason to block: asked when a probe fails, it tells a block
    /// from a network that leads nowhere, and from a sign-in page. Over https whoever proves to be it will do; over http it must
    /// answer with an empty 204, as the addresses do that systems use for this. None: no such question is asked.
    ///
    /// # Errors
    /// [`Error::Invalid`] when it is no http or https address.
    pub async fn set_neutral(&self, neutral: Option<Url>) -> Result<()> {
        if let Some(url) = &neutral {
            is_address(url)?;
        }
        let kept = neutral.clone();
        self.inner.keep(move |tx| store::settings::keep_neutral(tx, kept.as_ref())).await?;
        self.inner.settings.set_neutral(neutral);
        Ok(())
    }

    /// The neutral address.
    pub fn neutral(&self) -> Option<Url> {
        self.inner.settings.neutral()
    }

    pub(crate) async fn found(&self, target: TargetId) -> Result<Target> {
        let all = self.inner.store.read(store::all_targets).await?;
        let none = || Error::Invalid("there is no such target; list those that there are".into());
        all.into_iter().find(|one| one.id == target).ok_or_else(none)
    }
}

fn check(endpoint: &Endpoint) -> Result<()> {
    is_address(&endpoint.url)?;
    match &endpoint.pin {
        Some(pin) => pin.parse::<Pin>().map(drop).map_err(|bad| Error::Invalid(bad.to_string())),
        None => Ok(()),
    }
}

/// An address of a server, without a name or password in it.
pub(crate) fn is_address(url: &Url) -> Result<()> {
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Error::Invalid(
            "the address holds a name or password, which would be stored readably; give a token instead".into(),
        ));
    }
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err(Error::Invalid(format!("{url} is no address of a server; it must begin with http:// or https://")));
    }
    Ok(())
}

impl Inner {
    /// A client for the neutral address, whose bytes are on the target's account.
    pub(crate) fn neutral_client(&self, target: &Target, neutral: &Url) -> Result<Http> {
        self.new_client(target, None, &[neutral.origin()], 0)
    }

    /// Before planning: where traffic goes to another store than before, what was asked there says nothing of this one.
    pub(crate) async fn follow_stores(&self, targets: &[Arc<Target>], names_only: bool, now: &Now) -> Result<()> {
        for target in targets.iter().filter(|target| !target.spec.further.is_empty() && !target.spec.shared_store) {
            let (target, now) = (target.clone(), *now);
            let work =
                move |tx: &store::Tx<'_>| store::endpoints::follow_store(tx, &target, &target.view(names_only), &now);
            self.store.write(work).await?;
        }
        Ok(())
    }

    /// The service itself answered over a link that the system calls captive: until the host tells of another link, it is not.
    pub(crate) fn captive_is_wrong(&self, link: &Link) {
        self.settings.captive_is_wrong(link, |effective| self.accounts.set_link(effective));
        self.settings.changed.notify_one();
    }
}
