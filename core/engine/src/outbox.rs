//! The outbox: what an app holds.

use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use satchel_kernel::ids::{AssetId, DeliveryId, EndpointId, TargetId};
use satchel_kernel::link::Link;
use satchel_kernel::planner::{Bench, World};
use satchel_kernel::policy::Policy;
use satchel_kernel::wire::Patience;
use tokio::sync::{Notify, broadcast, watch};
use url::{Origin, Url};

use crate::accounts::Accounts;
use crate::clock::Clock;
use crate::door::{Door, Route};
use crate::error::{Error, Result};
use crate::http::{Http, Options, Pin, Token, Trust};
use crate::journal::{Durable, Journal, Record};
use crate::library::MediaLibrary;
use crate::observe::Change;
use crate::post_edit::{PostEdit, fits};
use crate::previews::Previewer;
use crate::settings::{Known, Settings};
use crate::source::{Reach, Source};
use crate::spool::{Spool, SpoolName};
use crate::store::{self, AssetView, Counts, Filter, LedgerRow, Store, Target};
use crate::tokens::{TokenSource, Tokens};

/// How an outbox is opened.
#[derive(Clone)]
pub struct Config {
    /// The outbox's own folder; made if it is missing. On a phone: not one that the system may empty.
    pub folder: PathBuf,
    /// The traveller's rules; those that were kept by [`Outbox::keep_policy`] when left out, or else the usual ones.
    pub policy: Option<Policy>,
    /// The clock.
    pub clock: Clock,
    /// How patient to be with targets.
    pub patience: Patience,
    /// How long a connection may take to be made.
    pub connect_timeout: Duration,
    /// Certificates to trust beside the system's, in PEM.
    pub extra_roots: Vec<String>,
    /// Opens items of the host's media library; without it they wait.
    pub library: Option<Arc<dyn MediaLibrary>>,
    /// Makes pictures of what the core cannot read, such as videos; without it their posts go without a preview.
    pub previewer: Option<Arc<dyn Previewer>>,
    /// Gets new tokens; without it a refused one waits for [`Outbox::set_token`].
    pub tokens: Option<Arc<dyn TokenSource>>,
}

impl Config {
    /// An outbox in this folder, with defaults for all else.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            policy: None,
            clock: Clock::system(),
            patience: Patience::default(),
            connect_timeout: Options::default().connect_timeout,
            extra_roots: vec![],
            library: None,
            previewer: None,
            tokens: None,
        }
    }
}

/// One Satchel on one device. Clones share it.
#[derive(Clone)]
pub struct Outbox {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub config: Config,
    pub store: Store,
    pub journal: Arc<Journal>,
    pub spool: Arc<Spool>,
    /// Leave to send, and what it costs.
    pub accounts: Accounts,
    pub settings: Settings,
    pub changes: broadcast::Sender<Change>,
    pub changed: Notify,
    pub seed: u64,
    pub tokens: Tokens,
    /// Held while a picture is made.
    rendering: Arc<tokio::sync::Mutex<()>>,
    /// What every byte goes through.
    pub door: Door,
    /// The link over which a host was last given steps by this process.
    pub host_link: Mutex<Option<Link>>,
    /// Held while the host makes something of a film.
    filming: Arc<tokio::sync::Mutex<()>>,
    clients: Mutex<HashMap<(TargetId, EndpointId), Http>>,
    /// Nothing is to be begun.
    pub suspended: watch::Sender<bool>,
    /// Held by this process's run.
    pub running: tokio::sync::Mutex<()>,
    recovered: store::Recovered,
}

impl Outbox {
    /// Opens an outbox. A damaged database is set aside, never deleted, and made anew from the journal; see
    /// [`Self::recovered`].
    pub async fn open(config: Config) -> Result<Self> {
        tokio::task::spawn_blocking(move || open(config))
            .await
            .unwrap_or_else(|_| Err(Error::Storage("opening was interrupted".into())))
    }

    /// What the journal brought back when the outbox was opened: assets, and places in the journal that could not be read.
    pub fn recovered(&self) -> (u64, u64) {
        (self.inner.recovered.assets, self.inner.recovered.damaged)
    }

    /// Assets that the journal did not speak of any more when the outbox was opened (it was lost or damaged), and does again.
    pub fn retold(&self) -> u64 {
        self.inner.recovered.retold
    }

    /// Copies in the outbox's spool of which nothing is known any more, since database and journal were damaged or lost. They
    /// are kept there as `*.saved`, for a person to look at.
    pub fn saved(&self) -> u64 {
        self.inner.recovered.saved
    }

    /// Events, from now on.
    pub fn observe(&self) -> broadcast::Receiver<Change> {
        self.inner.changes.subscribe()
    }

    /// A page of assets, newest first.
    pub async fn list(&self, filter: Filter) -> Result<Vec<AssetView>> {
        let (world, policy, now) = self.inner.world().await?;
        self.inner.store.read(move |conn| store::page(conn, filter, &world, &policy, &now)).await
    }

    /// One asset.
    pub async fn asset(&self, id: AssetId) -> Result<AssetView> {
        let (world, policy, now) = self.inner.world().await?;
        self.inner.store.read(move |conn| store::one(conn, id, &world, &policy, &now)).await
    }

    /// How many there are of each.
    pub async fn counts(&self) -> Result<Counts> {
        self.inner.store.read(|conn| store::counts(conn, None)).await
    }

    /// The ledger, oldest first.
    pub async fn ledger(&self) -> Result<Vec<LedgerRow>> {
        self.inner.store.read(store::ledger).await
    }

    /// Changes what is said of an asset. A target that takes posts gets the new revision.
    pub async fn edit_post(&self, id: AssetId, edit: PostEdit) -> Result<()> {
        let (journal, now) = (self.inner.journal.clone(), self.inner.config.clock.now());
        let work = move |tx: &store::Tx<'_>| {
            let seq = store::seq(tx, id)?;
            let (_, post) = store::latest_post(tx, seq)?;
            let post = fits(edit.apply(&post))?;
            if let Some(revision) = store::revise(tx, seq, &post, &now)? {
                journal.append(&[Record::Revised { asset: id, revision, post }], Durable::Now)?;
                store::agree(tx, &journal)?;
            }
            Ok(())
        };
        self.change(work).await
    }

    /// Says whether an asset goes before all that is not urgent.
    pub async fn set_urgent(&self, id: AssetId, urgent: bool) -> Result<()> {
        let journal = self.inner.journal.clone();
        let work = move |tx: &store::Tx<'_>| {
            let seq = store::seq(tx, id)?;
            let record = if urgent {
                store::lift(tx, seq)?;
                Record::Urgent { asset: id }
            } else {
                store::calm(tx, seq)?;
                Record::Calm { asset: id }
            };
            journal.append(&[record], Durable::Now)?;
            store::agree(tx, &journal)
        };
        self.change(work).await
    }

    /// Takes an asset out of the outbox. Its file stays; a copy in the spool goes. What a target has, it keeps.
    pub async fn remove(&self, id: AssetId) -> Result<()> {
        let journal = self.inner.journal.clone();
        let spool = self.inner.spool.clone();
        let work = move |tx: &store::Tx<'_>| {
            let spooled = store::remove(tx, id)?;
            journal.append(&[Record::Removed { asset: id }], Durable::Now)?;
            store::agree(tx, &journal)?;
            Ok(spooled)
        };
        let spooled = self.inner.store.write(work).await?;
        for name in spooled.iter().filter_map(|name| name.parse().ok()) {
            // One that stays is swept at the next run.
            let _ = spool.remove(name);
        }
        self.inner.tell(Change::Assets);
        Ok(())
    }

    /// Sets what is parked of an asset going again.
    pub async fn retry(&self, id: AssetId) -> Result<()> {
        self.change(move |tx| store::retry(tx, id)).await
    }

    /// Pauses all sending and reading, or ends the pause. Survives a restart. When this returns, nothing more goes: connections
    /// are reset.
    pub async fn pause(&self, paused: bool) -> Result<()> {
        self.change(move |tx| store::pause(tx, paused)).await?;
        if paused {
            self.inner.accounts.shut();
        }
        Ok(())
    }

    /// Whether it is paused.
    pub async fn paused(&self) -> Result<bool> {
        self.inner.store.read(store::paused).await
    }

    /// Ends every wait: a person wants it tried now.
    pub async fn try_now(&self) -> Result<()> {
        self.change(store::try_now).await
    }

    pub(crate) async fn change(&self, work: impl FnOnce(&store::Tx<'_>) -> Result<()> + Send + 'static) -> Result<()> {
        self.inner.store.write(work).await?;
        self.inner.tell(Change::Assets);
        Ok(())
    }
}

impl Inner {
    /// A bench to oneself: what is made there is made one at a time, also where a run that ended left something at it.
    pub(crate) async fn at_bench(&self, bench: Bench) -> tokio::sync::OwnedMutexGuard<()> {
        let lock = match bench {
            Bench::Pictures => &self.rendering,
            Bench::Films => &self.filming,
        };
        lock.clone().lock_owned().await
    }

    pub(crate) fn tell(&self, change: Change) {
        // Without observers there is nobody to tell.
        let _ = self.changes.send(change);
        self.changed.notify_one();
    }

    /// Tells observers of something that calls for no new plan.
    pub(crate) fn mention(&self, change: Change) {
        let _ = self.changes.send(change);
    }

    pub(crate) fn token(&self, target: TargetId) -> Option<Token> {
        self.tokens.get(target)
    }

    /// How a part's bytes are got at: its copy, else its source; none where there is neither.
    pub(crate) fn reach(&self, spool: Option<&str>, source: Option<&Source>) -> Option<Reach> {
        match spool {
            Some(name) => name.parse().ok().map(|name| Reach::Path(self.spool.path(name))),
            None => source.map(|source| self.source(source)),
        }
    }

    /// Lets go of the file that was made for a delivery, if that was the last one which waited for it.
    pub(crate) fn let_go(&self, tx: &store::Tx<'_>, delivery: DeliveryId) -> Result<()> {
        let gone = store::making::let_go(tx, delivery)?;
        if let Some(name) = gone.and_then(|name| name.parse().ok()) {
            // Should the commit fail, it is made anew; should this, a sweep finds it.
            let _ = self.spool.remove_made(name);
        }
        Ok(())
    }

    /// How a source is got at.
    pub(crate) fn source(&self, source: &Source) -> Reach {
        match source {
            Source::File(path) => Reach::Path(path.clone()),
            Source::Library(id) => Reach::Item(self.config.library.clone(), id.clone()),
        }
    }

    /// The client of the endpoint by which the target is reached: one pool of connections for each.
    pub(crate) fn client(&self, target: &Target) -> Result<Http> {
        let mut clients = lock(&self.clients);
        let by = (target.id, target.via.id);
        if let Some(http) = clients.get(&by) {
            return Ok(http.clone());
        }
        let pin = target.spec.pin.as_deref().map(str::parse).transpose();
        let pin = pin.map_err(|bad: crate::http::BadPin| Error::Invalid(bad.to_string()))?;
        let origins: Vec<_> =
            std::iter::once(&target.spec.create).chain(&target.spec.origins).map(Url::origin).collect();
        let route = target.via.id.0;
        let http = self.new_client(target, pin, &origins, route)?;
        self.door.set_addresses(route, target.via.addresses.clone());
        clients.insert(by, http.clone());
        Ok(http)
    }

    /// A client of a route, whose bytes are on the target's account; the trusted roots vouch for a server without a pin.
    pub(crate) fn new_client(
        &self,
        target: &Target,
        pin: Option<Pin>,
        origins: &[Origin],
        route: Route,
    ) -> Result<Http> {
        let roots = || Trust::Roots { extra_pem: self.config.extra_roots.clone() };
        let options = Options { connect_timeout: self.config.connect_timeout };
        Http::new(&pin.map_or_else(roots, Trust::Pinned), origins, &options, &self.door, target.id, route)
            .map_err(|e| Error::Invalid(e.to_string()))
    }

    /// The target is another one by now, or is reached otherwise.
    pub(crate) fn forget_client(&self, target: TargetId) {
        lock(&self.clients).retain(|(of, _), _| *of != target);
    }

    async fn world(&self) -> Result<(World, Policy, satchel_kernel::time::Now)> {
        let (link, _) = self.accounts.now();
        let (policy, power, now) = (self.settings.policy(), self.settings.power(), self.config.clock.now());
        let world = self.store.read(move |conn| store::world(conn, link, power, &now)).await?;
        Ok((world, policy, now))
    }
}

/// A panic elsewhere leaves these maps whole: each change of them is one call.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn open(config: Config) -> Result<Outbox> {
    let io = |e: std::io::Error| Error::io(&e);
    crate::http::usable(&config.extra_roots).map_err(|e| Error::Invalid(e.to_string()))?;
    std::fs::create_dir_all(&config.folder).map_err(io)?;
    let folder = std::fs::canonicalize(&config.folder).map_err(io)?;
    let journal = Arc::new(Journal::open(&folder)?);
    let spool = Arc::new(Spool::open(&folder.join("spool")).map_err(|e| Error::Storage(e.to_string()))?);
    // Held shared while the database is open: a damaged one is set aside only when nobody else has it.
    let open = File::options().create(true).truncate(false).write(true).open(folder.join("open.lock")).map_err(io)?;
    let open = Arc::new(open);
    open.lock_shared().map_err(io)?;
    let suspect = folder.join(store::SUSPECT);
    let first = if suspect.exists() { Err(Error::Damaged) } else { told(&folder, &open, &journal, &config.clock) };
    let (store, mut recovered) = match first {
        Err(Error::Damaged) => {
            open.unlock().map_err(io)?;
            if alone(&open) {
                set_aside(&folder)?;
                let _ = std::fs::remove_file(&suspect);
                open.unlock().map_err(io)?;
            }
            open.lock_shared().map_err(io)?;
            told(&folder, &open, &journal, &config.clock)?
        }
        other => other?,
    };
    // What is gone from both, the spool may still hold.
    if recovered.fresh || recovered.damaged > 0 {
        let known = |name: SpoolName| {
            let name = name.to_string();
            store.read_blocking(move |conn| store::is_spooled(conn, &name)).unwrap_or(true)
        };
        recovered.saved = spool.save_unknown(known).map_err(|e| Error::Storage(e.to_string()))?;
    }
    let mut seed = [0; 8];
    getrandom::fill(&mut seed).map_err(|_| Error::Storage("the system gave no random numbers".into()))?;
    let config = Config { folder, ..config };
    if let Err(error) = crate::runner::void_if_alone(&config.folder, &store) {
        // The next run does it.
        tracing::debug!(%error, "what a killed run left");
    }
    let kept = store.read_blocking(|conn| Ok((store::settings::policy(conn)?, Known::load(conn)?)))?;
    let settings = Settings::new(config.policy.clone(), kept.0, kept.1);
    let door = Door::new().map_err(io)?;
    let inner = Inner {
        store,
        journal,
        spool,
        accounts: Accounts::new(door.clone()),
        settings,
        changes: broadcast::Sender::new(1024),
        changed: Notify::new(),
        seed: u64::from_le_bytes(seed),
        tokens: Tokens::default(),
        rendering: Arc::default(),
        door,
        filming: Arc::default(),
        host_link: Mutex::default(),
        clients: Mutex::default(),
        suspended: watch::Sender::new(false),
        running: tokio::sync::Mutex::default(),
        recovered,
        config,
    };
    Ok(Outbox { inner: Arc::new(inner) })
}

/// Opens the database and brings it up to what the journal says.
fn told(folder: &Path, open: &Arc<File>, journal: &Arc<Journal>, clock: &Clock) -> Result<(Store, store::Recovered)> {
    let store = Store::open(folder, open)?;
    let (telling, now) = (journal.clone(), clock.now());
    match store.write_blocking(move |tx| store::catch_up(tx, &telling, &now)) {
        Ok(recovered) => Ok((store.following(journal.clone(), clock.clone()), recovered)),
        Err(error) => {
            store.close();
            Err(error)
        }
    }
}

/// Whether nobody else has the database open. Whoever just dropped it may need a moment to close it.
fn alone(open: &File) -> bool {
    for _ in 0..100 {
        if open.try_lock().is_ok() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    false
}

/// Moves a damaged database out of the way, whole: somebody may want to look at it.
fn set_aside(folder: &Path) -> Result<()> {
    tracing::warn!("the database is damaged: it is set aside, and made anew from the journal");
    let free = |n: &u32| !folder.join(format!("{}.damaged-{n}", store::FILE)).exists();
    let n = (1..).find(free).unwrap_or(u32::MAX);
    for suffix in ["", "-wal", "-shm"] {
        let from = folder.join(format!("{}{suffix}", store::FILE));
        let to = folder.join(format!("{}.damaged-{n}{suffix}", store::FILE));
        match std::fs::rename(from, to) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(Error::io(&e)),
            _ => {}
        }
    }
    Ok(())
}
