//! The port on loopback where the HTTP library comes in.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use socket2::SockRef;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::met::Whither;
use super::{Shared, dial, relay, socks};

/// How long whoever comes may take to say who it is and where it wants to go. It is our own process: milliseconds are enough.
const PATIENCE: Duration = Duration::from_secs(10);
/// Room for all that the library holds of a body at a time, and more, in bytes: then its going shows at once, and does not wait
/// in line behind what it wrote.
const WAITING: usize = 256 * 1024;
/// How many may be at saying so side by side. Others on this device can knock at the port, and must not fill our table of files.
const KNOCKING: usize = 64;

/// The port, and the task that listens there.
pub(super) struct Listening {
    socket: TcpListener,
    address: SocketAddr,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Drop for Listening {
    fn drop(&mut self) {
        if let Some(task) = self.task.get_mut().unwrap_or_else(PoisonError::into_inner) {
            task.abort();
        }
    }
}

impl Listening {
    /// Takes a port; nobody is let in yet.
    pub(super) fn bind() -> io::Result<Self> {
        let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        // Whoever is accepted has it from here.
        SockRef::from(&socket).set_recv_buffer_size(WAITING)?;
        socket.set_nonblocking(true)?;
        Ok(Self { address: socket.local_addr()?, socket, task: Mutex::default() })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Listens on the runtime that this is called in, unless somebody does.
    pub(super) fn run(&self, shared: &Arc<Shared>) -> io::Result<()> {
        let mut task = self.task.lock().unwrap_or_else(PoisonError::into_inner);
        if task.as_ref().is_some_and(|task| !task.is_finished()) {
            return Ok(());
        }
        let listener = tokio::net::TcpListener::from_std(self.socket.try_clone()?)?;
        let shared = Arc::downgrade(shared);
        *task = Some(tokio::spawn(accept(listener, shared)));
        Ok(())
    }
}

async fn accept(listener: tokio::net::TcpListener, shared: Weak<Shared>) {
    let knocking = Arc::new(Semaphore::new(KNOCKING));
    loop {
        match listener.accept().await {
            Ok((local, _)) => {
                let Some(shared) = shared.upgrade() else { return };
                // One too many is dropped.
                let Ok(place) = knocking.clone().try_acquire_owned() else { continue };
                tokio::spawn(async move {
                    let come = timeout(PATIENCE, come_in(&shared, local)).await;
                    drop(place);
                    if let Ok(Some(caller)) = come {
                        serve(shared, caller).await;
                    }
                });
            }
            // The process has no file left to open; some are closed in a moment.
            Err(_) => sleep(Duration::from_millis(100)).await,
        }
    }
}

async fn come_in(shared: &Shared, local: TcpStream) -> Option<socks::Caller> {
    local.set_nodelay(true).ok()?;
    socks::receive(local, &shared.secret).await
}

async fn serve(shared: Arc<Shared>, caller: socks::Caller) {
    let socks::Caller { mut local, target, route, host, port } = caller;
    let whither = Whither::new(target, route, &host.to_string(), port);
    let permit = shared.state().mark(target).permit;
    let mut nothing = [0];
    if let Some(stands) = shared.pretending.stands() {
        let may = shared.state().may_connect(target);
        if let Err(cut) = may {
            socks::refuse(&mut local, cut).await;
            return;
        }
        shared.state().memory.remember(whither, stands.met());
        return shared.pretending.stand_in(local, stands).await;
    }
    let connected = tokio::select! {
        connected = dial::dial(&shared, &whither, &host) => connected,
        // Nothing is said before our answer comes: it is gone, or it is none of ours.
        _ = local.peek(&mut nothing) => return,
    };
    match connected {
        Ok(connection) => {
            if socks::grant(&mut local).await.is_ok() {
                relay::run(connection, local).await;
            }
        }
        Err(cut) => {
            shared.state().not_connected(whither, permit, cut);
            socks::refuse(&mut local, cut).await;
        }
    }
}
