//! Swift 6 with its package manager and its formatter: the system's, or on Debian the distribution's own packages,
//! unpacked into a folder of the cache.
//!
//! Nothing is installed for that and no rights are asked for: apt fetches the packages with settings and lists of its own,
//! they are unpacked, and a program in them runs in a mount namespace of its own that has the folder as its root and sees
//! the few folders that it works on. The mounts end with the program.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::cache::Cache;
use crate::process::{Run, on_path};

/// The oldest version that the bindings are written in.
const OLDEST: (u32, u32) = (6, 0);
/// Debian's release that has it: 6.0.3.
const RELEASE: &str = "trixie";
/// What a build needs; the last four for scripts and for the package manager.
const PACKAGES: &str = "swiftlang gcc libc6-dev libstdc++-14-dev ca-certificates bash dash coreutils git";
/// Changes when the way of setting up does, so that it is done anew.
const WAY: &str = "1";
/// Where the packages put its programs.
const PROGRAMS: &str = "/usr/libexec/swift/bin";
/// Makes folders visible below the root, enters it, goes to a folder and starts a program:
/// `ROOT FOLDER VISIBLE… -- PROGRAM…`.
const ENTER: &str = r#"
PATH=$PATH:/usr/sbin:/sbin
root=$1 folder=$2
shift 2
while [ "$1" != -- ]; do
    mkdir -p "$root$1" && mount --rbind "$1" "$root$1" || exit 1
    shift
done
shift
for file in /etc/hosts /etc/passwd; do
    [ ! -e "$file" ] || { : >>"$root$file" && mount --bind "$file" "$root$file"; } || exit 1
done
exec chroot "$root" /usr/bin/env PATH="$SATCHEL_SWIFT_PATH" sh -c 'cd "$1" && shift && exec "$@"' sh "$folder" "$@"
"#;

/// A Swift that can be started.
#[derive(Debug, Clone)]
pub(crate) enum Swift {
    /// `swift` of the system.
    System(PathBuf),
    /// A folder with Debian's packages, and the words that open a namespace.
    Unpacked { root: PathBuf, home: PathBuf, namespace: &'static [&'static str] },
}

impl Swift {
    /// The system's, or one that is set up now unless an earlier run did.
    pub(crate) fn find(cache: &Cache) -> Result<Self, String> {
        let why = match of_system() {
            Ok(swift) => return Ok(swift),
            Err(why) => why,
        };
        unpacked(cache).map_err(|e| {
            format!("{why}: install Swift {}.{} or newer with its package manager ({e})", OLDEST.0, OLDEST.1)
        })
    }

    /// Whether it is there already: setting it up fetches half a gigabyte and fills three.
    pub(crate) fn at_hand(cache: &Cache) -> bool {
        of_system().is_ok() || cache.has(NAME, &made_from())
    }

    /// `swift`, run in a folder. It sees at least these folders, at their own paths.
    pub(crate) fn command(&self, folder: &Path, visible: &[&Path]) -> Command {
        match self {
            Self::System(swift) => {
                let mut command = Command::new(swift);
                command.current_dir(folder);
                command
            }
            Self::Unpacked { root, home, namespace } => {
                let mut command = Command::new("unshare");
                command.args(*namespace).args(["sh", "-c", ENTER, "sh"]).arg(root).arg(folder);
                let temporary = std::env::temp_dir();
                let system = [Path::new("/proc"), Path::new("/dev"), Path::new("/etc/ssl"), &temporary, home, folder];
                command.args(system.iter().chain(visible).filter(|folder| folder.is_dir()));
                command.args(["--", "swift"]).env("HOME", home);
                command.env("SATCHEL_SWIFT_PATH", format!("{PROGRAMS}:/usr/bin:/bin"));
                command
            }
        }
    }
}

/// As the cache calls it.
const NAME: &str = "swift";

fn made_from() -> [&'static [u8]; 3] {
    [WAY.as_bytes(), RELEASE.as_bytes(), PACKAGES.as_bytes()]
}

fn of_system() -> Result<Swift, String> {
    let swift = on_path(&["swift"]).ok_or("no Swift on this machine")?;
    let said = Run::new(Command::new(&swift).arg("--version")).text()?;
    match version_of(&said) {
        Some(version) if version >= OLDEST => Ok(Swift::System(swift)),
        _ => Err(format!("Swift is too old ({})", said.lines().next().unwrap_or_default())),
    }
}

/// `6.0.3` of `Swift version 6.0.3 (…)`.
fn version_of(said: &str) -> Option<(u32, u32)> {
    let number = said.split("Swift version ").nth(1)?.split([' ', '-']).next()?;
    let mut numbers = number.split('.').map(|number| number.parse().ok());
    Some((numbers.next()??, numbers.next().flatten().unwrap_or(0)))
}

fn unpacked(cache: &Cache) -> Result<Swift, String> {
    let namespace = namespace()?;
    let folder = cache.keep(NAME, &made_from(), |folder| {
        let apt = on_path(&["apt-get"]).filter(|_| on_path(&["dpkg-deb"]).is_some());
        let apt = apt.ok_or("there are no Debian packages on this system")?;
        fetch(&apt, folder)?;
        unpack(folder)
    })?;
    let home = cache.folder("swift-home");
    fs::create_dir_all(&home).map_err(|e| format!("{}: {e}", home.display()))?;
    Ok(Swift::Unpacked { root: folder.join("root"), home, namespace })
}

/// What opens a mount namespace here.
fn namespace() -> Result<&'static [&'static str], String> {
    const WAYS: [&[&str]; 2] = [&["--user", "--map-root-user", "--mount"], &["--mount"]];
    let works = |words: &&&[&str]| Run::new(Command::new("unshare").args(**words).arg("true")).text().is_ok();
    WAYS.iter().find(works).copied().ok_or_else(|| "no mount namespace can be opened here".into())
}

/// Fetches the packages and what they depend on into `archives`, with lists of their own below `folder`.
fn fetch(apt: &Path, folder: &Path) -> Result<(), String> {
    let place = |e: std::io::Error| format!("{}: {e}", folder.display());
    for name in ["lists/partial", "archives/partial", "nothing"] {
        fs::create_dir_all(folder.join("apt").join(name)).map_err(place)?;
    }
    let keys = Path::new("/usr/share/keyrings/debian-archive-keyring.gpg");
    let signed = if keys.is_file() { format!(" [signed-by={}]", keys.display()) } else { String::new() };
    fs::write(folder.join("apt/sources.list"), format!("deb{signed} {} {RELEASE} main\n", mirror(apt)?))
        .map_err(place)?;
    fs::write(folder.join("apt/status"), "").map_err(place)?;
    let at = |setting: &str, name: &str| format!("-o{setting}={}", folder.join("apt").join(name).display());
    let settings = [
        at("Dir::Etc::sourcelist", "sources.list"),
        at("Dir::Etc::sourceparts", "nothing"),
        at("Dir::Etc::preferencesparts", "nothing"),
        at("Dir::Etc::preferences", "nothing/preferences"),
        at("Dir::State", "."),
        at("Dir::State::lists", "lists"),
        at("Dir::State::status", "status"),
        at("Dir::Cache", "."),
        at("Dir::Cache::archives", "archives"),
        "-oAPT::Install-Recommends=false".into(),
        "-oAPT::Sandbox::User=root".into(),
    ];
    println!("fetching Swift and what it needs from Debian's packages: about 550 MB");
    Run::new(Command::new(apt).args(&settings).args(["--quiet", "update"])).text()?;
    let mut install = Command::new(apt);
    install.args(&settings).args(["--quiet", "--yes", "--download-only", "install"]).args(PACKAGES.split(' '));
    Run::new(&mut install).text().map(drop)
}

/// Where this Debian gets its packages from.
fn mirror(apt: &Path) -> Result<String, String> {
    let system = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let value = |name: &str| {
        let line = system.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='))?;
        Some(line.trim_matches('"').to_owned())
    };
    if value("ID").as_deref() != Some("debian") {
        return Err("only on Debian it is set up from the system's packages".into());
    }
    let mut ask = Command::new(apt);
    ask.args(["indextargets", "--format", "$(RELEASE) $(REPO_URI)", "Created-By: Packages"]);
    let said = Run::new(&mut ask).text()?;
    let own = value("VERSION_CODENAME").unwrap_or_default();
    let of_release = said.lines().find_map(|line| line.strip_prefix(&own)?.strip_prefix(' '));
    of_release.map(str::to_owned).ok_or_else(|| "apt names no place that it gets Debian's packages from".into())
}

fn unpack(folder: &Path) -> Result<(), String> {
    let place = |e: std::io::Error| format!("{}: {e}", folder.display());
    let root = folder.join("root");
    for name in ["usr/bin", "usr/sbin", "usr/lib", "usr/lib64", "proc", "dev", "tmp", "etc"] {
        fs::create_dir_all(root.join(name)).map_err(place)?;
    }
    #[cfg(unix)]
    for name in ["bin", "sbin", "lib", "lib64"] {
        std::os::unix::fs::symlink(format!("usr/{name}"), root.join(name)).map_err(place)?;
    }
    let archives = folder.join("apt/archives");
    println!("unpacking Swift: about 3 GB");
    for entry in fs::read_dir(&archives).map_err(place)?.flatten() {
        let package = entry.path();
        if package.extension().is_some_and(|ending| ending == "deb") {
            one(&package, &root)?;
        }
    }
    // What was unpacked is all that is needed.
    fs::remove_dir_all(folder.join("apt")).map_err(place)
}

/// Unpacks one package; links that stand for folders stay.
fn one(package: &Path, root: &Path) -> Result<(), String> {
    let name = package.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let problem = |e: std::io::Error| format!("{name}: {e}");
    let mut read = Command::new("dpkg-deb");
    let mut read = read.arg("--fsys-tarfile").arg(package).stdout(Stdio::piped()).spawn().map_err(problem)?;
    let mut write = Command::new("tar");
    write.args(["--extract", "--keep-directory-symlink", "--no-same-owner", "--directory"]).arg(root);
    write.stdin(read.stdout.take().expect("it was asked for as a pipe"));
    let written = write.status();
    let well = read.wait().map_err(problem)?.success() && written.map_err(problem)?.success();
    if well { Ok(()) } else { Err(format!("{name} could not be unpacked")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_all_systems_are_read() {
        assert_eq!(version_of("Swift version 6.0.3 (swift-6.0.3-RELEASE)\nTarget: x"), Some((6, 0)));
        assert_eq!(version_of("swift-driver version: 1.1 Apple Swift version 6.2 (swiftlang-6)"), Some((6, 2)));
        assert_eq!(version_of("Swift version 6.3-dev (LLVM)"), Some((6, 3)));
        assert!(version_of("Swift version 5.10.1 (x)") < Some(OLDEST));
        assert_eq!(version_of("nonsense"), None);
    }
}
