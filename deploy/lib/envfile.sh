# shellcheck shell=bash
# Files of NAME=value lines, as services.env and stack.env are. Values are taken
# literally: no quotes, no expansion, so a value can never run as a command.

# env_load FILE: exports every NAME=value line of the file.
env_load() {
    local name value
    while IFS='=' read -r name value; do
        case $name in '' | '#'*) continue ;; esac
        export "$name=$value"
    done <"$1"
}

# env_get FILE NAME: prints the value of a name, nothing when it is not there.
env_get() {
    [ -f "$1" ] || return 0
    sed -n "s/^$2=//p" "$1" | tail -n 1
}

# env_set FILE NAME VALUE: sets a name; the file is replaced as a whole and stays private.
env_set() {
    local file=$1 name=$2 value=$3
    (
        umask 077
        { [ ! -f "$file" ] || grep -v "^$name=" "$file" || true; printf '%s=%s\n' "$name" "$value"; } >"$file.new"
    )
    mv -f "$file.new" "$file"
}

# env_get_line FILE NAME: prints NAME=value.
env_get_line() { printf '%s=%s\n' "$2" "$(env_get "$1" "$2")"; }
