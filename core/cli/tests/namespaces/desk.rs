//! Who answers at the addresses: the service, of one kind or another, and those who stand in its place.

use std::net::{Ipv4Addr, SocketAddr};

use satchel_receiver::{Config, Receiver};
use satchel_testkit::liar::{Answer, Liar, LyingTus, Reply, Rule};
use satchel_testkit::link::Simulator;

use crate::phone::Phone;
use crate::world::{BACKUP, PHOTOS, World};

/// Where the portal sends everybody.
pub(crate) const SIGN_IN: &str = "http://portal.test/sign-in";

/// What the phone sends to.
pub(crate) trait Service {
    /// BLAKE3 of each file that it has whole, once for each time that it came.
    async fn arrived(&self) -> Vec<String>;
}

/// A receiver, over https.
pub(crate) struct Desk {
    receiver: Receiver,
    _doors: Vec<Simulator>,
}

impl Desk {
    /// The service, at port 443 of its two addresses.
    pub(crate) async fn start(world: &World) -> Self {
        Self::at(world, &[PHOTOS, BACKUP]).await
    }

    /// Another receiver: it shows its own page, with its own certificate.
    pub(crate) async fn somebody_else(world: &World, address: Ipv4Addr) -> Self {
        Self::at(world, &[address]).await
    }

    async fn at(world: &World, addresses: &[Ipv4Addr]) -> Self {
        let store = world.home.path().join(format!("desk-{}", addresses[0]));
        let mut config = Config::new(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), store);
        config.host = Some("photos.test".into());
        let receiver = Receiver::start(config).await.unwrap();
        let doors = addresses.iter().map(|address| door(*address, 443, receiver.addr())).collect();
        Self { receiver, _doors: doors }
    }

    /// A phone that is paired with it, and knows its other name.
    pub(crate) async fn paired<'a>(&self, world: &'a World) -> Phone<'a> {
        let mut code = self.receiver.pairing_code();
        code.port = 443;
        let phone = Phone::new(world, "https://photos.test/", &[]);
        phone.well(&["pair", &code.to_string()]).await;
        phone.has_another_way("https://backup.test/").await;
        phone
    }
}

impl Service for Desk {
    async fn arrived(&self) -> Vec<String> {
        self.receiver.completed_uploads().await.unwrap().into_iter().map(|upload| upload.hash.to_string()).collect()
    }
}

/// A tus server over plain HTTP, which anybody may send to.
pub(crate) struct Tus {
    server: LyingTus,
    _doors: Vec<Simulator>,
}

impl Tus {
    /// At these ports of the service's address.
    pub(crate) async fn start(ports: &[u16]) -> Self {
        let server = LyingTus::start().await.unwrap();
        let doors = ports.iter().map(|port| door(PHOTOS, *port, server.addr())).collect();
        Self { server, _doors: doors }
    }

    /// A phone that has sent to it, and knows its other port.
    pub(crate) async fn known<'a>(&self, world: &'a World) -> Phone<'a> {
        let phone = Phone::new(world, "http://photos.test/files/", &["--to", "tus+http://photos.test/files/"]);
        phone.sends(self).await;
        phone.has_another_way("http://photos.test:1080/files/").await;
        phone
    }
}

impl Service for Tus {
    async fn arrived(&self) -> Vec<String> {
        self.server.completed().into_iter().map(|file| file.hash).collect()
    }
}

/// Who answers everybody the same, over plain HTTP.
pub(crate) struct Portal {
    _everybody: Liar,
    _door: Simulator,
}

impl Portal {
    /// Sends everybody to its page.
    pub(crate) async fn redirecting(address: Ipv4Addr, port: u16) -> Self {
        let page = Reply::html(302, "<title>Welcome</title><p>Please sign in.").header("Location", SIGN_IN);
        Self::saying(page, address, port).await
    }

    /// What a neutral address says.
    pub(crate) async fn answering_204(address: Ipv4Addr, port: u16) -> Self {
        Self::saying(Reply::status(204), address, port).await
    }

    async fn saying(reply: Reply, address: Ipv4Addr, port: u16) -> Self {
        let everybody = Liar::start(vec![Rule::always(Answer::Reply(reply))]).await.unwrap();
        let door = door(address, port, everybody.addr());
        Self { _everybody: everybody, _door: door }
    }
}

/// Servers of the testkit listen on the loopback; this lets the network in.
fn door(address: Ipv4Addr, port: u16, to: SocketAddr) -> Simulator {
    Simulator::start((address, port).into(), to, 1).unwrap()
}
