#!/usr/bin/env bash
# The figures of this machine: ceilings and the pipeline beside them, measured in one run. With the word
# growth: the drain rate with more and more alerts stored.
#
# Promises: has servers of its own under target/bench, which are gone at the end, also after a failure.
# Needs the release build.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export SERVICES_DIR=$ROOT/target/bench/services

for part in report envfile; do
    # shellcheck disable=SC1090
    . "$ROOT/deploy/lib/$part.sh"
done

clean_up() {
    local code=$?
    trap '' INT TERM
    trap - EXIT
    "$ROOT/deploy/services.sh" down || code=1
    exit "$code"
}

trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

cd "$ROOT"
deploy/services.sh up
env_load "$SERVICES_DIR/services.env"
"${CARGO_TARGET_DIR:-$ROOT/target}/release/calseta-load" "${1:-bench}" \
    --bin-dir "${CARGO_TARGET_DIR:-$ROOT/target}/release"
