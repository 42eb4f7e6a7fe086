//! Network namespaces of one's own, with a packet filter in them: Linux, `unshare` and `nsenter` (util-linux), `ip` (iproute2),
//! `nft` (nftables). No rights are asked for where users may have namespaces; else root's.

use std::env;
use std::ffi::OsString;
use std::process::Command;

use super::Places;
use crate::process::Run;

/// The variable that tells tests how `unshare` opens them.
const OPTIONS: &str = "SATCHEL_TEST_NAMESPACES";
/// As users, or as root.
const WAYS: [&str; 2] = ["--user --map-root-user", "--uts"];
/// Everything that the tests do with them, once each.
const TRIAL: &str = "mount -t tmpfs tmpfs /run && ip netns add phone \
    && ip link add cable type veth peer name wifi netns phone && nft -f - <<'RULES'
add table inet wall
add chain inet wall input { type filter hook input priority 0; }
add rule inet wall input tcp dport 443 @ih,0,16 0x1603 counter reject with tcp reset
add table ip wall
add chain ip wall turn { type nat hook prerouting priority -100; }
add rule ip wall turn tcp dport 80 dnat to 10.9.0.1:8080
RULES
";

pub(super) fn find() -> Result<Places, String> {
    let path = path();
    for (tool, package) in
        [("unshare", "util-linux"), ("nsenter", "util-linux"), ("ip", "iproute2"), ("nft", "nftables")]
    {
        if !env::split_paths(&path).any(|folder| folder.join(tool).is_file()) {
            return Err(format!("no {tool} on this machine: install {package} (Linux only)"));
        }
    }
    let mut why = String::new();
    for way in WAYS {
        let mut trial = Command::new("unshare");
        trial.args(way.split(' ')).args(["--mount", "--net", "--pid", "--fork", "--kill-child", "sh", "-c", TRIAL]);
        match Run::new(trial.env("PATH", &path)).text() {
            Ok(_) => return Ok(vec![(OPTIONS, way.into()), ("PATH", path)]),
            Err(error) => why = if why.is_empty() { error } else { format!("{why}; as root: {error}") },
        }
    }
    Err(format!("no network namespaces with a packet filter can be made here ({why})"))
}

/// Users' own path may lack the folders of root's tools, which do their work in namespaces of a user as well.
fn path() -> OsString {
    let mut path = env::var_os("PATH").unwrap_or_default();
    path.push(":/usr/sbin:/sbin");
    path
}
