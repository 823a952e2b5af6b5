#!/usr/bin/env bash
# The whole pipeline on this machine: one gateway and two workers in the background, on free
# ports of 127.0.0.1, against the servers of deploy/services.sh.
#
#   deploy/stack.sh up      migrate, start, wait until ready, make a key, print how to post an alert
#   deploy/stack.sh down    end all of it: SIGTERM, a grace period, then SIGKILL, by recorded pid
#   deploy/stack.sh status  say what runs; exit 3 when something does not
#
# Promises: `up` returns only when every program is ready, and writes what a client needs to
# STACK_DIR.env (default target/stack.env); a failed `up` shows the end of the log and leaves
# nothing running. Needs release binaries. STACK_DIR and SERVICES_DIR move the state.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
SERVICES_DIR=$(realpath -m "${SERVICES_DIR:-$ROOT/target/services}")
STACK_DIR=$(realpath -m "${STACK_DIR:-$ROOT/target/stack}")
STACK_ENV=$STACK_DIR.env
BIN=$(realpath -m "${CARGO_TARGET_DIR:-$ROOT/target}")/release
PROGRAMS=(gateway worker-1 worker-2)
GRACE_SECONDS=40

for part in report envfile process ports lock; do
    # shellcheck disable=SC1090
    . "$ROOT/deploy/lib/$part.sh"
done

# binary_of PROGRAM: worker-1 and worker-2 are the same binary.
binary_of() { printf '%s/calseta-%s' "$BIN" "${1%-[0-9]}"; }

# environment_of PROGRAM: its settings, one NAME=value a line; also those of its healthcheck.
environment_of() {
    env_get_line "$STACK_ENV" DATABASE_URL
    env_get_line "$STACK_ENV" AMQP_URL
    printf 'CALSETA__ADMIN__LISTEN=127.0.0.1:%s\n' "$(env_get "$STACK_DIR/ports.env" "ADMIN_$1")"
    [ "$1" = gateway ] || return 0
    env_get_line "$STACK_ENV" ELASTIC_WEBHOOK_SECRET
    printf 'CALSETA__HTTP__LISTEN=127.0.0.1:%s\n' "$(env_get "$STACK_DIR/ports.env" HTTP)"
    printf 'CALSETA__SPOOL__DIR=%s/spool\n' "$STACK_DIR"
}

# run_program PROGRAM ARGUMENT…: runs its binary in STACK_DIR with its settings.
run_program() {
    local program=$1
    local -a settings
    shift
    mapfile -t settings < <(environment_of "$program")
    env -C "$STACK_DIR" "${settings[@]}" "$(binary_of "$program")" "$@"
}

# give_up PROGRAM TEXT…: shows the end of its log, ends the stack, fails.
give_up() {
    local program=$1
    shift
    show_log_end "$STACK_DIR/$program.log"
    stack_end
    rm -f "$STACK_ENV"
    fail "$*"
}

check_needs() {
    local program
    [ -f "$SERVICES_DIR/services.env" ] || fail "no services here; run deploy/services.sh up first"
    for program in gateway worker; do
        [ -x "$(binary_of "$program")" ] || fail "$(binary_of "$program") is missing; run make build first"
    done
}

# write_settings: ports and secrets of this run.
write_settings() {
    local program url
    mkdir -p "$STACK_DIR"
    rm -f "$STACK_ENV" "$STACK_DIR"/*.log
    # The programs read the nearest .env from their directory upward: an empty one ends the search
    # here, so that a developer's own settings do not reach this stack.
    : >"$STACK_DIR/.env"
    for program in "${PROGRAMS[@]}"; do port_keep "$STACK_DIR/ports.env" "ADMIN_$program" >/dev/null; done
    port_keep "$STACK_DIR/ports.env" HTTP >/dev/null
    env_set "$STACK_ENV" GATEWAY_URL "http://127.0.0.1:$(env_get "$STACK_DIR/ports.env" HTTP)"
    env_set "$STACK_ENV" ADMIN_URL "http://127.0.0.1:$(env_get "$STACK_DIR/ports.env" ADMIN_gateway)"
    env_set "$STACK_ENV" ELASTIC_WEBHOOK_SECRET "$(random_hex 16)"
    for url in DATABASE_URL AMQP_URL; do
        env_set "$STACK_ENV" "$url" "$(env_get "$SERVICES_DIR/services.env" "$url")"
    done
}

migrate() {
    say "migrating the database"
    run_program worker-1 migrate >>"$STACK_DIR/worker-1.log" 2>&1 || give_up worker-1 "the migration failed"
}

start_program() {
    local program=$1
    local -a settings
    mapfile -t settings < <(environment_of "$program")
    say "starting $program"
    process_launch "$STACK_DIR/$program.pid" "$STACK_DIR/$program.log" \
        env -C "$STACK_DIR" "${settings[@]}" "$(binary_of "$program")" run
}

wait_ready() {
    local program=$1 deadline=$((SECONDS + 60))
    until run_program "$program" healthcheck >/dev/null 2>&1; do
        process_pid "$STACK_DIR/$program.pid" >/dev/null || give_up "$program" "$program ended at start"
        [ "$SECONDS" -lt "$deadline" ] || give_up "$program" "$program is not ready after 60 s"
        sleep 0.2
    done
}

make_key() {
    local key
    key=$(run_program gateway keys create --name stack --scopes alerts:write,alerts:read,admin --format json \
        2>>"$STACK_DIR/gateway.log" | sed -n 's/.*"key" *: *"\([^"]*\)".*/\1/p') || true
    [ -n "$key" ] || give_up gateway "no key could be made"
    env_set "$STACK_ENV" API_KEY "$key"
}

print_usage() {
    local get=(env_get "$STACK_ENV") document
    document='{"@timestamp":"'$(date -u +%Y-%m-%dT%H:%M:%S.000Z)'","kibana.alert.uuid":"'$(random_hex 16)'",'
    document+='"kibana.alert.rule.name":"Brute Force Login Attempts","kibana.alert.severity":"high",'
    document+='"source.ip":"203.0.113.42","user.name":"admin"}'
    cat <<-USAGE

	gateway   $("${get[@]}" GATEWAY_URL)/v1/ingest/elastic
	admin     $("${get[@]}" ADMIN_URL)/metrics
	key       $("${get[@]}" API_KEY)
	settings  $STACK_ENV
	logs      $STACK_DIR/*.log

	Post an alert:
	  curl -sS $("${get[@]}" GATEWAY_URL)/v1/ingest/elastic -H 'Authorization: Bearer $("${get[@]}" API_KEY)' -H 'X-Elastic-Webhook-Secret: $("${get[@]}" ELASTIC_WEBHOOK_SECRET)' -H 'Content-Type: application/json' -d '$document'
	USAGE
}

stack_runs() {
    local program
    for program in "${PROGRAMS[@]}"; do process_pid "$STACK_DIR/$program.pid" >/dev/null || return 1; done
    [ -n "$(env_get "$STACK_ENV" API_KEY)" ]
}

# stack_end: the gateway first, so that nothing new comes in while the workers finish.
stack_end() {
    local program
    for program in "${PROGRAMS[@]}"; do process_end "$STACK_DIR/$program.pid" "$GRACE_SECONDS" TERM; done
}

stack_up() {
    local program
    check_needs
    lock_state "$STACK_DIR"
    if stack_runs; then
        say "the stack is up already"
        print_usage
        return 0
    fi
    stack_end
    write_settings
    migrate
    for program in "${PROGRAMS[@]}"; do start_program "$program"; done
    for program in "${PROGRAMS[@]}"; do wait_ready "$program"; done
    make_key
    say "the stack is up"
    print_usage
}

stack_down() {
    lock_state "$STACK_DIR"
    [ -d "$STACK_DIR" ] || { say "no stack here"; return 0; }
    stack_end
    rm -f "$STACK_ENV"
    say "the stack is down; its logs stay in $STACK_DIR"
}

stack_status() {
    local program missing=0
    for program in "${PROGRAMS[@]}"; do
        if process_pid "$STACK_DIR/$program.pid" >/dev/null; then
            printf '%s: up\n' "$program"
        else
            printf '%s: down\n' "$program"
            missing=3
        fi
    done
    return "$missing"
}

case ${1:-} in
up) stack_up ;;
down) stack_down ;;
status) stack_status ;;
*) usage_of "${BASH_SOURCE[0]}" ;;
esac
