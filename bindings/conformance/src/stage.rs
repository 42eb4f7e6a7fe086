//! What a scenario needs of the world, driven by HTTP: `POST /` with one step as JSON, answered with what came of it.
//!
//! | `world` | does | answers |
//! | --- | --- | --- |
//! | `photo` | writes `photos/NAME` of so many `bytes`, different for each `seed` | `path`, `hash` |
//! | `picture` | writes `photos/NAME`, a JPEG that decodes, different for each `seed`; `tagged`, it says which camera made it | `path`, `hash` |
//! | `previews` | counts what the receiver has that nobody uploaded | `count`, `small` |
//! | `shown` | tells the posts that the receiver shows | their `count`, and the `originals` that are there, by role and name |
//! | `delete` | deletes `photos/NAME` | |
//! | `receiver` | starts a receiver behind a link, once | `code`, `url` |
//! | `plain` | the receiver goes on without TLS at the same address, for a system that trusts no certificate of its own; with it again when `on` is false | |
//! | `tus` | starts a bare tus server behind a link, once | `url` |
//! | `mirror` | starts a second link before the receiver or the tus server, once | `url`, the receiver's `pin` |
//! | `link` | changes the links by a typed `line` (`satchel link`, then `help`): all of them, or the one `at` `first` or `mirror` | |
//! | `lie` | the tus server lies at a `point` (`create`, `head`, `patch`, `any`): `page` with a `status`, `lose_answer`, `forget`, `status` with a `status` | |
//! | `honest` | the tus server lies no more | |
//! | `completed` | counts uploads of `photos/NAME` that were completed, at the receiver or the tus server | `count`, `whole` |

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use satchel_receiver::Receiver;
use satchel_testkit::liar::{FalseAnswer, Lie, LyingTus, Point};
use satchel_testkit::link::{Command, Conditions, Simulator};
use serde_json::{Value, json};
use tokio::sync::Mutex;

/// A running stage; it stops when it is dropped.
pub struct Stage {
    address: SocketAddr,
    server: tokio::task::JoinHandle<()>,
}

struct World {
    folder: PathBuf,
    receiver: Option<(Receiver, Simulator)>,
    tus: Option<(LyingTus, Simulator)>,
    mirror: Option<Simulator>,
}

type Reply = Result<Value, String>;

impl Stage {
    /// Starts one for a scenario that plays in `folder`, on a free port of the loopback.
    ///
    /// # Errors
    /// Where the folder or the port cannot be had.
    pub async fn start(folder: PathBuf) -> io::Result<Self> {
        tokio::fs::create_dir_all(folder.join("photos")).await?;
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let world = Arc::new(Mutex::new(World { folder, receiver: None, tus: None, mirror: None }));
        let router = axum::Router::new().route("/", post(step)).with_state(world);
        let server = tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { address, server })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn step(State(world): State<Arc<Mutex<World>>>, Json(step): Json<Value>) -> (StatusCode, Json<Value>) {
    match world.lock().await.play(&step).await {
        Ok(reply) => (StatusCode::OK, Json(reply)),
        Err(why) => (StatusCode::BAD_REQUEST, Json(json!({ "error": why }))),
    }
}

impl World {
    async fn play(&mut self, step: &Value) -> Reply {
        match text(step, "world")? {
            "photo" => self.photo(step),
            "picture" => self.picture(step),
            "previews" => self.previews(),
            "shown" => self.shown().await,
            "delete" => {
                std::fs::remove_file(self.path(text(step, "name")?)).map_err(|e| e.to_string())?;
                Ok(json!({}))
            }
            "receiver" => self.receiver().await,
            "plain" => self.plain(step["on"].as_bool().unwrap_or(true)).await,
            "tus" => self.tus().await,
            "mirror" => self.mirror(),
            "link" => {
                let command = Command::parse(text(step, "line")?).map_err(|e| e.to_string())?;
                let at = step["at"].as_str();
                self.links(at).for_each(|link| link.obey(&command));
                Ok(json!({}))
            }
            "lie" => {
                let (point, lie) = lie(step)?;
                self.liar()?.lie(point, lie);
                Ok(json!({}))
            }
            "honest" => {
                self.liar()?.honest();
                Ok(json!({}))
            }
            "completed" => self.completed(step).await,
            other => Err(format!("the stage knows no step \"{other}\"")),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join("photos").join(Path::new(name).file_name().unwrap_or_default())
    }

    fn photo(&self, step: &Value) -> Reply {
        let length = usize::try_from(number(step, "bytes")?).map_err(|e| e.to_string())?;
        let name = text(step, "name")?;
        let begins: &[u8] = if name.ends_with(".mp4") { b"\0\0\0\x18ftypmp42" } else { &[0xFF, 0xD8, 0xFF, 0xE0] };
        let mut bytes = begins.to_vec();
        let mut hasher = satchel_testkit::Chance::new(number(step, "seed")?);
        while bytes.len() < length {
            bytes.extend_from_slice(&hasher.bits().to_le_bytes());
        }
        bytes.truncate(length);
        let path = self.path(name);
        std::fs::write(&path, &bytes).map_err(|e| e.to_string())?;
        Ok(json!({ "path": path, "hash": satchel::BlobHash::of(&bytes) }))
    }

    /// A photo that is one: what `photo` makes only begins like one.
    fn picture(&self, step: &Value) -> Reply {
        let path = self.path(text(step, "name")?);
        let mut made = satchel_testkit::samples::picture(&path, number(step, "seed")?).map_err(|e| e.to_string())?;
        if step["tagged"] == true {
            made.splice(2..2, EXIF.iter().copied());
            std::fs::write(&path, &made).map_err(|e| e.to_string())?;
        }
        Ok(json!({ "path": path, "hash": satchel::BlobHash::of(&made) }))
    }

    /// How many blobs the receiver has that nobody uploaded: previews that came with their posts.
    fn previews(&self) -> Reply {
        let (mut count, mut small) = (0, true);
        for shelf in std::fs::read_dir(self.folder.join("store/blobs")).map_err(|e| e.to_string())?.flatten() {
            for blob in std::fs::read_dir(shelf.path()).map_err(|e| e.to_string())?.flatten() {
                let bytes = std::fs::read(blob.path()).map_err(|e| e.to_string())?;
                let photos = std::fs::read_dir(self.folder.join("photos")).map_err(|e| e.to_string())?.flatten();
                if !photos.into_iter().any(|photo| std::fs::read(photo.path()).is_ok_and(|photo| photo == bytes)) {
                    count += 1;
                    small &= bytes.starts_with(&[0xFF, 0xD8, 0xFF]) && bytes.len() <= 24 << 10;
                }
            }
        }
        Ok(json!({ "count": count, "small": small }))
    }

    async fn shown(&self) -> Reply {
        let Some((receiver, _)) = &self.receiver else { return Err("there is no receiver".into()) };
        let posts = receiver.assets().await.map_err(|e| e.to_string())?;
        let there = posts.iter().flat_map(|post| &post.parts).filter(|part| part.rendition == "original" && part.here);
        let mut originals: Vec<_> = there.map(|part| format!("{} {}", part.role, part.name)).collect();
        originals.sort();
        Ok(json!({ "count": posts.len(), "originals": originals }))
    }

    async fn receiver(&mut self) -> Reply {
        if self.receiver.is_none() {
            let config = satchel_receiver::Config::new(loopback(), self.folder.join("store"));
            let receiver = Receiver::start(config).await.map_err(|e| e.to_string())?;
            let link = Simulator::start(loopback(), receiver.addr(), 1).map_err(|e| e.to_string())?;
            self.receiver = Some((receiver, link));
        }
        let Some((receiver, link)) = &self.receiver else { return Err("there is no receiver".into()) };
        let mut code = receiver.pairing_code();
        code.port = link.addr().port();
        Ok(json!({ "code": code.to_string(), "url": format!("https://{}:{}/", code.host, code.port) }))
    }

    async fn plain(&mut self, on: bool) -> Reply {
        let Some((receiver, link)) = self.receiver.take() else { return Err("there is no receiver".into()) };
        let mut config = satchel_receiver::Config::new(receiver.addr(), self.folder.join("store"));
        config.plain_http = on;
        receiver.shutdown().await;
        let receiver = Receiver::start(config).await.map_err(|e| e.to_string())?;
        self.receiver = Some((receiver, link));
        Ok(json!({}))
    }

    async fn tus(&mut self) -> Reply {
        if self.tus.is_none() {
            let tus = LyingTus::start().await.map_err(|e| e.to_string())?;
            let link = Simulator::start(loopback(), tus.addr(), 1).map_err(|e| e.to_string())?;
            self.tus = Some((tus, link));
        }
        let Some((_, link)) = &self.tus else { return Err("there is no tus server".into()) };
        link.set(Conditions::open());
        Ok(json!({ "url": format!("http://{}/files/", link.addr()) }))
    }

    fn mirror(&mut self) -> Reply {
        let receiver = self.receiver.as_ref().map(|(receiver, _)| (receiver.addr(), receiver.pairing_code()));
        let server = receiver.as_ref().map(|(addr, _)| *addr).or(self.tus.as_ref().map(|(tus, _)| tus.addr()));
        let server = server.ok_or("there is no server to mirror")?;
        if self.mirror.is_none() {
            self.mirror = Some(Simulator::start(loopback(), server, 2).map_err(|e| e.to_string())?);
        }
        let Some(mirror) = &self.mirror else { return Err("there is no mirror".into()) };
        Ok(match receiver {
            Some((_, code)) => {
                json!({ "url": format!("https://{}:{}/", code.host, mirror.addr().port()), "pin": code.pin })
            }
            None => json!({ "url": format!("http://{}/files/", mirror.addr()) }),
        })
    }

    fn links(&self, at: Option<&str>) -> impl Iterator<Item = &Simulator> {
        let first = self.receiver.iter().map(|(_, link)| link).chain(self.tus.iter().map(|(_, link)| link));
        let (first_too, mirror_too) = (at != Some("mirror"), at != Some("first"));
        first.filter(move |_| first_too).chain(self.mirror.iter().filter(move |_| mirror_too))
    }

    fn liar(&self) -> Result<&LyingTus, String> {
        self.tus.as_ref().map(|(tus, _)| tus).ok_or_else(|| "there is no tus server to lie".into())
    }

    async fn completed(&self, step: &Value) -> Reply {
        let bytes = std::fs::read(self.path(text(step, "name")?)).map_err(|e| e.to_string())?;
        let hash = satchel::BlobHash::of(&bytes);
        let (mut count, mut whole) = (0, true);
        if let Some((receiver, _)) = &self.receiver {
            let all = receiver.completed_uploads().await.map_err(|e| e.to_string())?;
            let here = all.iter().filter(|upload| upload.hash == hash).count();
            count += here;
            whole &= here == 0 || std::fs::read(receiver.blob_path(&hash)).is_ok_and(|blob| blob == bytes);
        }
        if let Some((tus, _)) = &self.tus {
            let all: Vec<_> = tus.completed().into_iter().filter(|upload| upload.hash == hash.to_string()).collect();
            count += all.len();
            whole &= all.iter().all(|upload| tus.bytes_of(&upload.id).as_deref() == Some(&bytes[..]));
        }
        Ok(json!({ "count": count, "whole": whole }))
    }
}

/// An APP1 segment of a JPEG with one EXIF field: the camera's maker, "Cam".
const EXIF: &[u8] = b"\xFF\xE1\x00\x22Exif\0\0II*\0\x08\0\0\0\x01\0\x0F\x01\x02\0\x04\0\0\0Cam\0\0\0\0\0";

fn loopback() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

fn lie(step: &Value) -> Result<(Point, Lie), String> {
    let point = match text(step, "point")? {
        "any" => Point::Any,
        "create" => Point::Create,
        "head" => Point::Head,
        "patch" => Point::Patch,
        other => return Err(format!("there is no point \"{other}\"")),
    };
    let status = || number(step, "status").and_then(|s| u16::try_from(s).map_err(|e| e.to_string()));
    let lie = match text(step, "lie")? {
        "page" => Lie::False(FalseAnswer::Html(status()?)),
        "json" => Lie::False(FalseAnswer::Json),
        "lose_answer" => Lie::LoseAnswer,
        "forget" => Lie::Forget,
        "status" => Lie::marked(status()?),
        other => return Err(format!("there is no lie \"{other}\"")),
    };
    Ok((point, lie))
}

fn text<'a>(step: &'a Value, name: &str) -> Result<&'a str, String> {
    step[name].as_str().ok_or_else(|| format!("the step lacks \"{name}\": {step}"))
}

fn number(step: &Value, name: &str) -> Result<u64, String> {
    step[name].as_u64().ok_or_else(|| format!("the step lacks \"{name}\": {step}"))
}
