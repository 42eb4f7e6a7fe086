//! `satchel status`: what stands where, and why.

use std::process::ExitCode;
use std::time::Duration;

use satchel::kernel::protocol::post::Rendition;
use satchel::{AssetKind, AssetState, AssetView, Filter, Outbox, Proof, WaitReason, Wake};
use serde_json::{Value, json};

use super::here::{LinkHere, PowerHere};
use super::waits::code;
use super::{OutboxArg, budget, grant};
use crate::CommandResult;
use crate::output::{bytes, line, plural, say, shown};
use crate::previewer::{Ffmpeg, MISSING};

/// Show what stands where, why, and when it goes, over the link that there is (or, with --link, that there might be).
#[derive(Debug, clap::Args)]
pub(crate) struct StatusArgs {
    #[command(flatten)]
    outbox: OutboxArg,
    #[command(flatten)]
    link: LinkHere,
    #[command(flatten)]
    power: PowerHere,
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
    args.power.tell(&outbox);
    let mut last = None;
    loop {
        args.link.tell(&outbox, &args.outbox.outbox)?;
        let now = (outbox.counts().await?, outbox.link());
        if !args.watch || last.as_ref() != Some(&now) {
            if args.watch && !args.json {
                print!("\x1b[2J\x1b[H");
            }
            list(&outbox, args.json).await?;
            last = Some(now);
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
    let (mut any, mut films) = (false, false);
    loop {
        let page = outbox.list(Filter { before, limit: 500 }).await?;
        let Some(oldest) = page.last() else { break };
        before = Some(oldest.seq);
        any = true;
        for asset in &page {
            films |= asset.kind == AssetKind::Video && !matches!(asset.state, AssetState::Delivered { .. });
            if json { line(&object(asset)) } else { say!("{}", text(asset)) }
        }
    }
    let (budgets, grants) = (outbox.budgets().await?, outbox.grants().await?);
    if json {
        budgets.iter().for_each(|state| line(&budget::object(state)));
        grants.iter().for_each(|view| line(&grant::object(view)));
        return Ok(());
    }
    budgets.iter().for_each(|state| say!("{}", budget::words(state)));
    grants.iter().for_each(|view| say!("{}", grant::words(view)));
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
    if films && Ffmpeg::find().is_none() {
        say!("{MISSING}");
    }
    Ok(())
}

/// The object of `--json`: `reason` is a code, `words` says it to a person, `when` says when it goes.
pub(crate) fn object(asset: &AssetView) -> Value {
    let (reason, words, goes) = match &asset.state {
        AssetState::Waiting { reason, goes } => (code(reason), Some(reason.words()), Some(goes)),
        AssetState::Parked { reason } => (code(reason), Some(reason.words()), None),
        _ => (None, None, None),
    };
    let proof = match &asset.state {
        AssetState::Delivered { proof } => Some(*proof),
        _ => None,
    };
    json!({
        "id": asset.id, "path": asset.source.path().map(shown), "hash": asset.hash, "bytes": asset.bytes,
        "motion": asset.motion.as_ref().map(|motion| json!({
            "path": motion.source.path().map(shown), "hash": motion.hash, "bytes": motion.bytes,
        })),
        "state": asset.state.name(), "reason": reason, "words": words, "when": when(&asset.state), "goes": goes,
        "sent": asset.sent, "acknowledged": asset.acknowledged, "proof": proof, "post_there": post_is_there(asset),
        "urgent": asset.urgent, "caption": asset.post.caption, "tags": asset.post.tags, "revision": asset.revision,
    })
}

/// When it goes, in words; none for what does not wait.
fn when(state: &AssetState) -> Option<String> {
    match state {
        AssetState::Accepted => Some("goes after it was read".into()),
        AssetState::Waiting { reason: WaitReason::Turn, .. } => Some(ITS_TURN.into()),
        AssetState::Waiting { reason, goes } => Some(said(reason, goes)),
        _ => None,
    }
}

/// A status does not know whether anything runs.
const ITS_TURN: &str = "goes as soon as a sync comes to it";

fn said(reason: &WaitReason, goes: &Wake) -> String {
    reason.when(goes, &crate::times::now())
}

/// Whether words and preview went before the rest.
fn post_is_there(asset: &AssetView) -> bool {
    let mut posts = asset.deliveries.iter().filter(|delivery| delivery.rendition == Rendition::Text).peekable();
    posts.peek().is_some() && posts.all(|delivery| matches!(delivery.state, AssetState::Delivered { .. }))
}

fn text(asset: &AssetView) -> String {
    let id = asset.id.to_string();
    let state = match &asset.state {
        AssetState::Accepted => "accepted; it is read at the next sync".to_owned(),
        AssetState::Hashing => "being read".into(),
        AssetState::Waiting { reason: WaitReason::Turn, .. } => format!("waiting for its turn; {ITS_TURN}"),
        AssetState::Waiting { reason, goes } => format!("waiting: {}; {}", reason.words(), said(reason, goes)),
        AssetState::Sending => format!("sending, {} of {} there", bytes(asset.acknowledged), bytes(asset.bytes)),
        AssetState::Delivered { .. } if asset.deliveries.iter().any(|delivery| delivery.redacted) => {
            "delivered, to some without what the file says of itself: keep the original".to_owned()
        }
        AssetState::Delivered { proof } => format!("delivered, {}", proven(*proof)),
        AssetState::Parked { reason } => format!("needs you: {}", reason.words()),
        AssetState::Removed => "removed".into(),
    };
    let there = matches!(asset.state, AssetState::Waiting { .. } | AssetState::Sending) && post_is_there(asset);
    let there = if there { "its post is there, the original is " } else { "" };
    let urgent = if asset.urgent { " !" } else { "" };
    let motion = asset.motion.as_ref().map(|motion| format!(" + {}", shown(motion.name.as_ref()))).unwrap_or_default();
    format!(
        "{}  {:>9}{urgent}  {}{motion}  {there}{state}",
        &id[..8],
        bytes(asset.bytes),
        shown(asset.source.to_string().as_ref())
    )
}

fn proven(proof: Proof) -> &'static str {
    match proof {
        Proof::Receipt => "with a signed receipt",
        Proof::Checksum => "by the server's checksum",
        Proof::Size => "by its size",
        Proof::Unproven => "unproven: the server spoke over plain HTTP",
    }
}
