# shellcheck shell=bash
# Where each server comes from, in this order: a server named by the caller's environment, the
# machine's own binaries, a container when a Docker engine runs, an apt package when we are root.

# external_url SERVER: the URL the caller's environment names, unless it is the one we wrote ourselves.
external_url() {
    local url own
    if [ "$1" = rabbitmq ]; then
        url=${AMQP_URL:-} own=$(rabbitmq_url)
    else
        url=${DATABASE_URL:-} own=$(postgres_url)
    fi
    [ "$url" = "$own" ] || printf '%s' "$url"
}

# external_check NAME URL DEFAULT_PORT: fails unless something listens there.
external_check() {
    local address host port
    address=$(sed -E 's#^[a-z]+://([^/@]*@)?([^/?]*).*#\2#' <<<"$2")
    host=${address%:*} port=${address##*:}
    [ "$port" != "$address" ] || port=$3
    host=${host#[} host=${host%]}
    port_open "$port" "$host" || fail "$1 is set, but nothing answers at $host:$port; start that server, or unset $1 to use a private one"
}

# binaries_found SERVER
binaries_found() {
    if [ "$1" = rabbitmq ]; then rabbitmq_sbin >/dev/null; else postgres_bin >/dev/null; fi
}

# server_mode SERVER: the recorded choice.
server_mode() { env_get "$SERVICES_DIR/state/$1.env" MODE; }

choose() { env_set "$SERVICES_DIR/state/$1.env" MODE "$2"; }

# choose_servers SERVER…: records a choice for each; installs what is missing; fails when nothing is left to try.
choose_servers() {
    local server mode
    local -a missing=()
    for server in "$@"; do
        mode=$(server_mode "$server")
        if [ -n "$(external_url "$server")" ]; then
            choose "$server" external
        elif [ "$mode" = container ] && containers_possible; then
            continue
        elif binaries_found "$server"; then
            choose "$server" binaries
        elif containers_possible && container_pull "$server"; then
            choose "$server" container
        else
            missing+=("$server")
            choose "$server" binaries
        fi
    done
    [ "${#missing[@]}" -gt 0 ] || return 0
    can_install || fail "missing here: ${missing[*]}. Install them (Debian: apt-get install rabbitmq-server postgresql)," \
        "or run this as root, or start Docker, or set AMQP_URL and DATABASE_URL to servers of your own"
    install_servers "${missing[@]}"
    for server in "${missing[@]}"; do
        binaries_found "$server" || fail "$server is installed, but its programs were not found; Postgres must be 15 or newer"
    done
}
