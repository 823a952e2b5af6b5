# shellcheck shell=bash
# The private Postgres: own data, own port on 127.0.0.1, password by SCRAM, fsync on, no Unix
# socket. It refuses to run as root, so under root it runs as the package's user, and its data
# go where that user can reach them even when the checkout lies below a closed directory.

POSTGRES_STATE=$SERVICES_DIR/state/postgres.env
POSTGRES_PID=$SERVICES_DIR/run/postgres.pid
POSTGRES_LOG=$SERVICES_DIR/log/postgres.log
POSTGRES_LOG_FROM=0

# postgres_bin [MAJOR]: the directory of initdb and postgres, 15 or newer, the newest first.
postgres_bin() {
    local dir version
    for dir in $(printf '%s\n' /usr/lib/postgresql/*/bin /usr/pgsql-*/bin | sort -rV) \
        "$(dirname "$(readlink -f "$(command -v postgres || echo /nowhere/postgres)")")"; do
        if [ ! -x "$dir/initdb" ] || [ ! -x "$dir/postgres" ] || [ ! -x "$dir/psql" ]; then continue; fi
        version=$("$dir/postgres" --version | sed 's/[^0-9]*\([0-9]*\).*/\1/')
        if [ "$version" -lt 15 ] || [ "$version" != "${1:-$version}" ]; then continue; fi
        printf '%s' "$dir"
        return 0
    done
    return 1
}

postgres_user() { if id postgres >/dev/null 2>&1; then echo postgres; else echo nobody; fi; }

# postgres_become: sets AS_POSTGRES, the words before a command that make it run as the server's
# user, in /, with an environment of its own.
postgres_become() {
    local user
    user=$(postgres_user)
    AS_POSTGRES=(env -i -C / "PATH=$PATH" HOME=/ LANG=C.UTF-8 TZ=UTC)
    is_root || return 0
    if command -v setpriv >/dev/null; then
        AS_POSTGRES=(setpriv --reuid="$user" --regid="$(id -gn "$user")" --init-groups "${AS_POSTGRES[@]}")
    elif command -v runuser >/dev/null; then
        AS_POSTGRES=(runuser -u "$user" -- "${AS_POSTGRES[@]}")
    else
        # shellcheck disable=SC2016  # $0 and $@ belong to the inner shell
        AS_POSTGRES=(su "$user" -s /bin/sh -c 'exec "$0" "$@"' -- "${AS_POSTGRES[@]}")
    fi
}

# postgres_home: the directory of its data, made at first and recorded.
postgres_home() {
    local home base=/tmp
    home=$(env_get "$POSTGRES_STATE" POSTGRES_HOME)
    if [ -z "$home" ] || [ ! -d "$home" ]; then
        home=$SERVICES_DIR/postgres
        mkdir -p "$home"
        if is_root; then chown "$(postgres_user):" "$home"; fi
        if ! "${AS_POSTGRES[@]}" test -w "$home"; then
            rmdir "$home"
            [ ! -w /var/tmp ] || base=/var/tmp
            home=$(mktemp -d "$base/calseta-postgres.XXXXXX")
            chown "$(postgres_user):" "$home"
            say "user $(postgres_user) cannot reach $SERVICES_DIR: Postgres keeps its data in $home"
        fi
        chmod 700 "$home"
        env_set "$POSTGRES_STATE" POSTGRES_HOME "$home"
    fi
    printf '%s' "$home"
}

# postgres_buffers: a quarter of the memory, as deploy/README.md advises, taken only as it is used; 4 GB at most.
postgres_buffers() {
    awk '/^MemTotal:/ { quarter = int($2 / 4096); print (quarter < 4096 ? quarter : 4096) "MB" }' /proc/meminfo
}

# postgres_init HOME BIN: a new cluster with one superuser, calseta.
postgres_init() {
    local home=$1 bin=$2 password
    say "making a Postgres cluster ($("$bin/postgres" --version))"
    rm -rf "$home/data"
    password=$(random_hex 16)
    env_set "$POSTGRES_STATE" POSTGRES_PASSWORD "$password"
    printf '%s' "$password" | "${AS_POSTGRES[@]}" dd "of=$home/password" status=none
    "${AS_POSTGRES[@]}" "$bin/initdb" -D "$home/data" -U calseta --pwfile="$home/password" --auth=scram-sha-256 \
        --encoding=UTF8 --locale=C --no-sync >>"$POSTGRES_LOG" 2>&1 ||
        { show_log_end "$POSTGRES_LOG"; fail "initdb failed; remove what is left with deploy/services.sh down"; }
    rm -f "$home/password"
    "${AS_POSTGRES[@]}" tee -a "$home/data/postgresql.conf" >/dev/null <<-CONF
	listen_addresses = '127.0.0.1'
	unix_socket_directories = ''
	max_connections = 200
	shared_buffers = $(postgres_buffers)
	max_wal_size = 8GB
	checkpoint_timeout = 15min
	wal_compression = lz4
	fsync = on
	timezone = 'UTC'
	CONF
    # Last of all: a half-made cluster has no such mark and is made again.
    touch "$home/ready"
}

# postgres_owns DATA: whether the process its pid file names really is a server on these data.
postgres_owns() {
    [ -f "$1/postmaster.pid" ] &&
        tr '\0' ' ' 2>/dev/null <"/proc/$(head -n 1 "$1/postmaster.pid")/cmdline" | grep -qF -- "-D $1 "
}

# postgres_orphans DATA: prints the processes that still work in these data: all of them change there
# at their start, and backends outlive a killed server until they notice.
postgres_orphans() {
    local cwd
    for cwd in /proc/[0-9]*/cwd; do
        [ "$(readlink "$cwd" 2>/dev/null)" = "$1" ] || continue
        cwd=${cwd%/cwd}
        printf '%s\n' "${cwd#/proc/}"
    done
}

# postgres_wait_orphans DATA: waits until none is left. A server that starts beside them would ruin the
# data, and without its pid file it cannot know of them.
postgres_wait_orphans() {
    local deadline=$((SECONDS + 30))
    while [ -n "$(postgres_orphans "$1")" ]; do
        [ "$SECONDS" -lt "$deadline" ] ||
            fail "processes of an earlier Postgres still use $1: $(postgres_orphans "$1" | tr '\n' ' '); end them, then run this again"
        sleep 0.1
    done
}

# postgres_start: starts it unless it runs; does not wait.
postgres_start() {
    local home bin port
    ! process_pid "$POSTGRES_PID" >/dev/null || return 0
    postgres_become
    home=$(postgres_home)
    bin=$(postgres_bin "$(cat "$home/data/PG_VERSION" 2>/dev/null || true)") ||
        fail "the data in $home need Postgres $(cat "$home/data/PG_VERSION"), which is not installed; deploy/services.sh down removes them"
    [ -f "$home/ready" ] || postgres_init "$home" "$bin"
    port=$(port_keep "$POSTGRES_STATE" POSTGRES_PORT)
    env_set "$POSTGRES_STATE" POSTGRES_BIN "$bin"
    say "starting Postgres on 127.0.0.1:$port"
    # After a reboot the server's own pid file may name a stranger, and it would refuse to start.
    if ! postgres_owns "$home/data"; then
        postgres_wait_orphans "$home/data"
        rm -f "$home/data/postmaster.pid"
    fi
    POSTGRES_LOG_FROM=$(log_size "$POSTGRES_LOG")
    process_launch "$POSTGRES_PID" "$POSTGRES_LOG" "${AS_POSTGRES[@]}" "$bin/postgres" -D "$home/data" -p "$port"
}

# postgres_answers BIN: whether it takes connections, it and not a stranger: its own pid file has the port in
# line 4 and the state in line 8.
postgres_answers() {
    local port file
    port=$(env_get "$POSTGRES_STATE" POSTGRES_PORT)
    file=$(env_get "$POSTGRES_STATE" POSTGRES_HOME)/data/postmaster.pid
    "$1/pg_isready" -q -h 127.0.0.1 -p "$port" &&
        [ "$(awk 'NR == 4 || NR == 8 { print $1 }' "$file" 2>/dev/null)" = "$port"$'\nready' ]
}

# postgres_wait: waits until it answers, records the server's own pid, and makes the database.
postgres_wait() {
    local deadline=$((SECONDS + 90)) bin tries=1
    bin=$(env_get "$POSTGRES_STATE" POSTGRES_BIN)
    until postgres_answers "$bin"; do
        if [ "$tries" -lt "$PORT_TRIES" ] && port_lost "$POSTGRES_PID" "$POSTGRES_LOG" "$POSTGRES_LOG_FROM"; then
            tries=$((tries + 1))
            port_move "$POSTGRES_STATE" POSTGRES_PORT >/dev/null
            postgres_start
            continue
        fi
        if ! process_pid "$POSTGRES_PID" >/dev/null || [ "$SECONDS" -ge "$deadline" ]; then
            show_log_end "$POSTGRES_LOG"
            postgres_stop
            fail "Postgres did not start; after a fix run this again, or start afresh with deploy/services.sh down"
        fi
        sleep 0.1
    done
    process_record "$POSTGRES_PID" "$(head -n 1 "$(env_get "$POSTGRES_STATE" POSTGRES_HOME)/data/postmaster.pid")"
}

# postgres_database: makes the database calseta unless it is there.
postgres_database() {
    local exists
    exists=$("$SERVICES_DIR/psql" -d postgres -tAc "SELECT 1 FROM pg_database WHERE datname = 'calseta'")
    [ "$exists" = 1 ] || "$SERVICES_DIR/psql" -d postgres -qc 'CREATE DATABASE calseta'
}

# postgres_psql: the command line of psql against it, without the arguments of a caller.
postgres_psql() {
    printf '%q ' env PGHOST=127.0.0.1 PGUSER=calseta PGDATABASE=calseta PGCONNECT_TIMEOUT=10 \
        "PGPORT=$(env_get "$POSTGRES_STATE" POSTGRES_PORT)" "PGPASSWORD=$(env_get "$POSTGRES_STATE" POSTGRES_PASSWORD)" \
        "$(env_get "$POSTGRES_STATE" POSTGRES_BIN)/psql" -X
}

# postgres_url: how clients reach it.
postgres_url() {
    printf 'postgres://calseta:%s@127.0.0.1:%s/calseta' \
        "$(env_get "$POSTGRES_STATE" POSTGRES_PASSWORD)" "$(env_get "$POSTGRES_STATE" POSTGRES_PORT)"
}

# postgres_stop: fast shutdown, then immediate.
postgres_stop() { process_end "$POSTGRES_PID" 20 INT QUIT; }

# postgres_remove: its data; a directory outside the checkout only when we made it.
postgres_remove() {
    case $(env_get "$POSTGRES_STATE" POSTGRES_HOME) in
    /tmp/calseta-postgres.?????? | /var/tmp/calseta-postgres.??????) rm -rf "$(env_get "$POSTGRES_STATE" POSTGRES_HOME)" ;;
    esac
}
