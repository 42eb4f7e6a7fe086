//! `satchel sync`: sends what waits, by the rules, over the link that there is.

mod show;

use std::process::ExitCode;
use std::time::Duration;

use satchel::{Counts, Link, Outbox, RunOptions};
use serde_json::json;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use super::OutboxArg;
use super::here::{LinkHere, PowerHere};
use super::target::{self, To};
use crate::link_file::Watch;
use crate::output::{bytes, line, plural, say, wait};
use crate::{CommandResult, DONE, PARKED, WAITS};
use show::Teller;

/// How often it is looked whether `link-state` said something new.
const LOOK: Duration = Duration::from_millis(200);
/// As good as for ever: a run with a deadline goes on as long as anything is open.
const STAY: Duration = Duration::from_secs(3650 * 24 * 3600);

/// Send what waits.
#[derive(Debug, clap::Args)]
pub(crate) struct SyncArgs {
    #[command(flatten)]
    outbox: OutboxArg,
    /// A paired receiver (https://…), or any tus endpoint (tus+http://…, tus+https://…); all known ones when left out
    #[arg(long, value_name = "URL")]
    to: Option<To>,
    /// The credential, a bearer token; a paired receiver's is known
    #[arg(long, value_name = "TOKEN", env = "SATCHEL_TOKEN", hide_env_values = true)]
    token: Option<String>,
    #[command(flatten)]
    link: LinkHere,
    #[command(flatten)]
    power: PowerHere,
    /// End after so many seconds at the latest; without it, when nothing is due within 30 s
    #[arg(long, value_name = "SECS")]
    deadline: Option<u64>,
    /// Go on until all is there, whatever the network does meanwhile, or until ctrl-c
    #[arg(long, conflicts_with = "deadline")]
    stay: bool,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

/// Syncs until all is delivered, nothing is due soon, the deadline, or ctrl-c.
pub(crate) async fn run(args: SyncArgs) -> CommandResult {
    let outbox = args.outbox.open_existing().await?;
    let targets = target::choose(&outbox, &args.outbox.outbox, args.to.as_ref(), args.token.as_deref()).await?;
    // Before the link is read: what `link-state` says in between is heard.
    let watching = Watch::new(&args.outbox.outbox);
    args.link.tell(&outbox, &args.outbox.outbox)?;
    args.power.tell(&outbox);
    // A person is here: what rests is tried at once.
    outbox.try_now().await?;
    let cancel = CancellationToken::new();
    let stopper = cancel.clone();
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            stopper.cancel();
        }
    });
    let teller = Teller::new(outbox.clone(), args.json);
    teller.link(&outbox.link());
    let shown = tokio::spawn(teller.clone().follow());
    let watched = AbortOnDropHandle::new(tokio::spawn(watch(outbox.clone(), watching, teller.clone())));
    let options = RunOptions {
        deadline: args.deadline.map(Duration::from_secs).or(args.stay.then_some(STAY)),
        targets: Some(targets),
        ..RunOptions::default()
    };
    let report = outbox.run(options, cancel).await;
    shown.abort();
    let _ = shown.await;
    drop(watched);
    teller.close();
    let report = report?;
    teller.waits().await?;
    let counts = report.counts;
    let code = code(&counts);
    if args.json {
        line(&json!({
            "event": "end", "delivered": counts.delivered, "posts": counts.posts_delivered,
            "waiting": counts.waiting(), "parked": counts.needs_person(), "wake_utc_ms": report.wake.at_utc_ms, "exit": code,
        }));
    } else {
        say!("{}", words(&counts, report.wake.at_utc_ms.filter(|_| !report.stopped), report.wake.needs.is_some()));
        if code != DONE {
            say!("`satchel status --outbox {}` says why", args.outbox.outbox.display());
        }
    }
    Ok(ExitCode::from(code))
}

fn code(counts: &Counts) -> u8 {
    match (counts.needs_person(), counts.waiting()) {
        (1.., _) => PARKED,
        (0, 1..) => WAITS,
        (0, 0) => DONE,
    }
}

fn words(counts: &Counts, wake: Option<i64>, needs_link: bool) -> String {
    let mut words = format!("{} delivered", plural(counts.delivered, "file"));
    if counts.posts_delivered > 0 {
        words += &format!(" with {}", plural(counts.posts_delivered, "post"));
    }
    let files = counts.open + counts.unread;
    if counts.waiting() > 0 {
        words += &match files {
            0 => format!(", {} waiting", plural(counts.posts_open, "post")),
            n => format!(", {n} waiting ({})", bytes(counts.open_bytes)),
        };
        match wake {
            None if needs_link => words += "; there is no network that may be used",
            Some(at) if needs_link => words += &format!("; it goes on {}", wait(at - crate::times::now().utc_ms)),
            Some(at) => words += &format!("; tried again {}", wait(at - crate::times::now().utc_ms)),
            None => {}
        }
    }
    match counts.needs_person() {
        0 => {}
        1 => words += ", 1 needs you",
        n => words += &format!(", {n} need you"),
    }
    words
}

/// Follows what `link-state` says, until it is dropped.
async fn watch(outbox: Outbox, watching: Watch, teller: Teller) {
    let mut watch = Some(watching);
    let mut look = tokio::time::interval(LOOK);
    loop {
        look.tick().await;
        let Some(mut watching) = watch.take() else { return };
        let looked = tokio::task::spawn_blocking(move || {
            let said = watching.look();
            (watching, said)
        });
        let Ok((watching, said)) = looked.await else { return };
        watch = Some(watching);
        match said {
            Some(Ok(link)) => {
                outbox.set_link(link);
                teller.link(&outbox.link());
                // A person says that the network is another one: what rests is tried over it.
                if let Err(error) = outbox.try_now().await {
                    teller.complain(&error.to_string());
                }
            }
            Some(Err(why)) => {
                // Somebody said something, and it may have been that bytes cost.
                outbox.set_link(Link::default());
                teller.complain(&format!("{why}; until it does, nobody knows what the network costs"));
            }
            None => {}
        }
    }
}
