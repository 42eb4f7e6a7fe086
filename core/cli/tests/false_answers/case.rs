//! One outbox with one photo, one server that is lied about, and what the command says to it.

use std::path::PathBuf;
use std::process::Output;

use satchel_testkit::liar::{FalseAnswer, Lie, Point};
use serde_json::Value;
use tempfile::TempDir;
use tokio::task::block_in_place;

use crate::foreign::outbox::{Outbox, Photo, photo};
use crate::server::{Moment, Server, TOKEN};

/// The exit codes of `sync`.
pub(crate) const DONE: i32 = 0;
pub(crate) const WAITS: i32 = 3;
pub(crate) const PARKED: i32 = 4;

/// Seconds that a sync is given to meet the lie: a moment, or more where the machine is busy.
const DEADLINES: [u32; 3] = [1, 5, 25];

struct Case {
    what: String,
    _home: TempDir,
    server: Server,
    outbox: Outbox,
    photo: Photo,
    to: String,
    trusted: Option<PathBuf>,
}

/// How a sync ended.
struct Ended {
    code: i32,
    /// Its last line.
    end: Value,
    /// All that it said.
    told: String,
}

impl Case {
    async fn new(what: String, server: Server) -> Self {
        let home = tempfile::tempdir().unwrap();
        let outbox = Outbox(home.path().join("outbox"));
        let photo = photo(home.path(), "IMG_0001.JPG", 40_000, "one");
        let (to, trusted) = block_in_place(|| {
            outbox.add(&["--caption", "the bridge"], &[&photo.path]);
            (server.introduce(&outbox), server.trusted(home.path()))
        });
        Self { what, _home: home, server, outbox, photo, to, trusted }
    }

    /// `satchel sync`, whatever comes of it.
    async fn sync(&self, deadline_s: u32) -> Ended {
        let mut command = self.outbox.sync(&self.to, deadline_s);
        match &self.server {
            Server::Tus(_) => command.env("SATCHEL_TOKEN", TOKEN),
            Server::Receiver { .. } => command.env_remove("SATCHEL_TOKEN"),
        };
        if let Some(file) = &self.trusted {
            command.env("SSL_CERT_FILE", file).env_remove("SSL_CERT_DIR");
        }
        let Output { status, stdout, stderr } = tokio::process::Command::from(command).output().await.unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let told = format!("{status}\n{}{}", text(&stdout), text(&stderr));
        let last = text(&stdout).lines().last().map(str::to_owned).unwrap_or_default();
        let end = serde_json::from_str(&last).unwrap_or_else(|e| panic!("{}: {e}: {told}", self.what));
        Ended { code: status.code().unwrap_or_else(|| panic!("{}: {told}", self.what)), end, told }
    }

    /// The one asset, as `satchel status` has it.
    fn asset(&self) -> Value {
        let mut status = block_in_place(|| self.outbox.status());
        assert_eq!(status.len(), 1, "{}: {status:#?}", self.what);
        status.remove(0)
    }

    /// Syncs until the lie was met. What is said never goes beyond what is there.
    async fn suffer(&self, met: impl Fn() -> bool, codes: &[i32]) {
        let what = &self.what;
        for deadline_s in DEADLINES {
            let ended = self.sync(deadline_s).await;
            let (asset, there) = (self.asset(), self.server.completed().await.len());
            assert!(codes.contains(&ended.code), "{what}: {}", ended.told);
            assert_eq!(ended.end["exit"], ended.code, "{what}: {}", ended.told);
            assert!(ended.code != DONE || there == 1, "{what}: said to be done: {}", ended.told);
            assert!(asset["state"] != "delivered" || there == 1, "{what}: said to be delivered: {asset:#}");
            assert_eq!(asset["state"] == "parked", ended.code == PARKED, "{what}: {asset:#}\n{}", ended.told);
            assert!(ended.code == DONE || asset["words"].is_string() || asset["state"] == "delivered", "{asset:#}");
            self.unharmed();
            if met() {
                return;
            }
        }
        panic!("{what}: it was never told");
    }

    fn unharmed(&self) {
        assert_eq!(self.server.led_astray(), 0, "{}: somebody else was called", self.what);
        let bytes = std::fs::read(&self.photo.path).unwrap();
        assert_eq!(blake3::hash(&bytes).to_hex().as_str(), self.photo.hash, "{}: the original was touched", self.what);
    }

    /// The server itself is reached again: it gets the photo once, and the command says so.
    async fn ends_well(&self) {
        let what = &self.what;
        self.server.honest();
        let mut ended = self.sync(60).await;
        for _ in 0..4 {
            match ended.code {
                WAITS => {}
                PARKED => block_in_place(|| self.outbox.retry_all()),
                _ => break,
            }
            ended = self.sync(60).await;
        }
        assert_eq!(ended.code, DONE, "{what}: {}", ended.told);
        assert_eq!(self.server.completed().await, std::slice::from_ref(&self.photo.hash), "{what}: completed not once");
        let asset = self.asset();
        assert_eq!(asset["state"], "delivered", "{what}: {asset:#}");
        let receiver = matches!(self.server, Server::Receiver { .. });
        assert_eq!(asset["proof"] == "receipt", receiver, "{what}: {asset:#}");
        assert!(self.server.posts().is_none_or(|posts| posts == 1), "{what}: {:?} posts", self.server.posts());
        self.unharmed();
    }
}

/// A false answer at one moment; then the server.
pub(crate) async fn told(server: impl Future<Output = Server>, moment: Moment, answer: FalseAnswer) {
    let server = server.await;
    let tls = matches!(&server, Server::Tus(tus) if tus.certificate().is_some());
    let whose = match &server {
        Server::Tus(_) if tls => "in a tus server's place, over TLS",
        Server::Tus(_) => "in a tus server's place",
        Server::Receiver { .. } => "in a receiver's place",
    };
    let case = Case::new(format!("{answer} at {moment:?} {whose}"), server).await;
    let server = &case.server;
    if server.cut_before(moment) {
        let before = server.told();
        case.suffer(|| server.told() > before, &[WAITS]).await;
        server.honest();
    }
    let (before, connections, heard) = (server.told(), server.connections(), server.heard());
    server.tell(moment, answer);
    // Another certificate is shown before anything can be asked.
    let met = || match answer {
        FalseAnswer::SelfSigned => server.connections() > connections,
        _ => server.told() > before,
    };
    case.suffer(met, &[WAITS]).await;
    let unheard = answer != FalseAnswer::SelfSigned || server.heard() == heard;
    assert!(unheard, "{}: a stranger heard something", case.what);
    case.ends_well().await;
}

/// The server's own lie, for as long as a sync takes; which may end with these codes.
pub(crate) async fn lied(point: Point, lie: Lie, codes: &[i32]) {
    let case = Case::new(format!("{lie:?} at {point:?}"), Server::tus().await).await;
    let Server::Tus(tus) = &case.server else { unreachable!("it is one") };
    if point == Point::Head && case.server.cut_before(Moment::Head) {
        case.suffer(|| tus.lies_told() > 0, &[WAITS]).await;
        tus.honest();
    }
    let before = tus.lies_told();
    tus.lie(point, lie);
    case.suffer(|| tus.lies_told() > before, codes).await;
    case.ends_well().await;
}

/// Does the cases side by side, as many as do not starve each other; then tells of all that failed.
pub(crate) async fn side_by_side<F>(cases: impl IntoIterator<Item = F>)
where
    F: Future<Output = ()> + Send + 'static,
{
    let (mut running, mut failed) = (tokio::task::JoinSet::new(), Vec::new());
    let mut cases = cases.into_iter();
    loop {
        while running.len() < 6
            && let Some(case) = cases.next()
        {
            running.spawn(case);
        }
        match running.join_next().await {
            None => break,
            Some(Ok(())) => {}
            Some(Err(error)) => failed.push(error.to_string()),
        }
    }
    assert!(failed.is_empty(), "{} failed:\n{}", failed.len(), failed.join("\n"));
}
