//! The one place that knows how an outbox is asked what it calls an endpoint, and is told of addresses and neutral ones.

use std::net::IpAddr;

use satchel::endpoints::Endpoints;
use satchel::{Outbox, TargetId, Trouble};

/// Whether addresses and a neutral one can be configured: where not, cases that need them are left out.
pub(super) const ADDRESSES: bool = true;

/// What the endpoint, by its name, is called.
pub(super) async fn name(outbox: &Outbox, target: TargetId) -> Option<String> {
    let ways = outbox.endpoints(target).await.unwrap();
    let first = ways.first()?;
    Some(match first.trouble {
        Some(Trouble::NoLink) => "no_link".into(),
        Some(Trouble::WrongClock) => "wrong_clock".into(),
        _ => first.health.name().into(),
    })
}

/// Configures the endpoint's true address beside its name.
pub(super) async fn set_address(outbox: &Outbox, target: TargetId, address: IpAddr) {
    outbox.set_endpoints(target, Endpoints { addresses: vec![address], ..Endpoints::default() }).await.unwrap();
}

/// Configures a neutral address.
pub(super) async fn set_neutral(outbox: &Outbox, url: &str) {
    outbox.set_neutral(Some(url.parse().unwrap())).await.unwrap();
}
