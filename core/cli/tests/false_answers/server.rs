//! Who is lied about: a bare tus server, or a paired receiver behind a gateway that has its key.

use std::path::Path;

use satchel_receiver::{Config, Receiver};
use satchel_testkit::certificate::SelfSigned;
use satchel_testkit::liar::{FalseAnswer, Lie, LyingGateway, LyingTus, Point, When};
use tempfile::TempDir;

use crate::foreign::outbox::Outbox;

/// The credential of the bare server.
pub(crate) const TOKEN: &str = "a-token-that-nobody-else-may-see";

/// Where a lie is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    Have,
    Post,
    Creation,
    /// When bytes are sent to an upload that has a name.
    Patch,
    /// When the offset of an upload that was cut is asked for.
    Head,
}

impl Moment {
    pub(crate) const ALL: [Self; 5] = [Self::Have, Self::Post, Self::Creation, Self::Patch, Self::Head];

    fn of_tus(self) -> Point {
        match self {
            Self::Have | Self::Post => unreachable!("a bare server has neither"),
            Self::Creation => Point::Create,
            Self::Patch => Point::Patch,
            Self::Head => Point::Head,
        }
    }

    /// Its requests at a receiver: method and path.
    fn at_receiver(self) -> (Option<&'static str>, &'static str) {
        match self {
            Self::Have => (Some("POST"), "/v1/have"),
            Self::Post => (Some("PUT"), "/v1/posts/"),
            Self::Creation => (Some("POST"), "/files"),
            Self::Patch => (Some("PATCH"), "/files/"),
            Self::Head => (Some("HEAD"), "/files/"),
        }
    }
}

/// See the module.
pub(crate) enum Server {
    Tus(LyingTus),
    Receiver { receiver: Box<Receiver>, gateway: LyingGateway, _store: TempDir },
}

impl Server {
    pub(crate) async fn tus() -> Self {
        let tus = LyingTus::start().await.unwrap();
        tus.require_token(TOKEN);
        Self::Tus(tus)
    }

    #[cfg(target_os = "linux")]
    pub(crate) async fn tus_over_tls() -> Self {
        let tus = LyingTus::start_tls().await.unwrap();
        tus.require_token(TOKEN);
        Self::Tus(tus)
    }

    pub(crate) async fn receiver() -> Self {
        let store = tempfile::tempdir().unwrap();
        let receiver = Receiver::start(Config::new("127.0.0.1:0".parse().unwrap(), store.path())).await.unwrap();
        let own = SelfSigned::of_receiver(store.path()).unwrap();
        let gateway = LyingGateway::start(receiver.addr(), own).await.unwrap();
        Self::Receiver { receiver: Box::new(receiver), gateway, _store: store }
    }

    /// Introduces an outbox. Says what `--to` is to be.
    pub(crate) fn introduce(&self, outbox: &Outbox) -> String {
        match self {
            Self::Tus(tus) => format!("tus+{}", tus.url()),
            Self::Receiver { receiver, gateway, .. } => {
                let mut code = receiver.pairing_code();
                code.port = gateway.addr().port();
                outbox.pair(&code.to_string());
                format!("https://{}/", gateway.addr())
            }
        }
    }

    /// Writes down whom the command is to trust, where its system would not.
    pub(crate) fn trusted(&self, folder: &Path) -> Option<std::path::PathBuf> {
        let Self::Tus(tus) = self else { return None };
        let file = folder.join("trusted.pem");
        std::fs::write(&file, tus.certificate()?.pem()).unwrap();
        Some(file)
    }

    /// Gets so far that the moment comes with the next sync: an upload is begun and cut.
    pub(crate) fn cut_before(&self, moment: Moment) -> bool {
        match (self, moment) {
            (Self::Tus(tus), Moment::Head) => {
                tus.lie(When::next(Point::Patch), Lie::False(FalseAnswer::ResetEarly));
                tus.lie(Point::Head, Lie::False(FalseAnswer::Close));
            }
            (Self::Receiver { gateway, .. }, Moment::Patch | Moment::Head) => {
                gateway.cut_next(Some("POST"), "/files", 10_000);
                if moment == Moment::Head {
                    gateway.cut_next(Some("PATCH"), "/files/", 10_000);
                    gateway.tell(Some("HEAD"), "/files/", FalseAnswer::Close);
                } else {
                    gateway.tell(Some("POST"), "/files", FalseAnswer::Close);
                }
            }
            _ => return false,
        }
        true
    }

    /// Gives a false answer at each such moment from now on.
    pub(crate) fn tell(&self, moment: Moment, answer: FalseAnswer) {
        match self {
            Self::Tus(tus) => tus.lie(moment.of_tus(), Lie::False(answer)),
            Self::Receiver { gateway, .. } => {
                let (method, path) = moment.at_receiver();
                gateway.tell(method, path, answer);
            }
        }
    }

    pub(crate) fn honest(&self) {
        match self {
            Self::Tus(tus) => tus.honest(),
            Self::Receiver { gateway, .. } => gateway.honest(),
        }
    }

    /// How many lies were told.
    pub(crate) fn told(&self) -> u64 {
        match self {
            Self::Tus(tus) => tus.lies_told(),
            Self::Receiver { gateway, .. } => gateway.lies_told(),
        }
    }

    pub(crate) fn connections(&self) -> u64 {
        match self {
            Self::Tus(tus) => tus.connections(),
            Self::Receiver { gateway, .. } => gateway.connections(),
        }
    }

    /// How many requests were read.
    pub(crate) fn heard(&self) -> usize {
        match self {
            Self::Tus(tus) => tus.seen().len(),
            Self::Receiver { gateway, .. } => gateway.seen().len(),
        }
    }

    /// How often somebody came to where redirects and foreign locations lead.
    pub(crate) fn led_astray(&self) -> u64 {
        match self {
            Self::Tus(tus) => tus.decoy().connections(),
            Self::Receiver { gateway, .. } => gateway.decoy().connections(),
        }
    }

    /// The hash of every completed upload; one that was completed twice is there twice.
    pub(crate) async fn completed(&self) -> Vec<String> {
        match self {
            Self::Tus(tus) => tus.completed().into_iter().map(|done| done.hash).collect(),
            Self::Receiver { receiver, .. } => {
                let uploads = receiver.completed_uploads().await.unwrap();
                uploads.into_iter().map(|upload| upload.hash.to_string()).collect()
            }
        }
    }

    /// How many posts it took for new; `None` where it takes none by themselves.
    pub(crate) fn posts(&self) -> Option<usize> {
        let Self::Receiver { gateway, .. } = self else { return None };
        let answered = gateway.forwarded();
        Some(answered.iter().filter(|f| f.path.starts_with("/v1/posts/") && f.status == 201).count())
    }
}
