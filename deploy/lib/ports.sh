# shellcheck shell=bash
# Free ports on the loopback interface. They are taken below the range the kernel uses for
# outgoing connections, so that a port that was free mostly stays free while its server starts.
# The private RabbitMQ and Postgres, which take seconds, start again on others when theirs were taken.

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

# port_ours FILE PORT: whether the recorded process, or one below it, listens there: a stranger may answer.
port_ours() {
    local pid member inode hex
    pid=$(process_pid "$1") || return 1
    printf -v hex ':%04X' "$2"
    while read -r inode; do
        for member in $(process_family "$pid"); do
            [ -z "$(find "/proc/${member%:*}/fd" -lname "socket:\[$inode\]" 2>/dev/null)" ] || return 0
        done
    done < <(awk -v port="$hex" '$4 == "0A" && index($2, port) { print $10 }' /proc/net/tcp /proc/net/tcp6 2>/dev/null)
    return 1
}

# How often a server is started before a port that is taken each time counts as a failure.
# shellcheck disable=SC2034  # of those who start servers
PORT_TRIES=3

# port_move FILE NAME…: picks, records and prints another port for each name.
port_move() {
    local file=$1 name port
    shift
    for name in "$@"; do
        port=$(port_pick)
        say "$name moves from $(env_get "$file" "$name") to $port: its server could not start there"
        env_set "$file" "$name" "$port"
        printf '%s\n' "$port"
    done
}

# log_size LOG: its bytes, 0 when there is none.
log_size() { stat -c %s "$1" 2>/dev/null || echo 0; }

# port_lost FILE LOG FROM: whether the recorded process ended and wrote, after the first FROM bytes, that its port
# was taken.
port_lost() {
    ! process_pid "$1" >/dev/null &&
        tail -c "+$(($3 + 1))" "$2" | grep -iE 'port_already_used|eaddrinuse|address already in use' >/dev/null
}
