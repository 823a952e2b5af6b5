#!/usr/bin/env bash
# Breaks everything that can break under load, and accounts for every accepted alert.
#
#   deploy/chaos.sh [--seed N] [--seconds N] [--rate N]
#
# Promises: has servers of its own under target/chaos, since it kills them; takes everything down at the
# end, also after a failure or Ctrl-C; exits 0 only when nothing was lost and nothing is there twice.
# The ledger goes to target/chaos.json. Needs the release build.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
BIN=$(realpath -m "${CARGO_TARGET_DIR:-$ROOT/target}")/release
CHAOS_DIR=$ROOT/target/chaos
export SERVICES_DIR=$CHAOS_DIR/services
# Servers that others named are never killed.
unset AMQP_URL DATABASE_URL

for part in report lock; do
    # shellcheck disable=SC1090
    . "$ROOT/deploy/lib/$part.sh"
done

# clean_up: the tool first, since its programs end with it; then the servers.
clean_up() {
    local code=$? run
    trap '' INT TERM
    trap - EXIT
    for run in $(jobs -pr); do kill -TERM "$run" && { wait "$run" || true; }; done
    if [ "$code" -ne 0 ] && [ -d "$SERVICES_DIR/log" ]; then
        rm -rf "$CHAOS_DIR/log"
        cp -r "$SERVICES_DIR/log" "$CHAOS_DIR/log"
        say "the servers' logs: $CHAOS_DIR/log"
    fi
    "$ROOT/deploy/services.sh" down 9>&- || code=1
    exit "$code"
}

lock_state "$CHAOS_DIR"
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

cd "$ROOT"
deploy/services.sh up 9>&-
# In the background, so that a signal is acted on at once; in a session of its own, so that Ctrl-C reaches
# the programs through the tool alone.
setsid "$BIN/calseta-load" chaos --bin-dir "$BIN" --services-dir "$SERVICES_DIR" "$@" 9>&- &
wait $!
