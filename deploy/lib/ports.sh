# shellcheck shell=bash
# Free ports on the loopback interface. They are taken below the range the kernel uses for
# outgoing connections, so that a port that was free mostly stays free while its server starts;
# a server that finds it taken all the same starts again on others.

# port_open PORT [HOST]: whether something accepts connections there.
port_open() { (exec 8<>"/dev/tcp/${2:-127.0.0.1}/$1") 2>/dev/null; }

# port_used PORT: whether a socket of this machine listens on it, at whatever address.
port_used() {
    local hex
    printf -v hex ':%04X' "$1"
    cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | awk -v port="$hex" '$4 == "0A" && index($2, port) { used = 1 } END { exit !used }'
}

# port_pick: prints a free port.
port_pick() {
    local port
    for _ in $(seq 200); do
        port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
        port_used "$port" || { printf '%s' "$port"; return 0; }
    done
    fail "no free port between 20000 and 32000"
}

# port_keep FILE NAME: prints the port recorded in an env file; picks and records another when
# there is none yet, or when a stranger took it while we were down.
port_keep() {
    local port
    port=$(env_get "$1" "$2")
    if [ -z "$port" ] || port_used "$port"; then
        [ -z "$port" ] || say "port $port ($2) is taken by another program now: using another"
        port=$(port_pick)
        env_set "$1" "$2" "$port"
    fi
    printf '%s' "$port"
}

# How often a server is started before a port that is taken each time counts as a failure.
PORT_TRIES=3

# port_move FILE NAME…: picks, records and prints another port for each name.
port_move() {
    local file=$1 name port
    shift
    for name in "$@"; do
        port=$(port_pick)
        say "a port was taken while its server started: $name moves from $(env_get "$file" "$name") to $port"
        env_set "$file" "$name" "$port"
        printf '%s\n' "$port"
    done
}

# port_refused LOG: whether a server that ended at its start says there that its port was taken.
port_refused() { tail -n 60 "$1" | grep -qiE 'port_already_used|eaddrinuse|address already in use'; }
