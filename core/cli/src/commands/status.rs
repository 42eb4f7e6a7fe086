//! `satchel status`: what stands where, and why.

use std::process::ExitCode;
use std::time::Duration;

use satchel::{AssetState, AssetView, Filter, Outbox, Proof, WaitReason};
use satchel::{Link, Links, Policy};
use serde_json::{Value, json};

use super::OutboxArg;
use crate::CommandResult;
use crate::output::{bytes, line, plural, say, shown};

/// Show what stands where, and why.
#[derive(Debug, clap::Args)]
pub(crate) struct StatusArgs {
    #[command(flatten)]
    outbox: OutboxArg,
    /// Show it anew whenever something changes, until ctrl-c
    #[arg(long)]
    watch: bool,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

/// Lists all assets, newest first, a page at a time.
pub(crate) async fn run(args: StatusArgs) -> CommandResult {
    let outbox = args.outbox.open_existing().await?;
    // What the network is, a status does not know; it must not say that there is none.
    outbox.set_policy(Policy { links: Links::Any, ..Policy::default() });
    outbox.set_link(Link::default());
    let mut last = None;
    loop {
        let counts = outbox.counts().await?;
        if !args.watch || last != Some(counts) {
            if args.watch && !args.json {
                print!("\x1b[2J\x1b[H");
            }
            list(&outbox, args.json).await?;
            last = Some(counts);
        }
        if !args.watch {
            return Ok(ExitCode::SUCCESS);
        }
        tokio::select! {
            () = tokio::time::sleep(Duration::from_millis(500)) => {}
            _ = tokio::signal::ctrl_c() => return Ok(ExitCode::SUCCESS),
        }
    }
}

async fn list(outbox: &Outbox, json: bool) -> Result<(), satchel::Error> {
    let mut before = None;
    let mut any = false;
    loop {
        let page = outbox.list(Filter { before, limit: 500 }).await?;
        let Some(oldest) = page.last() else { break };
        before = Some(oldest.seq);
        any = true;
        for asset in &page {
            if json { line(&object(asset)) } else { say!("{}", text(asset)) }
        }
    }
    if json {
        return Ok(());
    }
    if !any {
        say!("the outbox is empty; `satchel add --outbox DIR PATH…` adds to it");
        return Ok(());
    }
    let counts = outbox.counts().await?;
    say!(
        "{} delivered ({}), {} waiting ({}), {} to be looked at{}",
        plural(counts.delivered, "file"),
        bytes(counts.delivered_bytes),
        counts.open + counts.unread,
        bytes(counts.open_bytes),
        counts.needs_person(),
        if outbox.paused().await? { "; paused" } else { "" }
    );
    Ok(())
}

/// The object of `--json`: `reason` is a code, `words` says it to a person.
pub(crate) fn object(asset: &AssetView) -> Value {
    let (reason, words) = why(&asset.state);
    let proof = match &asset.state {
        AssetState::Delivered { proof } => Some(*proof),
        _ => None,
    };
    json!({
        "id": asset.id, "path": asset.source.path().map(shown), "hash": asset.hash, "bytes": asset.bytes,
        "state": asset.state.name(), "reason": reason, "words": words,
        "sent": asset.sent, "acknowledged": asset.acknowledged, "proof": proof,
        "urgent": asset.urgent, "caption": asset.post.caption, "tags": asset.post.tags, "revision": asset.revision,
    })
}

fn why(state: &AssetState) -> (Option<String>, Option<String>) {
    let code = |value: Result<Value, _>| value.ok().and_then(|v| Some(v.get("code")?.as_str()?.to_owned()));
    match state {
        AssetState::Waiting { reason } => (code(serde_json::to_value(reason)), Some(reason.words())),
        AssetState::Parked { reason } => (code(serde_json::to_value(reason)), Some(reason.words())),
        _ => (None, None),
    }
}

fn text(asset: &AssetView) -> String {
    let id = asset.id.to_string();
    let state = match &asset.state {
        AssetState::Accepted => "accepted; it is read at the next sync".to_owned(),
        AssetState::Hashing => "being read".into(),
        AssetState::Waiting { reason: WaitReason::Turn } => "waiting for its turn".into(),
        AssetState::Waiting { reason } => format!("waiting: {}", reason.words()),
        AssetState::Sending => format!("sending, {} of {} there", bytes(asset.acknowledged), bytes(asset.bytes)),
        AssetState::Delivered { proof } => format!("delivered, {}", proven(*proof)),
        AssetState::Parked { reason } => format!("needs you: {}", reason.words()),
        AssetState::Removed => "removed".into(),
    };
    let urgent = if asset.urgent { " !" } else { "" };
    format!("{}  {:>9}{urgent}  {}  {state}", &id[..8], bytes(asset.bytes), shown(asset.source.to_string().as_ref()))
}

fn proven(proof: Proof) -> &'static str {
    match proof {
        Proof::Receipt => "with a signed receipt",
        Proof::Checksum => "by the server's checksum",
        Proof::Size => "by its size",
        Proof::Unproven => "unproven: the server spoke over plain HTTP",
    }
}
