"""The build phase that makes the Rust core: played with a cargo of our own, in a folder that looks like the repository."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile

from project import Project


def phase_builds_the_core(folder):
    """The project's only script is that one, and it may read what cargo reads."""
    project = Project(folder)
    phases = list(project.of("PBXShellScriptBuildPhase").values())
    assert len(phases) == 1 and phases[0]["shellScript"].strip() == 'exec "$SRCROOT/build-core.sh"'
    assert os.access(folder / "build-core.sh", os.X_OK), "build-core.sh is not executable"
    for settings in project.settings(project.target("SatchelCore")).values():
        assert settings["ENABLE_USER_SCRIPT_SANDBOXING"] == "NO", "in the sandbox cargo reads nothing"
    stamp = phases[0]["outputPaths"][0].removeprefix("$(SRCROOT)/../")
    assert f"$root/{stamp}" in (folder / "build-core.sh").read_text(), "the output is another file"


class Play:
    """A repository with no cargo but ours."""

    def __init__(self, folder, root):
        self.root = pathlib.Path(root)
        (self.root / "ios-demo").mkdir()
        shutil.copy(folder / "build-core.sh", self.root / "ios-demo")
        for name in ("core/kernel/src", "bindings/ffi", "tools", "home"):
            (self.root / name).mkdir(parents=True)
        for name in ("Cargo.toml", "Cargo.lock", "core/kernel/src/lib.rs"):
            (self.root / name).write_text("")
        for tool in ("sh", "env", "dirname", "mkdir", "find", "head", "mv", "rm"):
            (self.root / "tools" / tool).symlink_to(shutil.which(tool))

    def cargo(self, script):
        file = self.root / "tools/cargo"
        file.write_text(f"#!/bin/sh\n{script}\n")
        file.chmod(0o755)

    def build(self):
        # Only what this folder has: a cargo of the machine's must not be found.
        script = self.root / "ios-demo/build-core.sh"
        script.write_text(re.sub(r"^PATH=.*$", "PATH=$SATCHEL_TOOLS", script.read_text(), flags=re.MULTILINE))
        tools = str(self.root / "tools")
        settings = {"PATH": tools, "SATCHEL_TOOLS": tools, "HOME": str(self.root / "home"), "SDKROOT": "iphoneos"}
        return subprocess.run(["sh", script], env=settings, capture_output=True, text=True, timeout=60)


def without_cargo_it_says_so(folder):
    """Without Rust, Xcode shows an error that says what to install."""
    with tempfile.TemporaryDirectory() as root:
        said = Play(folder, root).build()
        assert said.returncode != 0 and "error: cargo is not there" in said.stderr and "rustup" in said.stderr, said


def core_is_built_when_it_changed(folder):
    """It is built the first time, not again, and again once a source changed; without Xcode's own settings."""
    with tempfile.TemporaryDirectory() as root:
        play = Play(folder, root)
        package = "target/bindings/apple/Satchel"
        play.cargo(f'echo "$PWD $* ${{SDKROOT:-clean}}" >>"{root}/calls"; mkdir -p {package}; : >{package}/Package.swift')
        calls = lambda: (play.root / "calls").read_text().splitlines()
        assert play.build().returncode == 0 and calls() == [f"{play.root.resolve()} xtask bindings apple clean"], calls()
        assert play.build().returncode == 0 and len(calls()) == 1, "it was built again for nothing"
        source = play.root / "core/kernel/src/lib.rs"
        later = (play.root / "target/bindings/apple/.built-for-xcode").stat().st_mtime + 5
        os.utime(source, (later, later))
        assert play.build().returncode == 0 and len(calls()) == 2, "a change was not built"


def failed_build_stays_one(folder):
    """What was not built is not taken for built."""
    with tempfile.TemporaryDirectory() as root:
        play = Play(folder, root)
        play.cargo("exit 3")
        for _ in range(2):
            said = play.build()
            assert said.returncode != 0 and "error: Satchel's core was not built" in said.stderr, said
        assert not (play.root / "target/bindings/apple/.built-for-xcode").exists()
