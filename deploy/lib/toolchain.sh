# shellcheck shell=bash
# The Rust toolchain, found even when a shell was opened before it was installed.

# need_cargo: fails with the way out when there is no cargo.
need_cargo() {
    command -v cargo >/dev/null || PATH=$PATH:${CARGO_HOME:-$HOME/.cargo}/bin
    command -v cargo >/dev/null || fail "cargo is missing; install Rust from https://rustup.rs, then run this again"
}
