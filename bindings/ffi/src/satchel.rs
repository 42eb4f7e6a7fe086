//! The one object: an open outbox.

use std::future::Future;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use satchel::clock::Clock;
use satchel::kernel::protocol::pairing::PairingCode;
use satchel::{AssetId, Filter, Outbox, TargetId, Token, pairing, runtime};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use url::Url;

use crate::host::{Drawing, Opening, Renewing};
use crate::{
    AddOptions, Added, Asset, Attempt, CancelToken, CheckReport, Config, Counts, Credentials, FolderReport, LedgerRow,
    LibraryItem, MediaLibrary, Observation, Observer, Opened, PostEdit, Pretend, Previewer, RunOptions, RunReport,
    SatchelError, Target, Wake, logs,
};

pub(crate) type Result<T, E = SatchelError> = std::result::Result<T, E>;

/// An open outbox. Methods may be called from any thread; those that wait for disk or network are `async`.
#[derive(uniffi::Object)]
pub struct Satchel {
    outbox: Outbox,
    /// The outbox's own.
    clock: Clock,
    credentials: Option<Arc<dyn Credentials>>,
    /// Set when the outbox is closed: ends runs and observers.
    closed: CancellationToken,
    /// What is under way.
    work: TaskTracker,
}

/// Does work on the engine's runtime. It goes on when the host gives up waiting, so that a change is made or not, never half.
pub(crate) async fn on_runtime<T, E>(work: impl Future<Output = Result<T, E>> + Send + 'static) -> Result<T>
where
    T: Send + 'static,
    E: Into<SatchelError> + Send + 'static,
{
    runtime::spawn(work).await?.map_err(Into::into)
}

/// Asks the host, on a thread that may wait.
async fn ask_host<T: Send + 'static>(ask: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    runtime::handle().spawn_blocking(ask).await?
}

#[uniffi::export]
impl Satchel {
    /// Opens an outbox, and loads its targets' tokens from the host. Items of the host's media library are opened through
    /// `library`; without it those that were added earlier wait. Of what Satchel cannot read, `previewer` makes pictures;
    /// without it such posts go without a preview.
    #[uniffi::constructor]
    pub async fn open(
        config: Config,
        credentials: Option<Arc<dyn Credentials>>,
        library: Option<Arc<dyn MediaLibrary>>,
        previewer: Option<Arc<dyn Previewer>>,
    ) -> Result<Arc<Self>> {
        let Config { folder, policy, extra_roots, connect_timeout_ms } = config;
        let policy = policy.map(TryInto::try_into).transpose()?;
        logs::keep();
        let work = TaskTracker::new();
        let mut settings = satchel::Config::new(PathBuf::from(folder));
        settings.policy = policy;
        let clock = settings.clock.clone();
        settings.extra_roots = extra_roots;
        settings.library =
            library.map(|library| Arc::new(Opening(library, work.clone())) as Arc<dyn satchel::MediaLibrary>);
        settings.previewer =
            previewer.map(|previewer| Arc::new(Drawing(previewer, work.clone())) as Arc<dyn satchel::Previewer>);
        settings.tokens =
            credentials.clone().map(|c| Arc::new(Renewing(c, work.clone())) as Arc<dyn satchel::TokenSource>);
        if let Some(ms) = connect_timeout_ms {
            settings.connect_timeout = Duration::from_millis(ms);
        }
        let outbox = on_runtime(Outbox::open(settings)).await?;
        let this = Self { outbox, clock, credentials, closed: CancellationToken::new(), work };
        if let Some(credentials) = this.credentials.clone() {
            for target in this.targets().await? {
                let (credentials, url) = (credentials.clone(), target.url);
                if let Some(token) = ask_host(move || credentials.load(url)).await? {
                    this.outbox.set_token(TargetId(target.id), checked(&token)?);
                }
            }
        }
        Ok(Arc::new(this))
    }

    /// What opening found.
    pub fn opened(&self) -> Opened {
        let (recovered, damaged) = self.outbox.recovered();
        Opened { recovered, damaged, retold: self.outbox.retold(), saved: self.outbox.saved() }
    }

    /// Ends what is under way. Every call after it fails with `Closed`; nothing is lost.
    pub fn close(&self) {
        self.closed.cancel();
        self.work.close();
    }

    /// Closes it, and waits until nothing of it is under way: no call of the host's own methods comes after this. Whoever opens
    /// the same outbox next finds it free.
    pub async fn close_and_wait(&self) -> Result<()> {
        self.close();
        let work = self.work.clone();
        on_runtime(async move {
            work.wait().await;
            Ok::<_, SatchelError>(())
        })
        .await
    }

    /// Adds one file, whatever it is. When this returns, it is safe: the same path again revises its post.
    pub async fn add(&self, path: String, options: AddOptions) -> Result<Added> {
        let (outbox, options) = (self.open_outbox()?, options.try_into()?);
        self.tracked(async move { outbox.add(path.as_ref(), &options).await.map(Added::from) }).await
    }

    /// Adds an item of the host's media library, which opens it now and each time that it is read. The same item again revises
    /// its post; one that was edited in the library is another asset.
    pub async fn add_item(&self, item: LibraryItem, options: AddOptions) -> Result<Added> {
        let (outbox, options) = (self.open_outbox()?, options.try_into()?);
        self.tracked(async move { outbox.add_item(&item.into(), &options).await.map(Added::from) }).await
    }

    /// Adds the photos and videos of a folder and of those below it; `cancel` stops it after the batch at hand.
    pub async fn add_folder(
        &self,
        path: String,
        options: AddOptions,
        cancel: Arc<CancelToken>,
    ) -> Result<FolderReport> {
        let options = options.try_into()?;
        let (outbox, stop) = (self.open_outbox()?, self.stop(&cancel));
        self.tracked(async move {
            let go_on =
                move |_: &_| if stop.is_cancelled() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
            outbox.add_folder(path.as_ref(), &options, go_on).await.map(FolderReport::from)
        })
        .await
    }

    /// A page of assets, newest first: those added before `before` (a `seq`), at most `limit` (1 to 1,000).
    pub async fn list(&self, before: Option<i64>, limit: u32) -> Result<Vec<Asset>> {
        let outbox = self.open_outbox()?;
        let clock = self.clock.clone();
        self.tracked(async move {
            let page = outbox.list(Filter { before, limit }).await?;
            let now = clock.now();
            Ok::<_, satchel::Error>(page.into_iter().map(|view| Asset::seen(view, &now)).collect())
        })
        .await
    }

    /// One asset.
    pub async fn asset(&self, id: String) -> Result<Asset> {
        let (outbox, id, clock) = (self.open_outbox()?, asset_id(&id)?, self.clock.clone());
        self.tracked(async move { outbox.asset(id).await.map(|view| Asset::seen(view, &clock.now())) }).await
    }

    /// How many there are of each.
    pub async fn counts(&self) -> Result<Counts> {
        let outbox = self.open_outbox()?;
        self.tracked(async move { outbox.counts().await.map(Counts::from) }).await
    }

    /// The ledger, oldest first.
    pub async fn ledger(&self) -> Result<Vec<LedgerRow>> {
        let outbox = self.open_outbox()?;
        self.tracked(async move { Ok::<_, satchel::Error>(converted(outbox.ledger().await?)) }).await
    }

    /// The targets.
    pub async fn targets(&self) -> Result<Vec<Target>> {
        let outbox = self.open_outbox()?;
        self.tracked(async move { Ok::<_, satchel::Error>(converted(outbox.targets().await?)) }).await
    }

    /// Changes what is said of an asset.
    pub async fn edit_post(&self, id: String, edit: PostEdit) -> Result<()> {
        let (outbox, id) = (self.open_outbox()?, asset_id(&id)?);
        self.tracked(async move { outbox.edit_post(id, edit.into()).await }).await
    }

    /// Says whether an asset goes before all that is not urgent.
    pub async fn set_urgent(&self, id: String, urgent: bool) -> Result<()> {
        let (outbox, id) = (self.open_outbox()?, asset_id(&id)?);
        self.tracked(async move { outbox.set_urgent(id, urgent).await }).await
    }

    /// The latest requests for an asset, the newest first, at most a hundred.
    pub async fn attempts(&self, id: String) -> Result<Vec<Attempt>> {
        let (outbox, id) = (self.open_outbox()?, asset_id(&id)?);
        self.tracked(async move { Ok::<_, satchel::Error>(converted(outbox.attempts(id).await?)) }).await
    }

    /// Takes an asset out of the outbox. Its file stays; a copy that the outbox made goes.
    pub async fn remove(&self, id: String) -> Result<()> {
        let (outbox, id) = (self.open_outbox()?, asset_id(&id)?);
        self.tracked(async move { outbox.remove(id).await }).await
    }

    /// Sets what is parked of an asset going again.
    pub async fn retry(&self, id: String) -> Result<()> {
        let (outbox, id) = (self.open_outbox()?, asset_id(&id)?);
        self.tracked(async move { outbox.retry(id).await }).await
    }

    /// Pauses all sending and reading, or ends the pause. Survives a restart.
    pub async fn pause(&self, paused: bool) -> Result<()> {
        let outbox = self.open_outbox()?;
        self.tracked(async move { outbox.pause(paused).await }).await
    }

    /// Whether it is paused.
    pub async fn is_paused(&self) -> Result<bool> {
        let outbox = self.open_outbox()?;
        self.tracked(async move { outbox.paused().await }).await
    }

    /// Ends every wait: a person wants it tried now.
    pub async fn try_now(&self) -> Result<()> {
        let outbox = self.open_outbox()?;
        self.tracked(async move { outbox.try_now().await }).await
    }

    /// Sets up a tus 1.0 endpoint (the address where uploads are created); its id.
    pub async fn set_tus_target(&self, url: String, token: Option<String>) -> Result<i64> {
        let _busy = self.work.token();
        let outbox = self.open_outbox()?;
        let parsed: Url = url.parse().map_err(|_| {
            SatchelError::invalid("this is no address of a server; it must begin with http:// or https://")
        })?;
        let token = token.as_deref().map(checked).transpose()?.zip(token);
        // Kept first: where that fails, no target is set up.
        if let Some((_, text)) = &token {
            self.keep(parsed.to_string(), text.clone()).await?;
        }
        let setting = outbox.clone();
        let id = self.tracked(async move { setting.set_tus_target(parsed).await }).await?;
        if let Some((token, _)) = token {
            outbox.set_token(id, token);
        }
        Ok(id.0)
    }

    /// Pairs this device with the receiver that showed the code (`satchel://…`); the target. A newcomer's photos are shown
    /// under the contributor's name, or the device's where it is left out. Takes at most about a minute and a half.
    pub async fn pair(&self, code: String, device: String, contributor: Option<String>) -> Result<Target> {
        let _busy = self.work.token();
        let outbox = self.open_outbox()?;
        let code: PairingCode = code.parse().map_err(|e| SatchelError::Pairing {
            code: "bad_code".into(),
            words: format!("{e}; copy the whole pairing code"),
        })?;
        let paired = self.tracked(async move { pairing::pair(&code, &device, contributor.as_deref()).await }).await?;
        self.keep(paired.url.to_string(), paired.reply.token.clone()).await?;
        let setting = outbox.clone();
        let id = self.tracked(async move { setting.set_receiver(&paired).await }).await?;
        let targets = self.tracked(async move { outbox.targets().await }).await?;
        let target = targets.into_iter().find(|target| target.id == id).map(Target::from);
        target.ok_or_else(|| SatchelError::invalid("the target was taken away meanwhile; pair again"))
    }

    /// Gives a target's token, in place of an earlier one.
    pub async fn set_token(&self, target: i64, token: String) -> Result<()> {
        let _busy = self.work.token();
        let (outbox, id, checked) = (self.open_outbox()?, TargetId(target), checked(&token)?);
        let looking = outbox.clone();
        let targets = self.tracked(async move { looking.targets().await }).await?;
        let Some(target) = targets.into_iter().find(|target| target.id == id) else {
            return Err(SatchelError::invalid("there is no such target; set it up first"));
        };
        self.keep(target.url, token).await?;
        outbox.set_token(id, checked);
        Ok(())
    }

    /// Does what can be done: reads, asks, sends; until nothing is due, the deadline, or `cancel`.
    pub async fn run(&self, options: RunOptions, cancel: Arc<CancelToken>) -> Result<RunReport> {
        let (outbox, stop) = (self.open_outbox()?, self.stop(&cancel));
        self.tracked(async move { outbox.run(options.into(), stop).await.map(RunReport::from) }).await
    }

    /// When to run next, and what must be true then: for a host that sets its system's alarms anew.
    pub async fn wake(&self) -> Result<Wake> {
        let outbox = self.open_outbox()?;
        self.tracked(async move { outbox.wake().await.map(Wake::from) }).await
    }

    /// Ends what is under way, within so many milliseconds, and lets nothing new begin until `resume`: before the system freezes
    /// the process. True when all was quiet in time.
    pub async fn suspend(&self, within_ms: u64) -> Result<bool> {
        let outbox = self.open_outbox()?;
        self.tracked(async move { Ok::<_, satchel::Error>(outbox.suspend(Duration::from_millis(within_ms)).await) })
            .await
    }

    /// Ends a suspension.
    pub fn resume(&self) -> Result<()> {
        self.open_outbox()?.resume();
        Ok(())
    }

    /// For testers: what connections meet in place of the network, from now on; nothing any more when left out.
    pub fn pretend(&self, pretend: Option<Pretend>) -> Result<()> {
        let _runtime = runtime::handle().enter();
        Ok(self.open_outbox()?.pretend(pretend.map(Into::into))?)
    }

    /// How this outbox stands, as text for people who know Satchel, with the latest lines of the log. It names no photo, no
    /// place, no server and no network.
    pub async fn report(&self) -> Result<String> {
        let outbox = self.open_outbox()?;
        let mut report = self.tracked(async move { outbox.report().await }).await?;
        report.push_str("log:\n");
        logs::latest().iter().for_each(|line| report.extend(["  ", line, "\n"]));
        Ok(report)
    }

    /// Asks a target for all that was delivered to it. What a receiver has not got any more goes again with the next run.
    pub async fn check(&self, target: i64) -> Result<CheckReport> {
        let outbox = self.open_outbox()?;
        self.tracked(async move { outbox.check(TargetId(target)).await.map(CheckReport::from) }).await
    }

    /// Tells `observer` of changes from now on, until the observation or the outbox is closed.
    pub fn observe(&self, observer: Arc<dyn Observer>) -> Result<Arc<Observation>> {
        Ok(Observation::start(self.outbox.observe(), observer, &self.closed, &self.work))
    }
}

impl Satchel {
    /// Does work on the engine's runtime, which closing waits for.
    pub(crate) async fn tracked<T, E>(&self, work: impl Future<Output = Result<T, E>> + Send + 'static) -> Result<T>
    where
        T: Send + 'static,
        E: Into<SatchelError> + Send + 'static,
    {
        on_runtime(self.work.track_future(work)).await
    }

    pub(crate) fn open_outbox(&self) -> Result<Outbox> {
        if self.closed.is_cancelled() { Err(SatchelError::closed()) } else { Ok(self.outbox.clone()) }
    }

    /// Ends with the caller's token and with the outbox.
    fn stop(&self, cancel: &CancelToken) -> CancellationToken {
        let (stop, both) = (cancel.inner().child_token(), self.closed.clone());
        let ends = stop.clone();
        runtime::spawn(async move {
            tokio::select! {
                () = both.cancelled() => ends.cancel(),
                () = ends.cancelled() => {}
            }
        });
        stop
    }

    /// Has the host keep the token of the target at an address.
    async fn keep(&self, url: String, token: String) -> Result<()> {
        match self.credentials.clone() {
            Some(credentials) => ask_host(move || credentials.store(url, token)).await,
            None => Ok(()),
        }
    }
}

fn converted<A, B: From<A>>(all: Vec<A>) -> Vec<B> {
    all.into_iter().map(B::from).collect()
}

pub(crate) fn asset_id(text: &str) -> Result<AssetId> {
    text.parse().map_err(|_| SatchelError::invalid("this is no asset's id; give it as a list or an add told it"))
}

fn checked(token: &str) -> Result<Token> {
    Token::new(token).map_err(|e| SatchelError::invalid(e.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_an_error() {
        let panics = on_runtime(async {
            let nothing: Vec<i64> = vec![];
            Ok::<_, SatchelError>(nothing[0])
        });
        let error = runtime::handle().block_on(panics).unwrap_err();
        assert!(matches!(error, SatchelError::Internal { .. }), "{error:?}");
    }
}
