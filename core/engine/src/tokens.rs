//! The targets' credentials, in memory, and getting a new one when a target refuses the one that there is: only the host
//! knows where from.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use satchel_kernel::ids::TargetId;
use satchel_kernel::state::Trouble;
use tokio::time::Instant;

use crate::error::Result;
use crate::http::Token;
use crate::outbox::{Inner, Outbox};
use crate::store::{Target, targets};

/// Where new tokens come from: an app's own account, say.
pub trait TokenSource: Send + Sync + 'static {
    /// A token in place of one that a target refused (none where there was none), by the target's address; none when no other
    /// is to be had. Called on a thread that may wait, with nothing locked; for each target at most once a minute.
    fn fresh(&self, target: &str, refused: Option<&Token>) -> Option<Token>;
}

/// How often a target's token is asked for anew at most: a host whose tokens are all refused is left alone meanwhile.
const PAUSE: Duration = Duration::from_secs(60);

/// What is held for the targets.
#[derive(Default)]
pub(crate) struct Tokens(Mutex<HashMap<TargetId, Held>>);

#[derive(Default)]
struct Held {
    token: Option<Token>,
    /// It is another one since the targets' waits were last looked at.
    other: bool,
    /// When the host was last asked for another one.
    asked: Option<Instant>,
}

impl Tokens {
    pub(crate) fn get(&self, target: TargetId) -> Option<Token> {
        self.lock().get(&target).and_then(|held| held.token.clone())
    }

    /// A reply to a request that carried `used` was recorded: what it says of a token that was replaced meanwhile says nothing
    /// of the new one.
    pub(crate) fn answered(&self, target: TargetId, used: Option<&Token>) {
        if let Some(held) = self.lock().get_mut(&target) {
            held.other |= held.token.as_ref() != used;
        }
    }

    /// Takes one in place of an earlier one.
    fn set(&self, target: TargetId, token: Token) {
        let mut all = self.lock();
        let held = all.entry(target).or_default();
        held.other |= held.token.as_ref() != Some(&token);
        held.token = Some(token);
    }

    /// The targets that got another one since this was last asked.
    fn others(&self) -> Vec<TargetId> {
        let mut all = self.lock();
        all.iter_mut().filter_map(|(id, held)| std::mem::take(&mut held.other).then_some(*id)).collect()
    }

    /// Whether the host may be asked for another one now; if so, that counts.
    fn may_ask(&self, target: TargetId) -> bool {
        let now = Instant::now();
        let mut all = self.lock();
        let held = all.entry(target).or_default();
        let may = held.asked.is_none_or(|at| now.duration_since(at) >= PAUSE);
        if may {
            held.asked = Some(now);
        }
        may
    }

    /// A panic elsewhere leaves the map whole: each change of it is one call.
    fn lock(&self) -> MutexGuard<'_, HashMap<TargetId, Held>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Outbox {
    /// Gives the credential for a target. It is kept in memory alone; where it rests is the host's affair. A target that
    /// refused another one is tried again at once.
    pub fn set_token(&self, target: TargetId, token: Token) {
        self.inner.tokens.set(target, token);
        self.inner.changed.notify_one();
    }
}

/// Whether the host is to be asked for another token now; if so, that counts. The target must have refused the one that
/// there is, and have proved to be itself: nobody else is given the chance to draw out another one.
pub(crate) fn due(inner: &Inner, target: &Target) -> bool {
    let refused = matches!(target.rest, Some((_, Trouble::NeedsToken | Trouble::Gateway(401))));
    let proved = target.spec.create.scheme() == "https";
    inner.config.tokens.is_some() && refused && proved && inner.tokens.may_ask(target.id)
}

/// Ends the waits of targets that got another token.
pub(crate) async fn settle(inner: &Arc<Inner>) -> Result<()> {
    let others = inner.tokens.others();
    if others.is_empty() {
        return Ok(());
    }
    inner.store.write(move |tx| others.iter().try_for_each(|id| targets::other_token(tx, *id))).await
}

/// Gets another token from the host. Whoever stops waiting for it loses nothing: it is taken when it comes.
pub(crate) async fn renew(inner: &Arc<Inner>, target: &Target) {
    let Some(source) = inner.config.tokens.clone() else { return };
    let (id, url, inner) = (target.id, target.url.clone(), inner.clone());
    let ask = move || {
        let refused = inner.tokens.get(id);
        let fresh = source.fresh(&url, refused.as_ref());
        // Another one may have been given meanwhile: that is the newer one.
        if let Some(token) = fresh.filter(|_| inner.tokens.get(id) == refused) {
            inner.tokens.set(id, token);
            inner.changed.notify_one();
        }
    };
    if tokio::task::spawn_blocking(ask).await.is_err() {
        tracing::warn!("the host's source of tokens panicked");
    }
}
