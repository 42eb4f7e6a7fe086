//! The runner for Rust: plays a scenario through the same boundary that Kotlin and Swift have.
//!
//! | `do` | through the API |
//! | --- | --- |
//! | `open` | `open`, with a `policy`: `any` (also when left out), `kept` (none is given), the name of a ready-made one, or a document |
//! | `close` | `close_and_wait` |
//! | `pair`, `tus` | `pair` with the stage's receiver, `set_tus_target` with the stage's tus server |
//! | `add` | `add` of `photos/NAME`, remembered `as` a name, with `caption`, `tags`, `urgent`, `copy`, `album`; with `photos/NAME` as its `motion`; `becomes` says what must come of it |
//! | `edit` | `edit_post` of an `asset` |
//! | `remove`, `retry` | of an `asset` |
//! | `pause` | `pause`, to `paused` |
//! | `link` | `set_link`: `wifi`, `cellular`, `mobile` (the same, but nobody knows whether it is metered or roaming), `unknown`, `none`; with its `network`, its `rate` in bytes a second, and `roaming`, `constrained`, `captive`, `free_for_now` (temporarily not metered) |
//! | `run` | `run` until nothing is due; `is` is compared with the counts and with when to run next: `needs`, `charging`, `sooner`, `waits` (its bytes), whether it is `timed`; whether it was `stopped` |
//! | `until` | `try_now` and `run`, again and again, until the `asset` `is` so |
//! | `host` | HTTP by the host: `host_running` with nothing, then `host_steps` (at most `bytes` a step) and `host_outcome` through the language's own HTTP client, until there are no steps. With `twice`, its system sends each PATCH once more at the same offset and tells that; with `forget`, it tells nothing of the first steps, as if the host had died. `is` is compared with what the first step asks of its network |
//! | `item` | `add_item` of the item NAME of the host's media library, which has the photos, with another as its `motion`; remembered `as` a name |
//! | `library` | from now on the host's library `answers`: `open`, `away`, or `fails` with an error of its own |
//! | `previewer` | from now on the host's previewer `draws` the photo NAME of whatever it is asked, and `films` another; without these it fails |
//! | `token` | the token that there is becomes what the host's `refresh` gives, once; then `set_token` with `token` |
//! | `staged` | `stage`, the bytes of `photos/NAME` written there, `commit`, remembered `as` a name; its `motion` in a stage of its own |
//! | `policy` | `set_policy`, or `keep_policy` where it says `keep`, with a `policy` as in `open`; `is` is compared with the document that `policy_to_json` writes of the one that holds then |
//! | `network` | `link()`, as a person's word makes it: `kind`, `metered`, `roaming` |
//! | `mark` | `mark_network` of a `network` as `metered` or `free`, or forgotten; `is` is compared with all marks |
//! | `power` | `set_power`, with `charging` or not known |
//! | `budget` | `set_budget`: `name`, `bytes`, a `class` (`metered`, `roaming`) or a `network`; for a day, or a `trip` from and to (milliseconds since 1970) |
//! | `remove_budget`, `budgets` | of a `name`: `bytes`, whether some are `used`, whether it `refills` within 44 hours, whether it `counts_now`; the `count` of all |
//! | `price` | `price` of `assets`, of all when left out: `uploads`, `payload_bytes`, whether it is `more` than these, whether it is `timed`; of the first budget its name, whether the price is `shared` by it, whether it `never` can |
//! | `grant`, `send_now` | of `assets`; a grant of `bytes` for an hour, or of the price, which is compared |
//! | `grants`, `end_grants` | the `count` of those that hold, the `kind` of the first; ends all |
//! | `ledger` | the sums over a class of `link`: `acknowledged`, whether `sent_more` than that, `wasted`, whether anything was `received` |
//! | `redact` | `set_redaction` of all targets: `none`, `location`, `all` |
//! | `see` | the `asset` `is` so |
//! | `list` | `list`: the `count` of all assets |
//! | `urgent` | `set_urgent` of an `asset`, to `urgent` |
//! | `attempts` | `attempts` of an `asset`: whether there are `any`; of the last one its `method`, `status`, `words` |
//! | `wake` | `wake`, compared as of `run` |
//! | `suspend`, `resume` | `suspend` within ten seconds, whether all was quiet `is`; `resume` |
//! | `pretend` | `pretend` that a `page`, `silence` or `reset` `stands` there, a `rate` in bytes a second, a `latency` in milliseconds; nothing any more without these |
//! | `report` | `report`; whether it `names` a text |
//! | `endpoints` | `set_endpoints` of the one target: the stage's mirror, or these `urls` with a `pin`; whether they are `shared` (their store); the first one's `addresses`, `their_addresses` |
//! | `ways` | the endpoint `at` a place: `health`, `by`, `trouble`, `words`, `by_address`, whether it `rests`, whether it `carries`; the `count` of all, how many `further` ones are set |
//! | `blocks` | the `count` of records; of the first its `kind`, `status`, `title`, whether there is a `page` and it is `whole`, whether it was seen `again` |
//! | `export` | `export_blocks`: the `count`, whether a text that it `holds` is `held` |
//! | `neutral` | `set_neutral`, to `url` or none; the `url` that is set |
//! | `safe` | whether a `proof` allows the original to be deleted is `is` |
//! | `kill` | the runner notes where it is and kills itself; the next one goes on behind this step |
//!
//! A step with `world` is for the [stage](crate::stage); what it answers is compared with `is`. A step with `fails` must
//! fail with that error. `is` holds what must be so; what it leaves out may be anything.

mod endpoints;
mod rules;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use satchel_ffi::{
    AddOptions, CancelToken, Config, Header, HostCut, HostLimits, HostOutcome, HostStep, LibraryItem, Motion, Order,
    Peer, Policy, PostEdit, Pretend, RunOptions, Satchel, SatchelError, StandIn,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::host::{Album, Artist, Vault};
use crate::view;

/// How often `until` tries.
const TRIES: usize = 100;

/// Plays a scenario against the stage at `stage`, in `folder`; from where an earlier runner killed itself, if one did.
///
/// # Errors
/// What was expected and what was seen.
pub async fn run(scenario: &Path, stage: &str, folder: &Path) -> Result<(), String> {
    let text = std::fs::read_to_string(scenario).map_err(|e| format!("{}: {e}", scenario.display()))?;
    let scenario: Value = serde_json::from_str(&text).map_err(|e| format!("{}: {e}", scenario.display()))?;
    let noted = std::fs::read(folder.join(NOTES)).ok().and_then(|json| serde_json::from_slice(&json).ok());
    let mut runner = Runner {
        stage: format!("http://{stage}/"),
        folder: folder.to_owned(),
        outbox: None,
        vault: Arc::new(Vault::new(folder.join("tokens.json"))),
        album: Arc::new(Album::new(folder.join("photos"))),
        artist: Arc::new(Artist::new(folder.join("photos"))),
        notes: noted.unwrap_or_default(),
    };
    let steps = scenario["steps"].as_array().ok_or("a scenario has steps")?;
    for (number, step) in steps.iter().enumerate().skip(runner.notes.next) {
        runner.play(step, number).await.map_err(|why| format!("step {}: {step}\n  {why}", number + 1))?;
    }
    Ok(())
}

const NOTES: &str = "notes.json";

/// What a runner leaves to the next one.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Notes {
    next: usize,
    assets: BTreeMap<String, String>,
    #[serde(default)]
    host: Option<String>,
}

struct Runner {
    stage: String,
    folder: PathBuf,
    outbox: Option<Arc<Satchel>>,
    vault: Arc<Vault>,
    album: Arc<Album>,
    artist: Arc<Artist>,
    notes: Notes,
}

/// What came of a step: something to compare, or an error of the API.
enum Came {
    Of(Value),
    Failed(SatchelError),
}

impl From<SatchelError> for Came {
    fn from(error: SatchelError) -> Self {
        Self::Failed(error)
    }
}

impl Runner {
    async fn play(&mut self, step: &Value, number: usize) -> Result<(), String> {
        if step.get("world").is_some() {
            let came = self.world(step).await?;
            return fits(&step["is"], &came);
        }
        let came = match self.act(step, number).await? {
            Ok(came) => Came::Of(came),
            Err(error) => Came::from(error),
        };
        match (came, step.get("fails")) {
            (Came::Of(came), None) => fits(&step["is"], &came),
            (Came::Of(_), Some(_)) => Err("it did not fail".into()),
            (Came::Failed(error), Some(fails)) => fits(fails, &view::error(&error)),
            (Came::Failed(error), None) => Err(format!("{}: {error}", view::error_kind(&error))),
        }
    }

    async fn world(&self, step: &Value) -> Result<Value, String> {
        let reply = reqwest::Client::new().post(&self.stage).json(step).send().await.map_err(|e| e.to_string())?;
        let well = reply.status().is_success();
        let body: Value = reply.json().await.map_err(|e| e.to_string())?;
        if well { Ok(body) } else { Err(body.to_string()) }
    }

    /// The outer error is the scenario's, the inner one the API's.
    async fn act(&mut self, step: &Value, number: usize) -> Result<Result<Value, SatchelError>, String> {
        let act = text(step, "do")?;
        if act == "open" {
            return Ok(self.open(step).await);
        }
        if act == "safe" {
            let all = [
                satchel_ffi::Proof::Unproven,
                satchel_ffi::Proof::Size,
                satchel_ffi::Proof::Checksum,
                satchel_ffi::Proof::Receipt,
            ];
            let proof = all.into_iter().find(|p| view::proof(p) == step["proof"]).ok_or("no such proof")?;
            return Ok(Ok(json!(satchel_ffi::is_safe_to_free(proof))));
        }
        if act == "kill" {
            return self.kill(number);
        }
        let outbox = self.outbox.clone().ok_or("the outbox is not open")?;
        let nothing = |done: Result<(), SatchelError>| done.map(|()| Value::Null);
        Ok(match act {
            "close" => nothing(outbox.close_and_wait().await),
            "pair" => {
                let code = self.world(&json!({ "world": "receiver" })).await?;
                let code = code["code"].as_str().unwrap_or_default().to_owned();
                let paired = outbox.pair(step["code"].as_str().map_or(code, str::to_owned), "a phone".into(), None);
                paired.await.map(|_| Value::Null)
            }
            "tus" => {
                let url = self.world(&json!({ "world": "tus" })).await?;
                let url = url["url"].as_str().unwrap_or_default().to_owned();
                outbox.set_tus_target(url, None).await.map(|_| Value::Null)
            }
            "add" => return self.add(&outbox, step).await,
            "item" => return self.item(&outbox, step).await,
            "library" => {
                self.album.answer(text(step, "answers")?);
                Ok(Value::Null)
            }
            "previewer" => {
                self.artist.draw(step["draws"].as_str(), step["films"].as_str());
                Ok(Value::Null)
            }
            "token" => nothing(self.token(&outbox, text(step, "token")?).await),
            "edit" => nothing(outbox.edit_post(self.asset(step)?, post(step)).await),
            "remove" => nothing(outbox.remove(self.asset(step)?).await),
            "retry" => nothing(outbox.retry(self.asset(step)?).await),
            "pause" => nothing(outbox.pause(step["paused"].as_bool().unwrap_or(true)).await),
            "run" => ran(&outbox).await,
            "urgent" => nothing(outbox.set_urgent(self.asset(step)?, step["urgent"].as_bool().unwrap_or(true)).await),
            "attempts" => outbox.attempts(self.asset(step)?).await.map(|all| view::attempts(&all)),
            "wake" => outbox.wake().await.map(|wake| view::wake(&wake)),
            "suspend" => outbox.suspend(10_000).await.map(Value::from),
            "resume" => nothing(outbox.resume()),
            "pretend" => nothing(outbox.pretend(pretend(step)?)),
            "report" => {
                let names = text(step, "names")?;
                outbox.report().await.map(|report| json!(report.contains(names)))
            }
            "until" => return self.until(&outbox, step).await,
            "host" => return self.host(&outbox, step).await,
            "staged" => return self.staged(&outbox, step).await,
            "see" => outbox.asset(self.asset(step)?).await.map(|asset| view::asset(&asset)),
            "list" => outbox.list(None, 1_000).await.map(|all| json!({ "count": all.len() })),
            other => return self.act_on_endpoints(other, &outbox, step).await,
        })
    }

    async fn open(&mut self, step: &Value) -> Result<Value, SatchelError> {
        let policy = rules::policy(&step["policy"])?.map(|policy| Policy { order: Order::Oldest, ..policy });
        let config = Config {
            folder: self.folder.join("outbox").to_string_lossy().into_owned(),
            policy,
            extra_roots: vec![],
            connect_timeout_ms: Some(5_000),
        };
        self.outbox = Some(
            Satchel::open(config, Some(self.vault.clone()), Some(self.album.clone()), Some(self.artist.clone()))
                .await?,
        );
        Ok(Value::Null)
    }

    async fn add(&mut self, outbox: &Satchel, step: &Value) -> Result<Result<Value, SatchelError>, String> {
        let path = self.photo(text(step, "photo")?);
        let options = AddOptions {
            post: post(step),
            urgent: step["urgent"].as_bool().unwrap_or(false),
            album: step["album"].as_str().map(str::to_owned),
            copy: step["copy"].as_bool().unwrap_or(false),
            motion: step["motion"].as_str().map(|name| Motion::File { path: self.photo(name) }),
        };
        let added = match outbox.add(path, options).await {
            Ok(added) => added,
            Err(error) => return Ok(Err(error)),
        };
        let became = view::added(&added.kind);
        if let Some(name) = step["as"].as_str() {
            self.notes.assets.insert(name.to_owned(), added.id);
        }
        match step["becomes"].as_str() {
            Some(expected) if expected != became => Err(format!("it was {became}")),
            _ => Ok(Ok(Value::Null)),
        }
    }

    async fn item(&mut self, outbox: &Satchel, step: &Value) -> Result<Result<Value, SatchelError>, String> {
        let item = |name: &str| LibraryItem { id: name.to_owned(), name: name.to_owned() };
        let copy = step["copy"].as_bool().unwrap_or(false);
        let motion = step["motion"].as_str().map(|name| Motion::Item { item: item(name) });
        let options = AddOptions { post: post(step), urgent: false, album: None, copy, motion };
        Ok(outbox.add_item(item(text(step, "photo")?), options).await.map(|added| {
            if let Some(name) = step["as"].as_str() {
                self.notes.assets.insert(name.to_owned(), added.id);
            }
            Value::Null
        }))
    }

    async fn token(&self, outbox: &Satchel, token: &str) -> Result<(), SatchelError> {
        for target in outbox.targets().await? {
            self.vault.set_aside(&target.url)?;
            outbox.set_token(target.id, token.to_owned()).await?;
        }
        Ok(())
    }

    /// Tries until the asset is as the step says; then the step compares it once more.
    async fn until(&self, outbox: &Satchel, step: &Value) -> Result<Result<Value, SatchelError>, String> {
        let id = self.asset(step)?;
        let mut last = Value::Null;
        for _ in 0..TRIES {
            let tried = async {
                outbox.try_now().await?;
                ran(outbox).await?;
                outbox.asset(id.clone()).await
            };
            match tried.await {
                Ok(asset) => last = view::asset(&asset),
                Err(error) => return Ok(Err(error)),
            }
            if fits(&step["is"], &last).is_ok() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(Ok(last))
    }

    /// A host whose system is reqwest.
    async fn host(&mut self, outbox: &Satchel, step: &Value) -> Result<Result<Value, SatchelError>, String> {
        let owner = match &self.notes.host {
            Some(owner) => owner.clone(),
            None => outbox.new_host_id().map_err(|e| e.to_string())?,
        };
        self.notes.host = Some(owner.clone());
        let limits = HostLimits {
            most_steps: 8,
            most_bytes_per_step: step["bytes"].as_u64().unwrap_or(16 << 20),
            budget_left: None,
        };
        let system = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build();
        let system = system.map_err(|e| e.to_string())?;
        let mut forget = step["forget"].as_bool().unwrap_or(false);
        let mut asked = Value::Null;
        let carried = async {
            outbox.host_running(owner.clone(), vec![]).await?;
            for _ in 0..TRIES {
                let steps = outbox.host_steps(owner.clone(), limits.clone()).await?.steps;
                let Some(first) = steps.first() else { break };
                if asked.is_null() {
                    asked = view::constraints(first);
                }
                for step_out in &steps {
                    let mut outcome = carry(&system, step_out).await;
                    if step["twice"] == true && step_out.method == "PATCH" {
                        outcome = carry(&system, step_out).await;
                    }
                    if !forget {
                        outbox.host_outcome(step_out.lease.clone(), outcome).await?;
                    }
                }
                if std::mem::take(&mut forget) {
                    outbox.host_running(owner.clone(), vec![]).await?;
                }
            }
            Ok(asked)
        };
        Ok(carried.await)
    }

    async fn staged(&mut self, outbox: &Satchel, step: &Value) -> Result<Result<Value, SatchelError>, String> {
        let name = text(step, "photo")?;
        let committed = async {
            let motion = match step["motion"].as_str() {
                Some(name) => Some(Motion::Staged { stage: self.write(outbox, name).await?, name: name.to_owned() }),
                None => None,
            };
            let stage = self.write(outbox, name).await?;
            outbox.commit(stage, name.to_owned(), post(step), step["urgent"] == true, None, motion).await
        };
        Ok(committed.await.map(|added| {
            if let Some(name) = step["as"].as_str() {
                self.notes.assets.insert(name.to_owned(), added.id);
            }
            Value::Null
        }))
    }

    /// The id of a stage that the bytes of a photo were written to.
    async fn write(&self, outbox: &Satchel, name: &str) -> Result<String, SatchelError> {
        let stage = outbox.stage().await?;
        std::fs::copy(self.photo(name), &stage.path).map_err(|e| SatchelError::Host { words: e.to_string() })?;
        Ok(stage.id)
    }

    fn photo(&self, name: &str) -> String {
        self.folder.join("photos").join(name).to_string_lossy().into_owned()
    }

    fn kill(&mut self, number: usize) -> Result<Result<Value, SatchelError>, String> {
        self.notes.next = number + 1;
        let notes = serde_json::to_vec(&self.notes).map_err(|e| e.to_string())?;
        std::fs::write(self.folder.join(NOTES), notes).map_err(|e| e.to_string())?;
        end_at_once()?;
        Err("the runner outlived its kill".into())
    }

    fn asset(&self, step: &Value) -> Result<String, String> {
        let name = text(step, "asset")?;
        // A name that nothing was added as stands for itself.
        Ok(self.notes.assets.get(name).cloned().unwrap_or_else(|| name.to_owned()))
    }
}

/// As if the system had ended the process: nothing of ours runs any more.
#[cfg(unix)]
fn end_at_once() -> Result<(), String> {
    use rustix::process::{Signal, getpid, kill_process};
    kill_process(getpid(), Signal::KILL).map_err(|e| e.to_string())
}

#[cfg(not(unix))]
fn end_at_once() -> Result<(), String> {
    std::process::abort()
}

/// Sends a step's request as it is.
async fn carry(system: &reqwest::Client, step: &HostStep) -> HostOutcome {
    let cut = HostOutcome::Cut { sent: None, cut: HostCut::Reset };
    let Ok(method) = step.method.parse() else { return cut };
    let mut request = system.request(method, &step.url);
    for Header { name, value } in &step.headers {
        request = request.header(name, value);
    }
    request = match step.body.as_ref().map(|body| std::fs::read(&body.path)) {
        Some(Ok(bytes)) => request.body(bytes),
        // Taken back already.
        Some(Err(_)) => return cut,
        None => request.header("content-length", 0),
    };
    let Ok(reply) = request.send().await else { return cut };
    let (status, url) = (reply.status().as_u16(), reply.url().to_string());
    let header = |(name, value): (&reqwest::header::HeaderName, &reqwest::header::HeaderValue)| {
        Some(Header { name: name.as_str().to_owned(), value: value.to_str().ok()?.to_owned() })
    };
    let headers = reply.headers().iter().filter_map(header).collect();
    let Ok(body) = reply.bytes().await else { return cut };
    HostOutcome::Reply { status, headers, body: body.to_vec(), url, peer: Peer::Unknown, sent: None }
}

async fn ran(outbox: &Satchel) -> Result<Value, SatchelError> {
    let options = RunOptions { deadline_ms: None, linger_ms: 0, targets: None };
    let report = outbox.run(options, CancelToken::new()).await?;
    Ok(rules::report(&report))
}

/// What is to be pretended; nothing where the step names nothing.
fn pretend(step: &Value) -> Result<Option<Pretend>, String> {
    let stands = match step["stands"].as_str() {
        None => None,
        Some("page") => Some(StandIn::Page),
        Some("silence") => Some(StandIn::Silence),
        Some("reset") => Some(StandIn::Reset),
        Some(other) => return Err(format!("nothing pretends to be {other}")),
    };
    let pretend = Pretend { bytes_per_second: step["rate"].as_u64(), latency_ms: step["latency"].as_u64(), stands };
    let nothing = Pretend { bytes_per_second: None, latency_ms: None, stands: None };
    Ok((pretend != nothing).then_some(pretend))
}

fn post(step: &Value) -> PostEdit {
    let tags = |tags: &Vec<Value>| tags.iter().filter_map(|tag| tag.as_str().map(str::to_owned)).collect();
    PostEdit {
        caption: step["caption"].as_str().map(str::to_owned),
        tags: step["tags"].as_array().map(tags),
        ..PostEdit::default()
    }
}

fn text<'a>(step: &'a Value, name: &str) -> Result<&'a str, String> {
    step[name].as_str().ok_or_else(|| format!("the step lacks \"{name}\""))
}

/// Whether all that was expected is so.
fn fits(expected: &Value, seen: &Value) -> Result<(), String> {
    match expected {
        Value::Null => Ok(()),
        Value::Object(fields) => {
            for (name, value) in fields {
                if seen.get(name) != Some(value) {
                    return Err(format!("expected {name} to be {value}, saw {seen}"));
                }
            }
            Ok(())
        }
        value if value == seen => Ok(()),
        value => Err(format!("expected {value}, saw {seen}")),
    }
}
