//! Poster frames and small films by ffmpeg, where that is installed: the command's port for what the engine does not read.
//!
//! ffmpeg is a program of its own: it gets a file and no network, has its time, and is ended with the command. Photos that
//! the engine cannot read have no preview here: ffmpeg shows the first tile of a HEIC for the whole of it.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use satchel::previews::FILM;
use satchel::{AssetKind, PreviewRequest, Previewer, Source};

/// What films cannot have without it, for people.
pub(crate) const MISSING: &str =
    "ffmpeg is not installed here: films show no picture until they are there whole; their words go first all the same";

/// Names another ffmpeg than the one that is found.
const ENV: &str = "SATCHEL_FFMPEG";
/// How long a picture may take, in seconds.
const PICTURE_S: u64 = 20;
/// How long a film may take, in seconds.
const FILM_S: u64 = 180;
/// Of a longer film, so many seconds from its beginning.
const LONGEST_S: f64 = 120.0;
/// Bits a second of a film's sound.
const SOUND: f64 = 32_000.0;
/// What is read: containers of cameras and phones, and no list that names other files.
const CONTAINERS: &str = "mov,matroska,avi,mpegts,mpeg,mpegvideo";
/// Between two looks whether it is done.
const LOOK: Duration = Duration::from_millis(20);

/// Programs that run, so that none outlives the command.
static RUNNING: Mutex<Running> = Mutex::new(Running { children: Vec::new(), stopped: false });

struct Running {
    children: Vec<Arc<Mutex<Child>>>,
    stopped: bool,
}

/// Makes pictures and films with ffmpeg.
pub(crate) struct Ffmpeg {
    program: PathBuf,
}

impl Ffmpeg {
    /// The one that is installed.
    pub(crate) fn find() -> Option<Self> {
        let named = std::env::var_os(ENV).map(PathBuf::from);
        let program = match named {
            Some(named) => Some(named).filter(|program| program.is_file()),
            None => std::env::split_paths(&std::env::var_os("PATH")?)
                .map(|folder| folder.join(format!("ffmpeg{}", std::env::consts::EXE_SUFFIX)))
                .find(|program| program.is_file()),
        };
        program.map(|program| Self { program })
    }

    fn command(&self, source: &Path) -> Command {
        let mut input = std::ffi::OsString::from("file:");
        input.push(source);
        let mut command = Command::new(&self.program);
        command
            .args(["-nostdin", "-hide_banner", "-loglevel", "info", "-nostats", "-y"])
            .args(["-protocol_whitelist", "file", "-format_whitelist", CONTAINERS])
            .arg("-i")
            .arg(input)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    }

    /// How long a film is, in seconds.
    fn duration(&self, source: &Path) -> Option<f64> {
        let mut command = self.command(source);
        command.stderr(Stdio::piped());
        let child = started(&mut command)?;
        let said = locked(&child).stderr.take();
        let mut words = String::new();
        // Without an output it says what it sees, and ends.
        said?.take(64 << 10).read_to_string(&mut words).ok()?;
        finished(&child, PICTURE_S);
        seconds(&words)
    }

    fn film_of(&self, source: &Path, to: &Path, longest: u32) -> bool {
        let Some(length) = self.duration(source).filter(|length| *length > 0.0) else { return false };
        let length = length.min(LONGEST_S);
        // The container takes a little, and an encoder that is told a rate keeps to it nearly.
        for share in [0.90, 0.60] {
            let rate = (FILM as f64 * 8.0 * share / length - SOUND).min(4_000_000.0);
            let side = if rate < 250_000.0 {
                640
            } else if rate < 700_000.0 {
                854
            } else {
                longest
            };
            let rate = format!("{rate:.0}");
            let mut command = self.command(source);
            command
                .args(["-t", &format!("{length:.3}"), "-map", "0:v:0", "-map", "0:a:0?"])
                .args(["-map_metadata", "-1", "-map_chapters", "-1", "-fflags", "+bitexact"])
                .args(["-vf", &format!("{},fps=fps='min(30,source_fps)'", scaled(side)), "-pix_fmt", "yuv420p"])
                .args(["-c:v", "libx264", "-preset", "veryfast", "-flags:v", "+bitexact"])
                .args(["-b:v", &rate, "-maxrate", &rate, "-bufsize", &rate])
                .args(["-c:a", "aac", "-ac", "1", "-b:a", &format!("{SOUND:.0}"), "-flags:a", "+bitexact"])
                .args(["-movflags", "+faststart", "-f", "mp4"])
                .arg(to);
            if !ran(&mut command, FILM_S) {
                return false;
            }
            if to.metadata().is_ok_and(|film| (1..=FILM).contains(&film.len())) {
                return true;
            }
        }
        false
    }
}

impl Previewer for Ffmpeg {
    fn picture(&self, request: &PreviewRequest) -> bool {
        let (AssetKind::Video, Source::File(source)) = (request.kind, &request.source) else { return false };
        let mut command = self.command(source);
        command
            .args(["-map", "0:v:0", "-frames:v", "1", "-map_metadata", "-1"])
            .args(["-vf", &format!("thumbnail=n=50,{}", scaled(request.longest)), "-q:v", "3", "-f", "mjpeg"])
            .arg(&request.to);
        ran(&mut command, PICTURE_S) && request.to.metadata().is_ok_and(|picture| picture.len() > 0)
    }

    fn film(&self, request: &PreviewRequest) -> bool {
        let (AssetKind::Video, Source::File(source)) = (request.kind, &request.source) else { return false };
        self.film_of(source, &request.to, request.longest)
    }
}

/// A filter: the longer side at most so many pixels, both even.
fn scaled(longest: u32) -> String {
    format!(
        "scale=w='if(gte(iw,ih),min({longest},trunc(iw/2)*2),-2)':h='if(gte(iw,ih),-2,min({longest},trunc(ih/2)*2))'"
    )
}

/// `Duration: 00:01:02.34` among what it says of a file.
fn seconds(words: &str) -> Option<f64> {
    let (_, rest) = words.split_once("Duration: ")?;
    let mut parts = rest.split(',').next()?.split(':').map(|part| part.trim().parse::<f64>().ok());
    Some(parts.next()?? * 3600.0 + parts.next()?? * 60.0 + parts.next()??)
}

fn ran(command: &mut Command, seconds: u64) -> bool {
    started(command).is_some_and(|child| finished(&child, seconds))
}

fn started(command: &mut Command) -> Option<Arc<Mutex<Child>>> {
    let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    if running.stopped {
        return None;
    }
    let child = Arc::new(Mutex::new(command.spawn().ok()?));
    running.children.push(child.clone());
    Some(child)
}

/// Whether it ended well, in time.
fn finished(child: &Arc<Mutex<Child>>, seconds: u64) -> bool {
    let looks = seconds * 1000 / u64::try_from(LOOK.as_millis()).unwrap_or(1);
    let mut well = false;
    for _ in 0..looks {
        match locked(child).try_wait() {
            Ok(None) => {}
            Ok(Some(status)) => {
                well = status.success();
                break;
            }
            Err(_) => break,
        }
        std::thread::sleep(LOOK);
    }
    end(child);
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner).children.retain(|running| !Arc::ptr_eq(running, child));
    well
}

fn locked(child: &Arc<Mutex<Child>>) -> std::sync::MutexGuard<'_, Child> {
    child.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Ends one that still runs.
fn end(child: &Arc<Mutex<Child>>) {
    let mut child = locked(child);
    if let Ok(None) = child.try_wait() {
        let _ = child.kill();
        let _ = child.wait();
    }
}

/// Ends all that run; none begins any more. For the end of the command.
pub(crate) fn stop() {
    let children = {
        let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        running.stopped = true;
        std::mem::take(&mut running.children)
    };
    children.iter().for_each(end);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_words_tell_how_long_a_film_is() {
        let words = "Input #0, mov, from 'file:a.mp4':\n  Duration: 00:01:02.50, start: 0.000000, bitrate: 100 kb/s\n";
        assert_eq!(seconds(words), Some(62.5));
        assert_eq!(seconds("  Duration: N/A, bitrate: N/A"), None);
        assert_eq!(seconds("no film"), None);
    }

    #[test]
    fn what_runs_too_long_is_ended_and_leaves_nothing() {
        let mut command = Command::new("sleep");
        let child = started(command.arg("600")).unwrap();
        assert!(!finished(&child, 1));
        assert!(locked(&child).try_wait().unwrap().is_some(), "it runs still");
    }
}
