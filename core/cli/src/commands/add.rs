//! `satchel add`: files and folders go into the outbox.

use std::io::IsTerminal as _;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use satchel::{AddOptions, AddOutcome, FolderReport, Motion, Outbox, PostEdit};
use serde_json::json;

use super::OutboxArg;
use crate::CommandResult;
use crate::output::{line, say, shown};

/// Add photos, videos, or folders of them.
#[derive(Debug, clap::Args)]
pub(crate) struct AddArgs {
    #[command(flatten)]
    outbox: OutboxArg,
    /// What is said of them
    #[arg(long, value_name = "TEXT")]
    caption: Option<String>,
    /// A tag; may be given more than once
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,
    /// Who made them
    #[arg(long)]
    author: Option<String>,
    /// The album that they come from, which rules may name
    #[arg(long, value_name = "NAME")]
    album: Option<String>,
    /// Before all that is not urgent
    #[arg(long)]
    urgent: bool,
    /// Copy them into the outbox, for cards and folders that will not stay
    #[arg(long)]
    copy: bool,
    /// The motion of a live photo, of which the one PATH is the still: both are one post (a folder's are found by themselves)
    #[arg(long, value_name = "FILE")]
    motion: Option<PathBuf>,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
    /// Files (taken whatever they are) and folders (photos and videos in them)
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
}

/// Adds; a path that cannot be taken does not hold back the others, and makes the exit code 1.
pub(crate) async fn run(args: AddArgs) -> CommandResult {
    if args.motion.is_some() && (args.paths.len() > 1 || args.paths.iter().any(|path| path.is_dir())) {
        return Err("--motion belongs to one photo; give that photo alone".into());
    }
    let outbox = args.outbox.open().await?;
    let post = PostEdit {
        caption: args.caption,
        tags: (!args.tags.is_empty()).then_some(args.tags),
        author: args.author,
        ..PostEdit::default()
    };
    let motion = args.motion.map(Motion::File);
    let options = AddOptions { post, urgent: args.urgent, copy: args.copy, album: args.album, motion };
    let mut failed = false;
    for path in &args.paths {
        let well = if path.is_dir() {
            folder(&outbox, path, &options, args.json).await?
        } else {
            file(&outbox, path, &options, args.json).await?
        };
        failed |= !well;
    }
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

async fn file(outbox: &Outbox, path: &Path, options: &AddOptions, json: bool) -> Result<bool, satchel::Error> {
    let outcome = match outbox.add(path, options).await {
        Ok(outcome) => outcome,
        Err(satchel::Error::Source(fault)) => {
            let which = if options.motion.is_some() { "it or its motion: " } else { "" };
            return Ok(refused(path, &format!("{which}{fault}"), json));
        }
        Err(error) => return Err(error),
    };
    let (id, what) = (outcome.id(), word(outcome));
    if json {
        line(&json!({ "path": shown(path), "id": id, "outcome": what }));
    } else {
        say!("{what:>9}  {}", shown(path));
    }
    Ok(true)
}

fn word(outcome: AddOutcome) -> &'static str {
    match outcome {
        AddOutcome::Added(_) => "added",
        AddOutcome::Revised(_) => "revised",
        AddOutcome::Unchanged(_) => "unchanged",
    }
}

fn refused(path: &Path, why: &str, json: bool) -> bool {
    if json {
        line(&json!({ "path": shown(path), "outcome": "refused", "error": why }));
    } else {
        eprintln!("satchel: {}: {why}", shown(path));
    }
    false
}

async fn folder(outbox: &Outbox, path: &Path, options: &AddOptions, json: bool) -> Result<bool, satchel::Error> {
    let watched = !json && std::io::stderr().is_terminal();
    let progress = move |report: &FolderReport| {
        if watched {
            eprint!("\r{:>9} added, {} known …", report.added, report.unchanged + report.revised);
        }
        ControlFlow::Continue(())
    };
    let report = outbox.add_folder(path, options, progress).await?;
    if watched {
        eprint!("\r\x1b[K");
    }
    let FolderReport { added, revised, unchanged, skipped, failed, faults } = report;
    if json {
        line(
            &json!({ "path": shown(path), "added": added, "revised": revised, "unchanged": unchanged, "skipped": skipped, "failed": failed }),
        );
    } else {
        say!(
            "{}: {added} added, {revised} revised, {unchanged} unchanged, {skipped} skipped (neither photo nor video)",
            shown(path)
        );
    }
    for fault in &faults {
        refused(&fault.path, &fault.fault.to_string(), json);
    }
    let untold = failed.saturating_sub(faults.len() as u64);
    if untold > 0 && !json {
        eprintln!("satchel: and {untold} more");
    }
    Ok(failed == 0)
}
