//! From a name and a port to a connection.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use satchel_kernel::ids::TargetId;
use satchel_kernel::outcome::Cut;
use tokio::time::sleep;

use super::Shared;
use super::socks::Host;
use super::state::End;

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
pub(super) async fn dial(shared: &Arc<Shared>, target: TargetId, host: &Host, port: u16) -> Result<Dialled, Cut> {
    let permit = {
        let mut state = shared.state();
        // Without one, not even the name is asked for.
        state.may_connect(target)?;
        state.mark(target).permit
    };
    let mut waiting = addresses(host, port).await?.into_iter();
    let attempt = async |address: SocketAddr| {
        let id = shared.state().connect(target, permit, address)?;
        let dialled = Dialled { shared: shared.clone(), id };
        match poll_fn(|cx| shared.state().poll_connected(id, cx)).await {
            Ok(()) => Ok(dialled),
            Err(End::Gone) => Err(Cut::Stopped),
            Err(End::Broken) => Err(Cut::NoConnection),
        }
    };
    let mut attempts = FuturesUnordered::new();
    let mut why = Cut::NoConnection;
    loop {
        let next = waiting.next();
        let last = next.is_none();
        attempts.extend(next.map(&attempt));
        tokio::select! {
            ended = attempts.next() => match ended {
                Some(Ok(dialled)) => return Ok(dialled),
                Some(Err(cut @ (Cut::Stopped | Cut::Spent))) => return Err(cut),
                Some(Err(cut)) => why = cut,
                None => return Err(why),
            },
            () = sleep(NEXT_AFTER), if !last => {}
        }
    }
}

/// What the name stands for, as the system says, one family after the other in turn (RFC 8305 §4).
async fn addresses(host: &Host, port: u16) -> Result<Vec<SocketAddr>, Cut> {
    let name = match host {
        Host::Address(ip) => return Ok(vec![SocketAddr::new(*ip, port)]),
        Host::Name(name) => name,
    };
    let found: Vec<_> = tokio::net::lookup_host((name.as_str(), port)).await.map_err(|_| Cut::NoAddress)?.collect();
    let first_is_v6 = found.first().ok_or(Cut::NoAddress)?.is_ipv6();
    let (first, second): (Vec<_>, Vec<_>) = found.into_iter().partition(|a| a.is_ipv6() == first_is_v6);
    let mut second = second.into_iter();
    let mut turns: Vec<_> = first.into_iter().flat_map(|a| [Some(a), second.next()]).flatten().collect();
    turns.extend(second);
    turns.truncate(MOST);
    Ok(turns)
}
