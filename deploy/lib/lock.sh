# shellcheck shell=bash
# One run at a time for each state directory. The lock file lies beside the directory, which a
# `down` may remove; it is held on descriptor 9, which background programs do not inherit.

# lock_state DIRECTORY: waits for its lock and holds it until we exit.
lock_state() {
    mkdir -p "$(dirname "$1")"
    { exec 9>"$1.lock"; } 2>/dev/null || fail "cannot write $1.lock; was it made by another user?"
    flock -n 9 || { say "waiting: another run holds $1.lock"; flock 9; }
}
