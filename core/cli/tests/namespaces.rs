//! Interference by the network itself: a phone and a server in network namespaces of their own, joined by a virtual cable, the
//! system's packet filter and a name server of the test in between. The phone runs the real `satchel` command, with the
//! system's own resolver; its target has two endpoints that lead to one store, and only the first is interfered with. It is
//! to be called by its right name, everything is to arrive once by the other, and the first is to carry again once it can.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by a panic")]

#[path = "namespaces/desk.rs"]
mod desk;
#[path = "namespaces/names.rs"]
mod names;
#[path = "namespaces/phone.rs"]
mod phone;
#[path = "namespaces/within.rs"]
mod within;
#[path = "namespaces/world.rs"]
mod world;

use desk::{Desk, Portal, Service as _, Tus};
use names::Answer;
use within::within;
use world::{BACKUP, NEUTRAL, OTHER, PHOTOS, World};

/// A reset once the TLS hello was sent: a record of type handshake, version 3 (RFC 8446 §5.1).
const AFTER_THE_HELLO: &str = "tcp dport 443 @ih,0,16 0x1603 reject with tcp reset";

/// A page stands where the name leads, over TLS with a certificate of its own. Without another way to the same server nobody can
/// tell the name from the certificate.
#[test]
#[ignore = "foreign: namespaces"]
fn a_name_that_leads_to_somebody_else() {
    within("a_name_that_leads_to_somebody_else", async |world: World| {
        let (desk, other) = (Desk::start(&world).await, Desk::somebody_else(&world, OTHER).await);
        let phone = desk.paired(&world).await;
        world.names.set("photos.test", Answer::Is(OTHER));
        phone.delivers_around("blocked:certificate", &desk).await;
        let record = phone.block("certificate").await;
        assert_eq!(record["address"], OTHER.to_string(), "{record}");
        assert!(record["issuer"].as_str().is_some() && record["certificate"].as_str().is_some(), "{record}");
        world.names.set("photos.test", Answer::Is(PHOTOS));
        phone.comes_back_to_the_first(&desk).await;
        assert!(other.arrived().await.is_empty());
    });
}

/// Likewise, and its true address is configured: that answers, so the name is what is wrong.
#[test]
#[ignore = "foreign: namespaces"]
fn a_name_that_leads_to_somebody_else_while_its_address_is_known() {
    within("a_name_that_leads_to_somebody_else_while_its_address_is_known", async |world: World| {
        let (desk, other) = (Desk::start(&world).await, Desk::somebody_else(&world, OTHER).await);
        let phone = desk.paired(&world).await;
        phone.knows_address(PHOTOS).await;
        world.names.set("photos.test", Answer::Is(OTHER));
        phone.delivers_around("blocked:name", &desk).await;
        phone.block("name").await;
        let by_address = phone.endpoints().await.into_iter().find(|way| way["by_address"] == true).unwrap();
        assert_eq!((&by_address["health"], &by_address["carries"]), (&"open".into(), &true.into()), "{by_address}");
        assert_eq!(world.bytes_to(BACKUP), 0, "its own address stands before the other endpoint");
        world.names.set("photos.test", Answer::Is(PHOTOS));
        phone.comes_back_to_the_first(&desk).await;
        assert!(other.arrived().await.is_empty());
    });
}

/// The name leads to a host that refuses, and its true address is configured.
#[test]
#[ignore = "foreign: namespaces"]
fn a_name_that_leads_to_a_host_that_refuses() {
    within("a_name_that_leads_to_a_host_that_refuses", async |world: World| {
        let desk = Desk::start(&world).await;
        let phone = desk.paired(&world).await;
        phone.knows_address(PHOTOS).await;
        world.names.set("photos.test", Answer::Is(OTHER));
        phone.delivers_around("blocked:name", &desk).await;
        phone.block("name").await;
        world.names.set("photos.test", Answer::Is(PHOTOS));
        phone.comes_back_to_the_first(&desk).await;
    });
}

/// What was met on one network yesterday is not called otherwise because of what another network does to the name.
#[test]
#[ignore = "foreign: namespaces"]
fn a_record_of_another_network_stays_as_it_is() {
    within("a_record_of_another_network_stays_as_it_is", async |world: World| {
        let desk = Desk::start(&world).await;
        let phone = desk.paired(&world).await;
        phone.knows_address(PHOTOS).await;
        phone.comes_to("hotel");
        world.filter(&format!("ip daddr {PHOTOS} {AFTER_THE_HELLO}"));
        phone.delivers_around("blocked:reset", &desk).await;
        phone.block("reset").await;
        world.lift();
        phone.comes_to("home");
        world.names.set("photos.test", Answer::Is(OTHER));
        phone.delivers_around("blocked:name", &desk).await;
        phone.block("name").await;
        let kinds: Vec<_> =
            phone.blocks().await.iter().map(|one| (one["network"].clone(), one["kind"].clone())).collect();
        assert_eq!(kinds, [("home".into(), "name".into()), ("hotel".into(), "reset".into())]);
    });
}

/// The name is said not to be, while a neutral address answers.
#[test]
#[ignore = "foreign: namespaces"]
fn a_name_that_is_said_not_to_be() {
    within("a_name_that_is_said_not_to_be", async |world: World| {
        let desk = Desk::start(&world).await;
        let _neutral = Portal::answering_204(NEUTRAL, 80).await;
        let phone = desk.paired(&world).await;
        phone.well(&["endpoint", "neutral", "http://neutral.test/generate_204"]).await;
        world.names.set("photos.test", Answer::None);
        phone.delivers_around("blocked:name", &desk).await;
        phone.block("name").await;
        world.names.set("photos.test", Answer::Is(PHOTOS));
        phone.comes_back_to_the_first(&desk).await;
    });
}

/// What goes to the service's port is swallowed; the host's other ports refuse as ever.
#[test]
#[ignore = "foreign: namespaces"]
fn a_port_that_is_a_black_hole() {
    within("a_port_that_is_a_black_hole", async |world: World| {
        is_named(&world, "tcp dport 443 drop", "silence").await;
    });
}

/// What the filter does to packets for the first endpoint gets its name, until it is lifted.
async fn is_named(world: &World, filter: &str, kind: &str) {
    let desk = Desk::start(world).await;
    let phone = desk.paired(world).await;
    world.filter(&format!("ip daddr {PHOTOS} {filter}"));
    phone.delivers_around(&format!("blocked:{kind}"), &desk).await;
    phone.block(kind).await;
    world.lift();
    phone.comes_back_to_the_first(&desk).await;
}

/// What goes to the host is swallowed, whichever port: it may as well be switched off.
#[test]
#[ignore = "foreign: namespaces"]
fn a_host_that_is_a_black_hole() {
    within("a_host_that_is_a_black_hole", async |world: World| {
        let desk = Desk::start(&world).await;
        let phone = desk.paired(&world).await;
        world.filter(&format!("ip daddr {PHOTOS} drop"));
        phone.delivers_around("down", &desk).await;
        assert!(phone.blocks().await.is_empty(), "nothing says that somebody is in the way");
        // Nor after it was probed.
        phone.delivers_around("down", &desk).await;
        world.lift();
        phone.comes_back_to_the_first(&desk).await;
    });
}

/// Connections are reset as soon as the TLS hello shows where they are meant to go.
#[test]
#[ignore = "foreign: namespaces"]
fn resets_after_the_hello() {
    within("resets_after_the_hello", async |world: World| {
        is_named(&world, AFTER_THE_HELLO, "reset").await;
    });
}

/// A portal that takes port 80 alone does not concern a service over https, and is no reason for an alarm.
#[test]
#[ignore = "foreign: namespaces"]
fn a_portal_on_port_80_leaves_https_alone() {
    within("a_portal_on_port_80_leaves_https_alone", async |world: World| {
        let desk = Desk::start(&world).await;
        let _portal = Portal::redirecting(OTHER, 8080).await;
        let phone = desk.paired(&world).await;
        phone.well(&["endpoint", "neutral", "http://neutral.test/generate_204"]).await;
        world.turn_port_80_to(OTHER, 8080);
        phone.delivers_around("open", &desk).await;
        assert_eq!((phone.blocks().await.len(), world.bytes_to(BACKUP)), (0, 0));
    });
}

/// A service over plain HTTP on port 80 is redirected: without a neutral address nobody knows whose redirect it is.
#[test]
#[ignore = "foreign: namespaces"]
fn a_portal_on_port_80_before_plain_http() {
    within("a_portal_on_port_80_before_plain_http", async |world: World| {
        let (tus, _portal) = (Tus::start(&[80, 1080]).await, Portal::redirecting(OTHER, 8080).await);
        let phone = tus.known(&world).await;
        world.turn_port_80_to(OTHER, 8080);
        phone.delivers_around("blocked:redirect", &tus).await;
        let record = phone.block("redirect").await;
        assert_eq!((&record["status"], &record["location"]), (&302.into(), &desk::SIGN_IN.into()), "{record}");
        world.lift();
        phone.comes_back_to_the_first(&tus).await;
    });
}

/// Likewise, and the neutral address is redirected as well: it is a portal that wants one to sign in.
#[test]
#[ignore = "foreign: namespaces"]
fn a_portal_on_port_80_before_the_neutral_address_too() {
    within("a_portal_on_port_80_before_the_neutral_address_too", async |world: World| {
        let (tus, _portal) = (Tus::start(&[80, 1080]).await, Portal::redirecting(OTHER, 8080).await);
        let phone = tus.known(&world).await;
        phone.well(&["endpoint", "neutral", "http://neutral.test/generate_204"]).await;
        world.turn_port_80_to(OTHER, 8080);
        phone.delivers_around("captive", &tus).await;
        phone.block("captive").await;
        world.lift();
        phone.comes_back_to_the_first(&tus).await;
    });
}
