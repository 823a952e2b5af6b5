# shellcheck shell=bash
# What the scripts say. Progress and errors go to stderr, so that stdout stays
# usable by a caller (`eval`, a pipe); an error always says what to do next.

# say TEXT…: one line of progress.
say() { printf '%s\n' "$*" >&2; }

# fail TEXT…: one line of error, then exit 1.
fail() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# show_log_end FILE: the last lines of a log, indented, when there are any.
show_log_end() {
    [ -s "$1" ] || return 0
    say "last lines of $1:"
    tail -n 25 "$1" | sed 's/^/    /' >&2
}

# random_hex BYTES: random bytes as lower-case hex.
random_hex() { od -An -v -N "$1" -tx1 /dev/urandom | tr -d ' \n'; }

# usage_of SCRIPT: its header comment as help; exit 64.
usage_of() {
    sed -n '2,/^set /p' "$1" | sed -n 's/^# \{0,1\}//p' >&2
    exit 64
}
