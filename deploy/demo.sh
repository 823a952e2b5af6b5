#!/usr/bin/env bash
# The demo: from a checkout with nothing but Rust and make to sample alerts lying normalized in
# Postgres, then back to nothing.
#
# Promises: has state of its own under target/demo, so a stack from `make up` is not touched;
# takes everything down whatever happens, also on Ctrl-C; exits 0 only when every sample alert was
# accepted and stored. Refuses nothing that services.sh and stack.sh accept. On failure the logs of
# the programs stay in target/demo/stack.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
DEMO_DIR=$ROOT/target/demo
export SERVICES_DIR=$DEMO_DIR/services STACK_DIR=$DEMO_DIR/stack
BIN=$(realpath -m "${CARGO_TARGET_DIR:-$ROOT/target}")/release

for part in report envfile toolchain lock; do
    # shellcheck disable=SC1090
    . "$ROOT/deploy/lib/$part.sh"
done

# clean_up: ends everything; a demo that could not clean up after itself has failed.
clean_up() {
    local code=$?
    trap '' INT TERM
    trap - EXIT
    say "── taking everything down"
    "$ROOT/deploy/stack.sh" down 9>&- || code=1
    "$ROOT/deploy/services.sh" down 9>&- || code=1
    if [ "$code" -eq 0 ]; then
        rm -rf "$DEMO_DIR"
        say "── the demo ended well after $SECONDS s"
    else
        say "── the demo FAILED after $SECONDS s (exit $code); logs, if any: $STACK_DIR"
    fi
    exit "$code"
}

need_cargo
lock_state "$DEMO_DIR"
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

say "── servers"
"$ROOT/deploy/services.sh" up 9>&-

say "── release build (minutes at first, seconds later)"
cd "$ROOT"
cargo build --release --locked -p calseta-gateway -p calseta-worker -p calseta-load 9>&-

say "── gateway and two workers"
"$ROOT/deploy/stack.sh" up 9>&- >/dev/null

say "── sample alerts"
env_load "$STACK_DIR.env"
"$BIN/calseta-load" samples 9>&-
