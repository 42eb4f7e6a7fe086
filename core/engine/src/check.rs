//! Proving the outbox against a server: is all that was delivered still there?

use satchel_kernel::gate::{Verdict, judge};
use satchel_kernel::ids::{DeliveryId, Nonce, TargetId};
use satchel_kernel::link::LinkKind;
use satchel_kernel::outcome::{Marks, Method, Outcome, Request};
use satchel_kernel::protocol::have::HaveState;
use satchel_kernel::protocol::post::Rendition;
use satchel_kernel::state::ParkReason;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::error::{Error, Result};
use crate::http::calls::{self, HASHES_PER_CALL};
use crate::journal::{Durable, Record};
use crate::observe::Change;
use crate::outbox::Outbox;
use crate::receipts::{Expected, verify};
use crate::runner::{only_runner, send};
use crate::store::done::{self, Delivered};
use crate::store::{self, Target, anew, deliveries};

/// What a reply to it may take: receipts of a page.
const REPLY: u64 = 64 << 10;

/// What a check found, in deliveries of originals and renditions (posts are not asked for).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CheckReport {
    /// The server confirmed them: by a fresh receipt, or by the upload's full offset.
    pub confirmed: u64,
    /// The server says that it does not have them. A receiver's word counts: they go again with the next run, and what somebody
    /// deleted there needs a person. (Other servers may have moved elsewhere what they got.)
    pub missing: u64,
    /// The server could not be asked, or cannot tell.
    pub unknown: u64,
}

impl Outbox {
    /// Asks a target for all that was delivered to it, within the budgets. What a receiver has not got any more is not delivered
    /// any more.
    ///
    /// # Errors
    /// [`Error::AlreadyRunning`] while another process runs this outbox.
    pub async fn check(&self, target: TargetId) -> Result<CheckReport> {
        let inner = &self.inner;
        if inner.accounts.is_running() {
            return self.check_all(target).await;
        }
        let _only = only_runner(inner)?;
        inner.accounts.begin_run(&inner.store, &inner.config.folder, inner.config.clock.now()).await?;
        let report = self.check_all(target).await;
        inner.accounts.end_run(&inner.store, inner.config.clock.now()).await?;
        report
    }

    async fn check_all(&self, target: TargetId) -> Result<CheckReport> {
        let target = self.found(target).await?;
        let mut report = CheckReport::default();
        let mut after = DeliveryId(0);
        loop {
            let (id, from) = (target.id, after);
            let page = self.inner.store.read(move |conn| done::delivered_page(conn, id, from, HASHES_PER_CALL)).await?;
            let Some(last) = page.last() else { return Ok(report) };
            after = last.delivery;
            let page: Vec<_> = page.into_iter().filter(|d| d.class != Rendition::Text).collect();
            if page.is_empty() {
                continue;
            }
            if target.is_receiver() {
                self.check_hashes(&target, &page, &mut report).await?;
            } else {
                for delivered in &page {
                    self.check_upload(&target, delivered, &mut report).await?;
                }
            }
        }
    }

    /// Sends what a person asked for by hand; within the budgets all the same.
    async fn send(&self, target: &Target, request: &Request) -> Result<Option<Outcome>> {
        let (link, generation) = self.inner.accounts.now();
        if link.kind == LinkKind::None {
            return Ok(None);
        }
        let Some(ticket) = self.inner.accounts.ticket(generation, target.id, None) else { return Ok(None) };
        let held = send::reserve(&self.inner, &ticket, request.body_len() + REPLY).await?;
        if held.is_none() {
            return Ok(None);
        }
        let token = self.inner.token(target.id);
        let stop = CancellationToken::new();
        let http = self.inner.client(target)?;
        let outcome = http.send(request, token.as_ref(), None, &|_| {}, &stop).await.ok();
        send::give_back(&self.inner, held).await?;
        Ok(outcome)
    }

    async fn check_hashes(&self, target: &Target, page: &[Delivered], report: &mut CheckReport) -> Result<()> {
        let spec = &target.spec;
        let (Some(base), Some(server), Some(account), Some(key)) =
            (&spec.receiver, &spec.server, &spec.account, &spec.key)
        else {
            report.unknown += page.len() as u64;
            return Ok(());
        };
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).map_err(|_| Error::Storage("the system gave no random numbers".into()))?;
        let nonce = Nonce::from_bytes(bytes);
        let hashes: Vec<_> = page.iter().map(|d| d.hash).collect();
        let patience = &self.inner.config.patience;
        let request = calls::have_request(base, nonce, &hashes, &spec.headers, patience);
        let reply = self.send(target, &request).await?;
        let Some(Ok(answer)) = reply.map(|outcome| calls::parse_have(&request, &outcome)) else {
            report.unknown += page.len() as u64;
            return Ok(());
        };
        let chain_request = calls::keys_request(base, &spec.headers, patience);
        let chain = self.send(target, &chain_request).await?;
        let chain = chain.and_then(|outcome| calls::parse_keys(&chain_request, &outcome).ok()).map(|a| a.value);
        let (mut gone, mut deleted) = (vec![], vec![]);
        for d in page {
            let entry = answer.value.results.iter().find(|e| e.hash == d.hash);
            let expected = Expected { server, account, nonce, hash: d.hash, length: d.length };
            match entry.map(|e| &e.state) {
                Some(HaveState::Have { receipt }) if verify(receipt, key, chain.as_ref(), &expected).is_ok() => {
                    report.confirmed += 1
                }
                Some(HaveState::Missing | HaveState::Partial { .. }) => gone.push((d.delivery, d.hash)),
                Some(HaveState::Deleted) => deleted.push(d.delivery),
                Some(HaveState::Have { .. } | HaveState::Other) | None => report.unknown += 1,
            }
        }
        report.missing += (gone.len() + deleted.len()) as u64;
        if gone.is_empty() && deleted.is_empty() {
            return Ok(());
        }
        let (journal, url) = (self.inner.journal.clone(), target.url.clone());
        let work = move |tx: &store::Tx<'_>| {
            let mut records = vec![];
            for (delivery, hash) in gone {
                anew::missing(tx, delivery)?;
                records.push(Record::Missing { hash, target: url.clone() });
            }
            for delivery in deleted {
                deliveries::park(tx, delivery, &ParkReason::DeletedThere)?;
            }
            journal.append(&records, Durable::Later)?;
            store::agree(tx, &journal)
        };
        self.inner.store.write(work).await?;
        self.inner.tell(Change::Assets);
        Ok(())
    }

    /// A bare tus server knows an upload by its URL alone.
    async fn check_upload(&self, target: &Target, delivered: &Delivered, report: &mut CheckReport) -> Result<()> {
        let Some(url) = delivered.locator.as_deref().and_then(|l| Url::parse(l).ok()) else {
            report.unknown += 1;
            return Ok(());
        };
        let mut headers = target.spec.headers.clone();
        headers.push(("tus-resumable".into(), "1.0.0".into()));
        let request = Request {
            method: Method::Head,
            url,
            headers,
            body: vec![],
            marks: Marks::Tus,
            authorize: true,
            fresh_connection: false,
            timers: self.inner.config.patience.timers(0, 0),
        };
        let outcome = self.send(target, &request).await?;
        match outcome.as_ref().map(|o| (o, judge(&request, o))) {
            Some((Outcome::Reply { reply, .. }, Verdict::Service(_))) => match reply.status {
                200 | 204 if reply.headers.get_u64("upload-offset") == Some(delivered.length) => report.confirmed += 1,
                404 | 410 => report.missing += 1,
                _ => report.unknown += 1,
            },
            _ => report.unknown += 1,
        }
        Ok(())
    }
}
