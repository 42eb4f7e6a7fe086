//! `satchel sync`: sends what waits.

use std::io::IsTerminal as _;
use std::process::ExitCode;
use std::time::Duration;

use satchel::clock::Clock;
use satchel::{Change, Counts, Link, Links, Outbox, Policy, RunOptions};
use serde_json::json;
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;

use super::OutboxArg;
use super::target::{self, To};
use crate::output::{bytes, line, plural, say, wait};
use crate::{CommandResult, DONE, PARKED, WAITS};

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
    /// The network that there is: its use is allowed by saying so
    #[arg(long, value_enum, default_value_t = LinkArg::Wifi)]
    link: LinkArg,
    /// End after so many seconds at the latest; without it, when nothing is due within 30 s
    #[arg(long, value_name = "SECS")]
    deadline: Option<u64>,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum LinkArg {
    Wifi,
    Cellular,
    None,
}

/// Syncs until all is delivered, nothing is due soon, the deadline, or ctrl-c.
pub(crate) async fn run(args: SyncArgs) -> CommandResult {
    let outbox = args.outbox.open_existing().await?;
    let targets = target::choose(&outbox, &args.outbox.outbox, args.to.as_ref(), args.token.as_deref()).await?;
    outbox.set_policy(Policy { links: Links::Any, ..Policy::default() });
    outbox.set_link(match args.link {
        LinkArg::Wifi => Link::wifi(),
        LinkArg::Cellular => Link::cellular(),
        LinkArg::None => Link::none(),
    });
    // A person is here: what rests is tried at once.
    outbox.try_now().await?;
    let cancel = CancellationToken::new();
    let stopper = cancel.clone();
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            stopper.cancel();
        }
    });
    let shown = tokio::spawn(show(outbox.clone(), args.json));
    let options = RunOptions {
        deadline: args.deadline.map(Duration::from_secs),
        targets: Some(targets),
        ..RunOptions::default()
    };
    let report = outbox.run(options, cancel).await;
    shown.abort();
    let report = report?;
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
            _ if needs_link => words += "; there is no network that may be used",
            Some(at) => words += &format!("; tried again {}", wait(at - Clock::system().now().utc_ms)),
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

/// Tells what happens while it happens: a bar on a terminal, lines elsewhere.
async fn show(outbox: Outbox, json: bool) {
    let mut changes = outbox.observe();
    let bar = (!json && std::io::stderr().is_terminal()).then(bar);
    loop {
        let change = match changes.recv().await {
            Ok(change) => change,
            Err(RecvError::Lagged(_)) => continue,
            Err(RecvError::Closed) => return,
        };
        if json {
            if let Some(event) = event(&change) {
                line(&event);
            }
        } else if let Some(bar) = &bar {
            if let Ok(counts) = outbox.counts().await {
                bar.set_length(counts.delivered_bytes + counts.open_bytes);
                let under_way = if let Change::Progress { sent, .. } = change { sent } else { 0 };
                bar.set_position(counts.delivered_bytes + under_way);
                bar.set_message(format!("{} to go", plural(counts.open + counts.unread, "file")));
            }
            if let Change::Trouble { trouble, .. } = change {
                bar.println(format!("  {}", trouble.words_of_wait()));
            }
        } else if let Change::Trouble { trouble, .. } = change {
            say!("{}", trouble.words_of_wait());
        }
    }
}

fn bar() -> indicatif::ProgressBar {
    let style = indicatif::ProgressStyle::with_template("{bar:32} {bytes:>10} of {total_bytes:<10} {msg}")
        .expect("the template is well formed");
    indicatif::ProgressBar::new(0).with_style(style)
}

fn event(change: &Change) -> Option<serde_json::Value> {
    Some(match change {
        Change::Read { asset } => json!({ "event": "read", "asset": asset }),
        Change::Progress { asset, rendition, sent, bytes, .. } => {
            json!({ "event": "progress", "asset": asset, "rendition": rendition, "sent": sent, "bytes": bytes })
        }
        Change::Delivered { asset, rendition, proof, .. } => {
            json!({ "event": "delivered", "asset": asset, "rendition": rendition, "proof": proof })
        }
        Change::Parked { asset, reason } => {
            json!({ "event": "parked", "asset": asset, "reason": reason, "words": reason.words() })
        }
        Change::Trouble { trouble, .. } => json!({ "event": "trouble", "trouble": trouble, "words": trouble.words() }),
        _ => return None,
    })
}
