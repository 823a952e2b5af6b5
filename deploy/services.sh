#!/usr/bin/env bash
# A private RabbitMQ and a private Postgres for this checkout, on free ports of 127.0.0.1.
#
#   deploy/services.sh up      start both (nothing to do when they run) and write services.env
#   deploy/services.sh stop    stop both, keep their data and ports
#   deploy/services.sh down    stop both and remove everything they wrote
#   deploy/services.sh status  say what runs; exit 3 when something does not
#   deploy/services.sh env     print services.env
#   deploy/services.sh kill rabbitmq|postgres SIGNAL
#                              send one of them a signal and wait for its end, as tests do; `up` starts it again
#
# Promises: never touches a server it did not start, ends processes only by recorded pid, recovers
# from crashes and reboots, and works beside other checkouts. AMQP_URL and DATABASE_URL, when set,
# name servers to use instead. SERVICES_DIR moves the state (default: target/services).
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
SERVICES_DIR=$(realpath -m "${SERVICES_DIR:-$ROOT/target/services}")
SERVICES_ENV=$SERVICES_DIR/services.env
SERVERS=(rabbitmq postgres)

for part in report envfile process ports install rabbitmq postgres containers choice lock; do
    # shellcheck disable=SC1090
    . "$ROOT/deploy/lib/$part.sh"
done

server_start() {
    case $(server_mode "$1") in
    binaries) "$1_start" ;;
    container) container_start "$1" ;;
    external) say "using the $1 that the environment names" ;;
    esac
}

server_wait() {
    case $(server_mode "$1") in
    binaries) "$1_wait" ;;
    container) container_wait "$1" ;;
    external)
        if [ "$1" = rabbitmq ]; then
            external_check AMQP_URL "$AMQP_URL" 5672
        else
            external_check DATABASE_URL "$DATABASE_URL" 5432
        fi
        ;;
    esac
}

# server_runs SERVER: whether it runs, without starting anything.
server_runs() {
    case $(server_mode "$1") in
    binaries) process_pid "$SERVICES_DIR/run/$1.pid" >/dev/null ;;
    container) container_runs "$1" ;;
    external) true ;;
    *) false ;;
    esac
}

# server_stop SERVER: whatever we started for it, even when another choice was made since.
server_stop() {
    "$1_stop"
    [ -z "$(env_get "$SERVICES_DIR/state/$1.env" CONTAINER)" ] || container_stop "$1"
}

# write_wrapper NAME COMMAND_LINE [BEFORE]: a command in SERVICES_DIR that passes its arguments on.
write_wrapper() {
    printf '#!/bin/sh\n%s\nexec %s "$@"\n' "${3:-}" "$2" >"$SERVICES_DIR/$1.new"
    chmod 700 "$SERVICES_DIR/$1.new"
    mv -f "$SERVICES_DIR/$1.new" "$SERVICES_DIR/$1"
}

write_wrappers() {
    case $(server_mode rabbitmq) in
    binaries) write_wrapper rabbitmqctl "$(rabbitmq_ctl)" "$(rabbitmq_eval)" ;;
    container) write_wrapper rabbitmqctl "$(container_command rabbitmq)" ;;
    *) rm -f "$SERVICES_DIR/rabbitmqctl" ;;
    esac
    case $(server_mode postgres) in
    binaries) write_wrapper psql "$(postgres_psql)" ;;
    container) write_wrapper psql "$(container_command postgres)" ;;
    *) write_wrapper psql "$(printf '%q ' psql -X -d "$DATABASE_URL")" ;;
    esac
}

write_env() {
    local amqp database
    amqp=$(external_url rabbitmq)
    database=$(external_url postgres)
    env_set "$SERVICES_ENV" AMQP_URL "${amqp:-$(rabbitmq_url)}"
    env_set "$SERVICES_ENV" DATABASE_URL "${database:-$(postgres_url)}"
    env_set "$SERVICES_ENV" CALSETA_TEST_PSQL "$SERVICES_DIR/psql"
    [ "$(server_mode rabbitmq)" = external ] || env_set "$SERVICES_ENV" CALSETA_TEST_RABBITMQCTL "$SERVICES_DIR/rabbitmqctl"
    if [ "$(server_mode rabbitmq)" = binaries ]; then
        env_set "$SERVICES_ENV" CALSETA_TEST_RABBITMQ_NODE "$(env_get "$RABBITMQ_STATE" RABBITMQ_NODE)"
        env_set "$SERVICES_ENV" CALSETA_TEST_RABBITMQ_PID_FILE "$RABBITMQ_PID"
    fi
    [ "$(server_mode postgres)" != binaries ] || env_set "$SERVICES_ENV" CALSETA_TEST_POSTGRES_PID_FILE "$POSTGRES_PID"
}

services_up() {
    local server
    lock_state "$SERVICES_DIR"
    mkdir -p "$SERVICES_DIR"/{state,run,log}
    choose_servers "${SERVERS[@]}"
    for server in "${SERVERS[@]}"; do server_start "$server"; done
    for server in postgres rabbitmq; do server_wait "$server"; done
    rm -f "$SERVICES_ENV"
    write_env
    write_wrappers
    [ "$(server_mode postgres)" != binaries ] || postgres_database
    say "services are up: $SERVICES_ENV"
}

services_stop() {
    local server
    for server in "${SERVERS[@]}"; do server_stop "$server"; done
}

services_down() {
    local server
    lock_state "$SERVICES_DIR"
    [ -d "$SERVICES_DIR/state" ] || { say "no services here"; return 0; }
    services_stop
    for server in "${SERVERS[@]}"; do container_remove "$server"; done
    postgres_remove
    rm -rf "$SERVICES_DIR"
    say "services are down, their data removed"
}

# services_kill SERVER SIGNAL: KILL for either; TERM is RabbitMQ's orderly stop; INT (fast) and QUIT (immediate) are Postgres' own stops.
services_kill() {
    local server=$1 signal=$2
    case $(server_mode "$server") in
    binaries) process_kill "$SERVICES_DIR/run/$server.pid" "$signal" 60 || fail "$server did not end of SIG$signal" ;;
    container) container_kill "$server" "$signal" ;;
    *) fail "$server is not ours to kill; unset AMQP_URL and DATABASE_URL to use private servers" ;;
    esac
}

services_status() {
    local server missing=0
    for server in "${SERVERS[@]}"; do
        if server_runs "$server"; then
            printf '%s: up (%s)\n' "$server" "$(server_mode "$server")"
        else
            printf '%s: down\n' "$server"
            missing=3
        fi
    done
    return "$missing"
}

case ${1:-} in
up) services_up ;;
stop)
    lock_state "$SERVICES_DIR"
    services_stop
    say "services are stopped, their data kept"
    ;;
down) services_down ;;
kill)
    case ${2:-}:${3:-} in
    rabbitmq:KILL | rabbitmq:TERM | postgres:KILL | postgres:INT | postgres:QUIT) ;;
    *) usage_of "${BASH_SOURCE[0]}" ;;
    esac
    lock_state "$SERVICES_DIR"
    services_kill "$2" "$3"
    ;;
status) services_status ;;
env)
    [ -f "$SERVICES_ENV" ] || fail "no services here; run deploy/services.sh up"
    cat "$SERVICES_ENV"
    ;;
*) usage_of "${BASH_SOURCE[0]}" ;;
esac
