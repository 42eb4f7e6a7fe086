//! Setting up where assets go, and what each of these places takes and is not to learn.

use satchel_kernel::ids::TargetId;
use satchel_kernel::protocol::post::Rendition;
use satchel_kernel::state::Trouble;
use satchel_kernel::time::Due;
use url::Url;

use crate::endpoints::is_address;
use crate::error::{Error, Result};
use crate::http::Token;
use crate::journal::{Durable, Journal, Record};
use crate::observe::Change;
use crate::outbox::Outbox;
use crate::pairing::Paired;
use crate::redact::Redaction;
use crate::store::{self, Spec, Target};

/// A target, as an app or a command shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetView {
    /// Its id in this outbox.
    pub id: TargetId,
    /// As it was named.
    pub url: String,
    /// A paired Satchel receiver: it signs receipts, tells what it has, and takes posts.
    pub receiver: bool,
    /// What it is not to learn from files.
    pub redact: Redaction,
    /// Set while it rests.
    pub rest: Option<(Due, Trouble)>,
}

impl Outbox {
    /// Sets up a tus 1.0 endpoint (the URL where uploads are created).
    pub async fn set_tus_target(&self, url: Url) -> Result<TargetId> {
        self.set_target(url.to_string(), Spec::bare(url)).await
    }

    /// Sets up a receiver that the device was paired with.
    pub async fn set_receiver(&self, paired: &Paired) -> Result<TargetId> {
        let base = &paired.url;
        let reply = &paired.reply;
        let spec = Spec {
            receiver: Some(base.clone()),
            pin: Some(paired.pin.clone()),
            server: Some(reply.server.clone()),
            account: Some(reply.account.clone()),
            key: Some(reply.key.clone()),
            ..Spec::bare(crate::http::calls::below(base, satchel_kernel::protocol::FILES_PATH))
        };
        let id = self.set_target(base.to_string(), spec).await?;
        let token = Token::new(&reply.token).map_err(|e| Error::Invalid(e.to_string()))?;
        self.set_token(id, token);
        Ok(id)
    }

    async fn set_target(&self, url: String, spec: Spec) -> Result<TargetId> {
        is_address(&spec.create)?;
        let journal = self.inner.journal.clone();
        let work = move |tx: &store::Tx<'_>| {
            // What its owner chose outlives another pairing.
            let chosen = match store::targets::by_url(tx, &url)? {
                Some((_, Spec { redact, renditions, addresses, further, shared_store, .. })) => {
                    Spec { redact, renditions, addresses, further, shared_store, ..spec }
                }
                None => spec,
            };
            set(tx, &journal, url, &chosen)
        };
        let id = self.inner.store.write(work).await?;
        self.inner.forget_client(id);
        self.inner.tell(Change::Assets);
        Ok(id)
    }

    /// Says what a target is not to learn from files: for all that has not gone to it yet. Originals then go without their
    /// metadata, each as a payload of its own; what cannot be freed of it is parked for this target. What a target has whole
    /// it keeps, and its posts stay as they are.
    ///
    /// # Errors
    /// [`Error::Invalid`] when there is no such target.
    pub async fn set_redaction(&self, target: TargetId, redact: Redaction) -> Result<()> {
        self.change_target(target, move |spec| spec.redact = redact).await
    }

    /// Says what a tus server that is no receiver gets besides originals: the press renditions, or nothing more. (A receiver
    /// takes all there is.)
    ///
    /// # Errors
    /// [`Error::Invalid`] when there is no such target.
    pub async fn set_press(&self, target: TargetId, press: bool) -> Result<()> {
        let renditions = if press { vec![Rendition::Press] } else { vec![] };
        self.change_target(target, move |spec| spec.renditions = renditions).await
    }

    pub(crate) async fn change_target(
        &self,
        target: TargetId,
        change: impl FnOnce(&mut Spec) + Send + 'static,
    ) -> Result<()> {
        let journal = self.inner.journal.clone();
        self.change(move |tx| {
            let found = store::all_targets(tx)?.into_iter().find(|found| found.id == target);
            let Some(Target { url, mut spec, .. }) = found else {
                return Err(Error::Invalid("there is no such target; list those that there are".into()));
            };
            change(&mut spec);
            set(tx, &journal, url, &spec)?;
            Ok(())
        })
        .await
    }

    /// The targets.
    pub async fn targets(&self) -> Result<Vec<TargetView>> {
        let targets = self.inner.store.read(store::all_targets).await?;
        let now = self.inner.config.clock.now();
        let view = |t: Target| TargetView {
            id: t.id,
            receiver: t.is_receiver(),
            redact: t.spec.redact,
            rest: t.view(false).rests(&now, None),
            url: t.url,
        };
        Ok(targets.into_iter().map(view).collect())
    }
}

/// Sets a target up, or changes it, and tells the journal.
fn set(tx: &store::Tx<'_>, journal: &Journal, url: String, spec: &Spec) -> Result<TargetId> {
    let set = store::set_target(tx, &url, spec)?;
    if set.changed {
        let spec = serde_json::to_string(spec).expect("a target's document has string keys");
        let records: Vec<_> = std::iter::once(Record::Target { url, spec }).chain(set.records).collect();
        journal.append(&records, Durable::Now)?;
        store::agree(tx, journal)?;
    }
    Ok(set.id)
}
