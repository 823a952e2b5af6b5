#!/usr/bin/env bash
# Every check a change must pass, against real servers: format, lints, tests, documentation,
# and the dependency rules where cargo-deny is installed.
#
# Promises: its servers live under target/test, so those of `make services` are not touched, and
# are gone at the end, also after a failure; stops at the first check that fails and names it.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
TEST_DIR=$ROOT/target/test
export SERVICES_DIR=$TEST_DIR/services
STEP=start

for part in report envfile toolchain lock; do
    # shellcheck disable=SC1090
    . "$ROOT/deploy/lib/$part.sh"
done

# clean_up: takes the servers down and says how it ended.
clean_up() {
    local code=$? left
    trap '' INT TERM
    trap - EXIT
    rm -rf "$TEST_DIR/log"
    if [ "$code" -ne 0 ] && [ -d "$SERVICES_DIR/log" ]; then
        cp -r "$SERVICES_DIR/log" "$TEST_DIR/log"
        say "the servers' logs: $TEST_DIR/log"
    fi
    "$ROOT/deploy/services.sh" down 9>&- || code=1
    # Servers of tests that were killed before they could take them down.
    for left in "$ROOT"/target/e2e/*/state; do
        [ ! -d "$left" ] || SERVICES_DIR=${left%/state} "$ROOT/deploy/services.sh" down 9>&- || code=1
    done
    if [ "$code" -eq 0 ]; then
        say "── every check passed, $SECONDS s"
    else
        say "── FAILED at: $STEP, $SECONDS s"
    fi
    exit "$code"
}

# step NAME COMMAND…: one check, with its name and time shown.
step() {
    STEP=$1
    shift
    say "── $STEP (at $SECONDS s)"
    "$@" 9>&-
}

# scripts: every shell script parses, and passes shellcheck where that is installed.
scripts() {
    local script
    local -a all=(deploy/*.sh deploy/lib/*.sh tests/*.sh .ci/run)
    for script in "${all[@]}"; do bash -n "$script"; done
    if command -v shellcheck >/dev/null; then
        shellcheck -x "${all[@]}"
    else
        say "skipped: shellcheck is not installed"
    fi
}

# dependency_rules: bans, licenses and sources of deny.toml.
dependency_rules() {
    if cargo deny --version >/dev/null 2>&1; then
        # The graph names other systems' dependencies too; without them it cannot be read offline.
        cargo fetch --locked && cargo deny --offline check bans licenses sources
    else
        say "skipped: cargo-deny is not installed"
    fi
}

need_cargo
lock_state "$TEST_DIR"
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
cd "$ROOT"

step scripts scripts
step servers deploy/services.sh up
env_load "$SERVICES_DIR/services.env"
step format cargo fmt --all --check
step lints cargo clippy --workspace --all-targets --locked -- -D warnings
# The end-to-end tests start the programs as they are run for real.
step programs cargo build --workspace --locked
step tests cargo test --workspace --locked
RUSTDOCFLAGS="-D warnings" step documentation cargo doc --workspace --no-deps --locked
step "dependency rules" dependency_rules
