//! `satchel demo`: a day's story, played for real. A receiver, a bad link before it, an outbox, and a process that is
//! killed; only the link is simulated.

mod child;
mod live;
mod pace;
mod photos;
mod proof;
mod screen;
mod stage;
mod story;
mod tally;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio_util::task::AbortOnDropHandle;

use crate::CommandResult;
use crate::output::shown;
use live::Live;
use pace::Pace;
use photos::{Cast, Photos};
use proof::Proof;
use screen::{Screen, Tone};
use stage::{Place, Stage};
use story::Story;

/// Tell a day's story: off-line, roaming within a budget, a warning page, a kill, a free hotspot.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct DemoArgs {
    /// Your own photos and videos, with those in the folders below; they are only read. Without it the demo draws its own
    #[arg(long, value_name = "DIR")]
    photos: Option<PathBuf>,
    /// In about fifteen seconds
    #[arg(long)]
    fast: bool,
    /// Keep the receiver and its page up afterwards, until ctrl-c
    #[arg(long)]
    keep_serving: bool,
    /// Keep the outbox, the receiver's store and the drawn photos here; otherwise they go at the end
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

/// How long what runs may take to end.
const FAREWELL: Duration = Duration::from_millis(400);

/// Why the demo ended early.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("{0}")]
    Told(String),
    #[error(transparent)]
    Engine(#[from] satchel::Error),
}

impl Failure {
    /// What could not be done, with the cause.
    fn because<E: std::fmt::Display>(what: &'static str) -> impl FnOnce(E) -> Self {
        move |cause| Self::Told(format!("{what}: {cause}"))
    }
}

/// Plays the day. 0 only when every asset was delivered with a receipt, and each content was completed exactly once.
pub(crate) async fn run(args: DemoArgs) -> CommandResult {
    if let (Some(photos), Some(dir)) = (&args.photos, &args.dir) {
        apart(photos, dir)?;
    }
    let place = Place::new(args.dir.as_deref())?;
    let screen = Arc::new(Screen::new(args.json));
    let outcome = tokio::select! {
        played = play(&args, &place, &screen) => played,
        () = told_to_stop() => Err(Failure::Told("ended by ctrl-c; whatever ran was stopped".into())),
    };
    screen.close_bars();
    let Day { stage, cast, code } = match outcome {
        Ok(day) => day,
        Err(failure) => {
            // Whatever ran ends with its handles. It gets a moment, so that nothing is written into a folder that goes.
            tokio::time::sleep(FAREWELL).await;
            return Err(failure.into());
        }
    };
    invite(&screen, &stage, &place, &cast, &args);
    if args.keep_serving {
        told_to_stop().await;
    }
    stage.receiver.shutdown().await;
    Ok(code)
}

/// What is left of the day.
struct Day {
    stage: Stage,
    cast: Cast,
    code: ExitCode,
}

/// The story, and what came of it.
async fn play(args: &DemoArgs, place: &Place, screen: &Arc<Screen>) -> Result<Day, Failure> {
    let pace = if args.fast { Pace::FAST } else { Pace::DAY };
    screen.report(
        &json!({ "event": "begin" }),
        &[
            screen.paint(Tone::Bold, "A day with Satchel"),
            screen.paint(Tone::Dim, "The outbox, the receiver and the kill are real; only the link is simulated."),
        ],
    );
    let photos = match &args.photos {
        Some(folder) => Photos::in_folder(folder)?,
        None => Photos::made(&place.photos, args.fast).await?,
    };
    let stage = Stage::set(place).await?;
    screen.open_bars();
    let live = Live::new(stage.outbox.clone(), stage.link.clone(), screen.clone());
    let drawing = AbortOnDropHandle::new(tokio::spawn(live.clone().follow()));
    let told = Story { stage: &stage, place, pace, screen: screen.clone(), live }.tell(&photos).await;
    drawing.abort();
    let _ = drawing.await;
    screen.close_bars();
    let (cast, granted) = told?;
    let proof = Proof::of(&stage, pace.budget, granted).await?;
    screen.report(&proof.object(), &proof.table(screen));
    let code = verdict(screen, &proof);
    Ok(Day { stage, cast, code })
}

fn verdict(screen: &Screen, proof: &Proof) -> ExitCode {
    if proof.wrong.is_empty() {
        screen.good("all delivered, each with a receipt, each completed once; the store was read and is identical");
        return ExitCode::SUCCESS;
    }
    for wrong in &proof.wrong {
        screen.trouble(wrong);
    }
    ExitCode::FAILURE
}

/// The page, and what to try next.
fn invite(screen: &Screen, stage: &Stage, place: &Place, cast: &Cast, args: &DemoArgs) {
    let satchel = program();
    let (outbox, store) = (quoted(&place.outbox), quoted(&place.receiver));
    let (photo, pictures) = (quoted(&cast.urgent.path), pictures());
    let page = stage.receiver.page_url();
    let address = stage.link.addr();
    let tries: [(String, &str); 3] = match (args.keep_serving, place.stays()) {
        (true, _) => [
            (format!("{satchel} status --outbox {outbox}"), "where each photo stands"),
            (format!("{satchel} check --outbox {outbox}"), "prove it against the receiver"),
            (
                format!("{satchel} add --outbox {outbox} --tag again {photo} && {satchel} sync --outbox {outbox}"),
                "say more of a photo, and see the page change",
            ),
        ],
        (false, true) => [
            (format!("{satchel} serve --listen {address} --store {store}"), "the receiver again, with its page"),
            (format!("{satchel} check --outbox {outbox}"), "prove the outbox against it, while it serves"),
            (format!("{satchel} status --outbox {outbox}"), "where each photo stands"),
        ],
        (false, false) => [
            (format!("{satchel} demo --fast --keep-serving"), "and look at the page"),
            (format!("{satchel} demo --photos {pictures}"), "the same day with your own photos"),
            (format!("{satchel} demo --fast --dir satchel-demo"), "and keep the outbox and the store"),
        ],
    };
    let mut lines = vec![String::new()];
    let (is, how) = if args.keep_serving {
        ("The page, until ctrl-c:", "its certificate is its own: a browser asks once whether to trust it")
    } else {
        ("The page, while the demo ran:", "with --keep-serving it stays up until ctrl-c")
    };
    lines.push(format!("   {is}"));
    lines.push(format!("     {}", screen.paint(Tone::Accent, &page)));
    lines.push(format!("       {}", screen.paint(Tone::Dim, how)));
    lines.push(String::new());
    lines.push("   To try next:".into());
    for (command, what) in &tries {
        lines.push(format!("     {}", screen.paint(Tone::Accent, command)));
        lines.push(format!("       {}", screen.paint(Tone::Dim, what)));
    }
    let next: Vec<&str> = tries.iter().map(|(command, _)| command.as_str()).collect();
    screen.report(&json!({ "event": "next", "page": page, "serving": args.keep_serving, "try": next }), &lines);
}

/// The store must not lie among the photos: a second run would take it for photos.
fn apart(photos: &Path, dir: &Path) -> Result<(), Failure> {
    let whole = |path: &Path| {
        let known = path.ancestors().find_map(|part| Some((part, part.canonicalize().ok()?)));
        known.map_or_else(|| path.to_owned(), |(part, whole)| whole.join(path.strip_prefix(part).unwrap_or(path)))
    };
    let absolute = |path: &Path| whole(&std::path::absolute(path).unwrap_or_else(|_| path.to_owned()));
    if absolute(dir).starts_with(absolute(photos)) {
        let (dir, photos) = (shown(dir), shown(photos));
        return Err(Failure::Told(format!("{dir} lies in {photos}, which is only read; give a --dir outside of it")));
    }
    Ok(())
}

/// How this program is called from here.
fn program() -> String {
    let Ok(exe) = std::env::current_exe() else { return "satchel".into() };
    let folder = exe.parent().map(Path::to_owned).unwrap_or_default();
    let on_path =
        std::env::var_os("PATH").is_some_and(|path| std::env::split_paths(&path).any(|entry| entry == folder));
    if on_path {
        return "satchel".into();
    }
    let here = std::env::current_dir().ok().and_then(|here| exe.strip_prefix(here).map(Path::to_owned).ok());
    quoted(&here.unwrap_or(exe))
}

/// Where this person's photos probably are.
fn pictures() -> String {
    let usual = std::env::home_dir().map(|home| home.join("Pictures")).filter(|folder| folder.is_dir());
    usual.map_or_else(|| "DIR".into(), |folder| quoted(&folder))
}

/// A path as a shell takes it.
fn quoted(path: &Path) -> String {
    let text = shown(path);
    let plain = text.chars().all(|c| c.is_alphanumeric() || "/\\:._-+@%".contains(c));
    if plain { text } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

/// Ctrl-C, or the signal by which a system ends programs.
async fn told_to_stop() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => return,
                _ = terminate.recv() => return,
            }
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}
