#!/bin/sh
# The project's build phase: builds the Rust core for Apple's systems, and composes the Swift package that the app links. It does
# nothing when no source changed since.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/.." && pwd)
package=$root/target/bindings/apple/Satchel
stamp=$root/target/bindings/apple/.built-for-xcode

if [ -e "$package/Package.swift" ] && [ -e "$stamp" ]; then
    newer=$(find "$root/core" "$root/bindings" "$root/Cargo.toml" "$root/Cargo.lock" -type f -newer "$stamp" 2>/dev/null | head -n 1)
    [ -n "$newer" ] || exit 0
fi

# Xcode starts scripts without a person's own PATH.
PATH=$HOME/.cargo/bin:/opt/homebrew/bin:/usr/local/bin:$PATH
if ! command -v cargo >/dev/null 2>&1; then
    echo "error: cargo is not there, which builds Satchel's core. Install Rust from https://rustup.rs, then build again." >&2
    exit 1
fi

# The time before, so that what is saved during the build counts as newer.
mkdir -p "$(dirname "$stamp")"
: >"$stamp.next"
cd "$root"
# Without Xcode's own settings: SDKROOT, for one, would be taken for the Mac's by the build scripts of crates.
if ! env -i HOME="$HOME" PATH="$PATH" USER="${USER:-}" ${TMPDIR:+TMPDIR="$TMPDIR"} \
    ${DEVELOPER_DIR:+DEVELOPER_DIR="$DEVELOPER_DIR"} cargo xtask bindings apple; then
    rm -f "$stamp.next"
    echo "error: Satchel's core was not built. The lines above say what is missing; \`cargo xtask bindings apple\` in a terminal says it too." >&2
    exit 1
fi
mv "$stamp.next" "$stamp"
