//! A test in namespaces of its own: it starts itself once more, as the first process of a world that ends with it.

use std::env;
use std::process::Command;

use crate::world::World;

/// How `unshare` opens them here; set by `cargo xtask test`, which tries what works.
const OPTIONS: &str = "SATCHEL_TEST_NAMESPACES";
/// Set inside.
const INSIDE: &str = "SATCHEL_TEST_INSIDE";

/// Runs the test of this name in a world of its own. It sees the server's side of the cable; the phone has another.
pub(crate) fn within(test: &str, body: impl AsyncFnOnce(World)) {
    if env::var_os(INSIDE).is_some() {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        return runtime.block_on(async { body(World::open()).await });
    }
    let options = env::var(OPTIONS).unwrap_or_else(|_| "--user --map-root-user".into());
    let mut command = Command::new("unshare");
    command.args(options.split_whitespace()).args(["--mount", "--net", "--pid", "--fork", "--kill-child"]);
    command.arg(env::current_exe().unwrap()).args([test, "--exact", "--ignored", "--nocapture"]).env(INSIDE, "1");
    let output = command.output().unwrap_or_else(|e| panic!("unshare (util-linux): {e}"));
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}");
    assert!(said.contains("1 passed"), "it did not run inside: {said}");
    print!("{said}");
}
