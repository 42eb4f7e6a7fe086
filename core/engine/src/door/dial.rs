//! From a name and a port to a connection.

use std::future::poll_fn;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use satchel_kernel::health::How;
use satchel_kernel::ids::TargetId;
use satchel_kernel::outcome::Cut;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::met::{Attempt, Whither, more_telling};
use super::socks::Host;
use super::state::Unmade;
use super::{Shared, names};

/// A second address is tried beside the first when that was silent so long. RFC 8305 §5 says 250 ms; on a link with 600 ms for
/// a round trip that would pay for a second connection each time.
const NEXT_AFTER: Duration = Duration::from_millis(1500);
/// Addresses of one name that are tried at most.
const MOST: usize = 8;

/// A connection to the outside. It is reset when this is dropped.
pub(super) struct Dialled {
    pub(super) shared: Arc<Shared>,
    pub(super) id: u64,
}

impl Drop for Dialled {
    fn drop(&mut self) {
        self.shared.state().reset(self.id);
    }
}

/// Connects to the first address that answers. Takes as long as the systems between take: whoever asked has a limit.
pub(super) async fn dial(shared: &Arc<Shared>, whither: &Whither, host: &Host) -> Result<Dialled, Cut> {
    let permit = may(shared, whither.target)?;
    attempt(shared, &Attempt::begin(shared, whither.clone()), whither, permit, host).await
}

/// Connects, and takes the connection away.
pub(super) async fn knock(
    shared: &Arc<Shared>,
    whither: &Whither,
    patience: Duration,
    stop: &CancellationToken,
) -> How {
    let Ok(permit) = may(shared, whither.target) else { return How::Unknown };
    if let Some(stands) = shared.pretending.stands() {
        return stands.met().how;
    }
    let (trying, host) = (Attempt::begin(shared, whither.clone()), Host::of(&whither.host));
    tokio::select! {
        biased;
        () = stop.cancelled() => How::Unknown,
        made = attempt(shared, &trying, whither, permit, &host) => match made {
            Err(Cut::Stopped | Cut::Spent) => How::Unknown,
            _ => trying.how(),
        },
        () = sleep(patience) => trying.how(),
    }
}

/// The permit that a connection is made with, if it may be made: without one, not even the name is asked for.
fn may(shared: &Shared, target: TargetId) -> Result<u64, Cut> {
    let mut state = shared.state();
    state.may_connect(target)?;
    Ok(state.mark(target).permit)
}

async fn attempt(
    shared: &Arc<Shared>,
    trying: &Attempt,
    whither: &Whither,
    permit: u64,
    host: &Host,
) -> Result<Dialled, Cut> {
    if let Some(latency) = shared.pretending.latency() {
        sleep(latency).await;
    }
    let found = addresses(shared, whither, host).await?;
    trying.knows(found.iter().map(SocketAddr::ip).collect());
    let mut waiting = in_turn(found).into_iter();
    let one = async |address: SocketAddr| {
        let id = shared.state().connect(whither, permit, address)?;
        let dialled = Dialled { shared: shared.clone(), id };
        poll_fn(|cx| shared.state().poll_connected(id, cx)).await?;
        Ok((dialled, address.ip()))
    };
    let mut attempts = FuturesUnordered::new();
    let mut met = How::Unknown;
    loop {
        let next = waiting.next();
        let last = next.is_none();
        attempts.extend(next.map(&one));
        tokio::select! {
            ended = attempts.next() => match ended {
                Some(Ok((dialled, address))) => {
                    trying.connected(address);
                    return Ok(dialled);
                }
                Some(Err(Unmade::Not(cut @ (Cut::Stopped | Cut::Spent)))) => return Err(cut),
                Some(Err(Unmade::Not(_))) => {}
                Some(Err(Unmade::Met(how))) => met = more_telling(met, how),
                None => {
                    trying.ended(met);
                    return Err(Cut::NoConnection);
                }
            },
            () = sleep(NEXT_AFTER), if !last => {}
        }
    }
}

/// The route's own addresses, or what the name stands for, as the system says.
async fn addresses(shared: &Shared, whither: &Whither, host: &Host) -> Result<Vec<SocketAddr>, Cut> {
    let (own, bound) = {
        let state = shared.state();
        (state.addresses(whither.route), state.bound())
    };
    let port = whither.port;
    let with_port = |ip: IpAddr| SocketAddr::new(ip, port);
    match (own, host) {
        (Some(own), _) => Ok(own.into_iter().map(with_port).collect()),
        (None, Host::Address(ip)) => Ok(vec![with_port(*ip)]),
        (None, Host::Name(name)) => {
            let found = names::lookup(name, port, bound).await.map_err(|_| Cut::NoAddress)?;
            if found.is_empty() { Err(Cut::NoAddress) } else { Ok(found) }
        }
    }
}

/// One family after the other in turn (RFC 8305 §4), and no more than are tried.
fn in_turn(found: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let first_is_v6 = found.first().is_some_and(SocketAddr::is_ipv6);
    let (first, second): (Vec<_>, Vec<_>) = found.into_iter().partition(|a| a.is_ipv6() == first_is_v6);
    let mut second = second.into_iter();
    let mut turns: Vec<_> = first.into_iter().flat_map(|a| [Some(a), second.next()]).flatten().collect();
    turns.extend(second);
    turns.truncate(MOST);
    turns
}
