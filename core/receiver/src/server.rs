//! The running receiver, and what its parts share.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use satchel_kernel::protocol::keys::SigningKey;
use satchel_kernel::protocol::pairing::PairingCode;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::blobs::Blobs;
use crate::hub::{Event, Hub};
use crate::identity::Identity;
use crate::pairing::Codes;
use crate::signing::Signer;
use crate::slots::Slots;
use crate::store::assets::{self, AssetView};
use crate::store::people::{self, DeviceRow};
use crate::store::uploads::{self, CompletedUpload};
use crate::store::{Store, StoreError};
use crate::{Config, StartError, chance, clock, files, folder, listen, routes, tus};

/// How often unfinished uploads are looked through for those that are due to go.
const SWEEP: Duration = Duration::from_secs(600);
/// How long running requests may take to sync what they have when the receiver stops.
const FAREWELL: Duration = Duration::from_secs(10);

/// What the parts of one receiver share.
pub(crate) struct App {
    pub(crate) config: Config,
    /// The server's id.
    pub(crate) server: String,
    pub(crate) store: Store,
    pub(crate) blobs: Blobs,
    pub(crate) signer: Signer,
    pub(crate) codes: Codes,
    pub(crate) slots: Slots,
    pub(crate) hub: Hub,
    /// Shared while blobs get their rows, alone while one loses its last.
    pub(crate) blob_gate: tokio::sync::RwLock<()>,
    pub(crate) viewer_key: String,
    pub(crate) tasks: TaskTracker,
    pub(crate) stop: CancellationToken,
    address: SocketAddr,
    host: String,
    pin: String,
}

impl App {
    /// A fresh code for one device, which joins `account` (an id) or makes a new one.
    pub(crate) fn pairing_code(&self, account: Option<String>) -> PairingCode {
        PairingCode {
            host: self.host.clone(),
            port: self.address.port(),
            pin: self.pin.clone(),
            code: self.codes.issue(account),
        }
    }
}

/// A receiver that listens. Dropping it stops it; [`Receiver::shutdown`] waits until it has stopped.
pub struct Receiver {
    app: Arc<App>,
    account: Option<String>,
}

impl Receiver {
    /// Opens the store, redoes what a kill left half done, and listens.
    ///
    /// # Errors
    /// See [`StartError`]. Nothing is lost then; the store may have been made, or brought to this version.
    pub async fn start(config: Config) -> Result<Self, StartError> {
        if config.plain_http && !config.listen.ip().is_loopback() {
            return Err(StartError::PlainHttp(config.listen));
        }
        let address = config.listen;
        let listener = TcpListener::bind(address).await.map_err(|source| StartError::Listen { address, source })?;
        let address = listener.local_addr().map_err(|source| StartError::Listen { address, source })?;
        let opened = tokio::task::spawn_blocking(move || open(config, address)).await;
        let (app, account, tls) = opened.map_err(|_| StoreError::Worker)??;
        let app = Arc::new(app);
        let routes = routes::routes(app.clone());
        app.tasks.spawn(listen::accept(listener, listen::acceptor(tls), routes, app.stop.clone(), app.tasks.clone()));
        app.tasks.spawn(housekeeping(app.clone()));
        if let Some(dir) = app.config.folder.clone() {
            app.tasks.spawn(folder::keep(app.clone(), dir));
        }
        Ok(Self { app, account })
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.app.address
    }

    /// Its address for clients, without a slash at the end.
    pub fn url(&self) -> String {
        let scheme = if self.app.config.plain_http { "http" } else { "https" };
        format!("{scheme}://{}:{}", self.app.host, self.app.address.port())
    }

    /// SHA-256 of the certificate's SubjectPublicKeyInfo, base64url without padding.
    pub fn pin(&self) -> &str {
        &self.app.pin
    }

    /// The server's id, which receipts name.
    pub fn server_id(&self) -> &str {
        &self.app.server
    }

    /// A fresh code for one device. It works once, until the receiver stops; codes made before still work.
    /// It joins the account that [`Config::account`] names, else makes a new one.
    pub fn pairing_code(&self) -> PairingCode {
        self.app.pairing_code(self.account.clone())
    }

    /// A fresh code whose device joins the account of this contributor; `None` when there is none of that name.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn pairing_code_for(&self, contributor: &str) -> Result<Option<PairingCode>, StoreError> {
        let name = contributor.to_owned();
        let account = self.app.store.read(move |c| people::account_named(c, &name)).await?;
        Ok(account.map(|id| self.app.pairing_code(Some(id))))
    }

    /// The key with which viewers log in to the page.
    pub fn viewer_key(&self) -> &str {
        &self.app.viewer_key
    }

    /// The page's address with the viewer's key in the fragment, which browsers do not send.
    pub fn page_url(&self) -> String {
        format!("{}/#key={}", self.url(), self.app.viewer_key)
    }

    /// A row for each upload that was completed, oldest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn completed_uploads(&self) -> Result<Vec<CompletedUpload>, StoreError> {
        self.app.store.read(uploads::completed).await
    }

    /// The newest assets, at most 500, as the page shows them.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn assets(&self) -> Result<Vec<AssetView>, StoreError> {
        self.app.store.read(|c| assets::page(c, assets::Order::Arrived, None, None, 500)).await
    }

    /// The folder and name of a blob in the store, there or not.
    pub fn blob_path(&self, hash: &satchel_kernel::ids::BlobHash) -> PathBuf {
        self.app.blobs.path(hash)
    }

    /// All paired devices, oldest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn devices(&self) -> Result<Vec<DeviceRow>, StoreError> {
        self.app.store.read(people::devices).await
    }

    /// Refuses a device's token from now on. False when there is no such device.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn revoke_device(&self, device: &str) -> Result<bool, StoreError> {
        let device = device.to_owned();
        self.app.store.write(move |tx| people::revoke(tx, &device, clock::unix_now())).await
    }

    /// Deletes an asset by its row, as a viewer does; its blobs go when nothing else shows them, and a
    /// have-check answers `deleted` for them. False when there is no such asset.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn delete_asset(&self, id: i64) -> Result<bool, StoreError> {
        delete_asset(&self.app, id).await
    }

    /// Makes a new signing key, which the one in use signs; receipts are signed with it from now on.
    ///
    /// # Errors
    /// When the store cannot be written; the old key stays in use then.
    pub async fn rotate_key(&self) -> Result<SigningKey, StartError> {
        let app = self.app.clone();
        tokio::task::spawn_blocking(move || app.signer.rotate(&app.store)).await.map_err(|_| StoreError::Worker)?
    }

    /// Waits until a device was paired; used to show the next code. `None` when the receiver stops.
    pub async fn paired(&self) -> Option<()> {
        let mut news = self.app.hub.listen();
        loop {
            tokio::select! {
                () = self.app.stop.cancelled() => return None,
                event = news.recv() => match event {
                    Ok(Event::Paired) => return Some(()),
                    Err(tokio::sync::broadcast::error::RecvError::Closed) => return None,
                    _ => {}
                },
            }
        }
    }

    /// Stops: no new connections, running uploads sync what they have, and the store's files are closed.
    pub async fn shutdown(self) {
        self.app.stop.cancel();
        self.app.tasks.close();
        let closed = self.app.store.closed();
        let farewell = async {
            self.app.tasks.wait().await;
            drop(self);
            closed.cancelled().await;
        };
        if tokio::time::timeout(FAREWELL, farewell).await.is_err() {
            tracing::warn!("some connections did not end in time");
        }
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.app.stop.cancel();
        self.app.tasks.close();
    }
}

impl std::fmt::Debug for Receiver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Receiver").field("address", &self.app.address).finish_non_exhaustive()
    }
}

/// Deletes an asset on a viewer's behalf.
pub(crate) async fn delete_asset(app: &Arc<App>, id: i64) -> Result<bool, StoreError> {
    let gate = app.blob_gate.write().await;
    let orphans = app.store.write(move |tx| crate::store::assets::delete(tx, id, clock::unix_now())).await?;
    let Some(orphans) = orphans else { return Ok(false) };
    for hash in orphans {
        app.blobs.remove(&hash)?;
    }
    drop(gate);
    app.hub.send(Event::Gone(id));
    Ok(true)
}

type Opened = (App, Option<String>, Option<Arc<rustls::ServerConfig>>);

/// Everything at start that reads or writes files.
fn open(config: Config, address: SocketAddr) -> Result<Opened, StartError> {
    let dir = config.store.clone();
    let io = |source| StartError::Files { path: dir.clone(), source };
    files::private_dir(&dir).map_err(io)?;
    let lock = std::fs::File::options().create(true).truncate(false).write(true).open(dir.join("lock")).map_err(io)?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(std::fs::TryLockError::WouldBlock) => return Err(StartError::InUse(dir)),
        Err(std::fs::TryLockError::Error(e)) => return Err(io(e)),
    }
    let host = config.host.clone().unwrap_or_else(|| reachable(address.ip()));
    let identity = Identity::open(&dir, &certificate_hosts(&host))?;
    let store = Store::open(&dir, Some(lock))?;
    let blobs = Blobs::open(&dir).map_err(io)?;
    tus::recover(&store, &blobs)?;
    let server = store.write_now(|tx| {
        Ok(match people::fact(tx, "server")? {
            Some(id) => id,
            None => {
                let id = chance::id();
                people::set_fact(tx, "server", &id)?;
                id
            }
        })
    })?;
    let account = match &config.account {
        None => None,
        Some(name) => Some(
            store
                .write_now(|tx| people::account_named(tx, name))?
                .ok_or_else(|| StartError::NoSuchAccount(name.clone()))?,
        ),
    };
    let signer = Signer::open(&dir, &server, &store)?;
    let viewer_key = viewer_key(&dir)?;
    let tls = (!config.plain_http).then(|| identity.tls.clone());
    let app = App {
        server,
        store,
        blobs,
        signer,
        codes: Codes::default(),
        slots: Slots::default(),
        hub: Hub::new(),
        blob_gate: tokio::sync::RwLock::new(()),
        viewer_key,
        tasks: TaskTracker::new(),
        stop: CancellationToken::new(),
        address,
        host,
        pin: identity.pin,
        config,
    };
    Ok((app, account, tls))
}

fn viewer_key(dir: &std::path::Path) -> Result<String, StartError> {
    let path = dir.join("viewer-key");
    let io = |source| StartError::Files { path: path.clone(), source };
    if let Some(key) = files::read_if_there(&path).map_err(io)?.map(|k| k.trim().to_owned()).filter(|k| k.len() >= 32) {
        return Ok(key);
    }
    let key = chance::token();
    files::write_private(&path, key.as_bytes()).map_err(io)?;
    Ok(key)
}

/// The names in the certificate.
fn certificate_hosts(host: &str) -> Vec<String> {
    let mut hosts = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
    let plain = host.trim_matches(['[', ']']).to_owned();
    if !hosts.contains(&plain) {
        hosts.push(plain);
    }
    hosts
}

/// What others can call this machine; for an address that means "all of them", the one that leads outside.
fn reachable(ip: IpAddr) -> String {
    let ip = if ip.is_unspecified() { outward().unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST)) } else { ip };
    match ip {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    }
}

/// Asks the routing table by way of a socket; no packet is sent. The address is one for documentation (RFC 5737).
fn outward() -> Option<IpAddr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9)).ok()?;
    Some(socket.local_addr().ok()?.ip()).filter(|ip| !ip.is_unspecified())
}

async fn housekeeping(app: Arc<App>) {
    if let Err(error) = tus::settle_all(&app).await {
        tracing::error!(%error, "uploads that were whole could not be finished");
    }
    loop {
        if let Err(error) = tus::remove_due(&app).await {
            tracing::error!(%error, "old uploads could not be removed");
        }
        tokio::select! {
            () = app.stop.cancelled() => return,
            () = tokio::time::sleep(SWEEP.min(app.config.expiry.max(Duration::from_secs(1)))) => {}
        }
    }
}
