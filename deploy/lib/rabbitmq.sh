# shellcheck shell=bash
# The private RabbitMQ: own node, cookie, data, configuration and epmd, every listener on
# 127.0.0.1. Nothing of a system-wide RabbitMQ is read or touched: its environment is built
# from nothing, so neither /etc/rabbitmq nor a variable of the caller leaks in.

RABBITMQ_STATE=$SERVICES_DIR/state/rabbitmq.env
RABBITMQ_PID=$SERVICES_DIR/run/rabbitmq.pid
RABBITMQ_EPMD_PID=$SERVICES_DIR/run/epmd.pid
RABBITMQ_LOG=$SERVICES_DIR/log/rabbitmq.log
RABBITMQ_LOG_FROM=0
RABBITMQ_ROOT=$SERVICES_DIR/rabbitmq
SERVER_PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

# rabbitmq_sbin: the directory of the server's own scripts; Debian's wrappers in /usr/sbin insist
# on the system's user and directories.
rabbitmq_sbin() {
    local dir
    for dir in $(printf '%s\n' /usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin /opt/rabbitmq/sbin | sort -rV) \
        "$(dirname "$(readlink -f "$(PATH=$SERVER_PATH command -v rabbitmq-server || echo /nowhere/rabbitmq-server)")")"; do
        if [ ! -f "$dir/rabbitmq-env" ] || [ ! -x "$dir/rabbitmq-server" ]; then continue; fi
        PATH=$SERVER_PATH command -v erl >/dev/null || continue
        printf '%s' "$dir"
        return 0
    done
    return 1
}

# rabbitmq_epmd: the program itself; where no package links it, inside the Erlang tree.
rabbitmq_epmd() {
    PATH=$SERVER_PATH command -v epmd ||
        PATH=$SERVER_PATH erl -noshell -eval 'io:format("~ts/erts-~ts/bin/epmd", [code:root_dir(), erlang:system_info(version)]), halt().'
}

# rabbitmq_environment: the whole environment of the server and of rabbitmqctl, one NAME=value a line.
# ERL_CRASH_DUMP: not into the directory of whoever calls.
# +sbwt none: idle schedulers sleep instead of spinning, since others here need the processors.
rabbitmq_environment() {
    local get=(env_get "$RABBITMQ_STATE")
    cat <<-ENVIRONMENT
	PATH=$SERVER_PATH
	HOME=$RABBITMQ_ROOT/home
	LANG=C.UTF-8
	ERL_CRASH_DUMP=$SERVICES_DIR/log/erl_crash.dump
	ERL_EPMD_ADDRESS=127.0.0.1
	ERL_EPMD_PORT=$("${get[@]}" RABBITMQ_EPMD_PORT)
	RABBITMQ_NODENAME=$("${get[@]}" RABBITMQ_NODE)
	RABBITMQ_NODE_IP_ADDRESS=127.0.0.1
	RABBITMQ_NODE_PORT=$("${get[@]}" RABBITMQ_PORT)
	RABBITMQ_DIST_PORT=$("${get[@]}" RABBITMQ_DIST_PORT)
	RABBITMQ_CTL_DIST_PORT_MIN=32100
	RABBITMQ_CTL_DIST_PORT_MAX=32700
	RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=+sbwt none +sbwtdcpu none +sbwtdio none -kernel inet_dist_use_interface {127,0,0,1}
	RABBITMQ_CTL_ERL_ARGS=-kernel inet_dist_use_interface {127,0,0,1}
	RABBITMQ_CONF_ENV_FILE=$RABBITMQ_ROOT/etc/rabbitmq-env.conf
	RABBITMQ_CONFIG_FILE=$RABBITMQ_ROOT/etc/rabbitmq.conf
	RABBITMQ_CONFIG_FILES=$RABBITMQ_ROOT/etc/conf.d/*.conf
	RABBITMQ_ADVANCED_CONFIG_FILE=$RABBITMQ_ROOT/etc/advanced.config
	RABBITMQ_ENABLED_PLUGINS_FILE=$RABBITMQ_ROOT/etc/enabled_plugins
	RABBITMQ_GENERATED_CONFIG_DIR=$RABBITMQ_ROOT/generated
	RABBITMQ_MNESIA_BASE=$RABBITMQ_ROOT/data
	RABBITMQ_LOG_BASE=$SERVICES_DIR/log
	RABBITMQ_LOGS=-
	RABBITMQ_PID_FILE=$RABBITMQ_ROOT/server.pid
	ENVIRONMENT
}

# rabbitmq_configure: configuration files and secrets; secrets and the node's name are kept.
rabbitmq_configure() {
    mkdir -p "$RABBITMQ_ROOT"/{home,data,generated,etc/conf.d}
    chmod 700 "$RABBITMQ_ROOT"
    [ -n "$(env_get "$RABBITMQ_STATE" RABBITMQ_NODE)" ] || env_set "$RABBITMQ_STATE" RABBITMQ_NODE "calseta-$(random_hex 3)@localhost"
    [ -n "$(env_get "$RABBITMQ_STATE" RABBITMQ_PASSWORD)" ] || env_set "$RABBITMQ_STATE" RABBITMQ_PASSWORD "$(random_hex 16)"
    if [ ! -s "$RABBITMQ_ROOT/home/.erlang.cookie" ]; then
        (umask 077 && random_hex 20 >"$RABBITMQ_ROOT/home/.erlang.cookie")
        chmod 400 "$RABBITMQ_ROOT/home/.erlang.cookie"
    fi
    : >"$RABBITMQ_ROOT/etc/rabbitmq-env.conf"
    echo '[].' | tee "$RABBITMQ_ROOT/etc/advanced.config" >"$RABBITMQ_ROOT/etc/enabled_plugins"
    (umask 077 && cat >"$RABBITMQ_ROOT/etc/rabbitmq.conf") <<-CONF
	listeners.tcp.local = 127.0.0.1:$(env_get "$RABBITMQ_STATE" RABBITMQ_PORT)
	default_user = calseta
	default_pass = $(env_get "$RABBITMQ_STATE" RABBITMQ_PASSWORD)
	default_user_tags.administrator = true
	default_permissions.configure = .*
	default_permissions.read = .*
	default_permissions.write = .*
	loopback_users = none
	disk_free_limit.absolute = 200MB
	vm_memory_high_watermark.relative = 0.4
	CONF
    cat "$ROOT/deploy/rabbitmq.conf" >>"$RABBITMQ_ROOT/etc/rabbitmq.conf"
}

# rabbitmq_epmd_up PORT: starts epmd there, and waits until it answers; fails when it does not.
rabbitmq_epmd_up() {
    process_launch "$RABBITMQ_EPMD_PID" "$SERVICES_DIR/log/epmd.log" \
        env -i "$(rabbitmq_epmd)" -port "$1" -address 127.0.0.1
    for _ in $(seq 50); do
        process_pid "$RABBITMQ_EPMD_PID" >/dev/null || break
        ! port_ours "$RABBITMQ_EPMD_PID" "$1" || return 0
        sleep 0.1
    done
    process_end "$RABBITMQ_EPMD_PID" 5 TERM
    return 1
}

# rabbitmq_epmd_start: starts epmd unless it runs. It does not say why it ends: mostly its port is taken.
rabbitmq_epmd_start() {
    local port tries=1
    ! process_pid "$RABBITMQ_EPMD_PID" >/dev/null || return 0
    port=$(env_get "$RABBITMQ_STATE" RABBITMQ_EPMD_PORT)
    until rabbitmq_epmd_up "$port"; do
        # A node that runs knows it by this port alone.
        if [ "$tries" -ge "$PORT_TRIES" ] || process_pid "$RABBITMQ_PID" >/dev/null; then
            fail "epmd, RabbitMQ's register of nodes, did not start; see why with $(rabbitmq_epmd) -d -port $port -address 127.0.0.1"
        fi
        tries=$((tries + 1))
        port=$(port_move "$RABBITMQ_STATE" RABBITMQ_EPMD_PORT)
    done
}

# rabbitmq_start: starts epmd and the node unless they run; does not wait.
rabbitmq_start() {
    local sbin
    local -a environment
    sbin=$(rabbitmq_sbin)
    if ! process_pid "$RABBITMQ_PID" >/dev/null; then
        port_keep "$RABBITMQ_STATE" RABBITMQ_PORT >/dev/null
        port_keep "$RABBITMQ_STATE" RABBITMQ_DIST_PORT >/dev/null
        process_pid "$RABBITMQ_EPMD_PID" >/dev/null || port_keep "$RABBITMQ_STATE" RABBITMQ_EPMD_PORT >/dev/null
        rabbitmq_configure
    fi
    rabbitmq_epmd_start
    ! process_pid "$RABBITMQ_PID" >/dev/null || return 0
    say "starting RabbitMQ on 127.0.0.1:$(env_get "$RABBITMQ_STATE" RABBITMQ_PORT)"
    mapfile -t environment < <(rabbitmq_environment)
    RABBITMQ_LOG_FROM=$(log_size "$RABBITMQ_LOG")
    # Either of the two makes the script replace itself by the server: the pid is then the server's.
    process_launch "$RABBITMQ_PID" "$RABBITMQ_LOG" \
        env -i "${environment[@]}" detached=true RUNNING_UNDER_SYSTEMD=true "$sbin/rabbitmq-server"
}

# rabbitmq_answers: whether the node greets an AMQP client.
rabbitmq_answers() {
    local port byte
    port=$(env_get "$RABBITMQ_STATE" RABBITMQ_PORT)
    (
        exec 8<>"/dev/tcp/127.0.0.1/$port" || exit 1
        printf 'AMQP\0\0\011\001' >&8
        LC_ALL=C IFS='' read -r -t 5 -d '' -n 1 byte <&8 && [ "$byte" = $'\001' ]
    ) 2>/dev/null
}

# rabbitmq_wait: waits until it answers.
rabbitmq_wait() {
    local started=$SECONDS next=10 tries=1
    until rabbitmq_answers && port_ours "$RABBITMQ_PID" "$(env_get "$RABBITMQ_STATE" RABBITMQ_PORT)"; do
        if [ "$tries" -lt "$PORT_TRIES" ] && port_lost "$RABBITMQ_PID" "$RABBITMQ_LOG" "$RABBITMQ_LOG_FROM"; then
            tries=$((tries + 1))
            port_move "$RABBITMQ_STATE" RABBITMQ_PORT RABBITMQ_DIST_PORT >/dev/null
            rabbitmq_start
            continue
        fi
        if ! process_pid "$RABBITMQ_PID" >/dev/null || [ $((SECONDS - started)) -ge 120 ]; then
            show_log_end "$RABBITMQ_LOG"
            rabbitmq_stop
            fail "RabbitMQ did not start; after a fix run this again, or start afresh with deploy/services.sh down"
        fi
        if [ $((SECONDS - started)) -ge "$next" ]; then
            say "waiting for RabbitMQ (${next} s)"
            next=$((next + 10))
        fi
        sleep 0.2
    done
}

# rabbitmq_url: how clients reach it.
rabbitmq_url() {
    printf 'amqp://calseta:%s@127.0.0.1:%s/%%2f' \
        "$(env_get "$RABBITMQ_STATE" RABBITMQ_PASSWORD)" "$(env_get "$RABBITMQ_STATE" RABBITMQ_PORT)"
}

# rabbitmq_ctl: the command line of rabbitmqctl against it, without the arguments of a caller.
rabbitmq_ctl() {
    local -a environment
    mapfile -t environment < <(rabbitmq_environment)
    printf '%q ' env -i "${environment[@]}" "$(rabbitmq_sbin)/rabbitmqctl"
}

# rabbitmq_eval: lines of sh that answer `eval EXPRESSION` by erl_call, in milliseconds, and go on where that
# cannot: rabbitmqctl starts an Erlang node of its own for each call, which costs a second of CPU.
rabbitmq_eval() {
    local epmd program
    epmd=$(rabbitmq_epmd)
    for program in "$(dirname "$epmd")/erl_call" "$(dirname "$(readlink -f "$epmd")")/erl_call"; do
        [ -x "$program" ] || continue
        # A random name for its end of the connection: several may ask at a time.
        cat <<-SCRIPT
	if [ "\$#:\$1" = 2:eval ] && answer=\$(printf '%s\n' "\$2" | $(printf '%q ' env -i "HOME=$RABBITMQ_ROOT/home" \
            "ERL_EPMD_PORT=$(env_get "$RABBITMQ_STATE" RABBITMQ_EPMD_PORT)" \
            "$program" -r -sname "$(env_get "$RABBITMQ_STATE" RABBITMQ_NODE)" -e)2>/dev/null); then
	    case \$answer in
	    "{ok, "*) answer=\${answer#"{ok, "} && printf '%s\n' "\${answer%?}"; exit ;;
	    *) printf '%s\n' "\$answer" >&2; exit 69 ;;
	    esac
	fi
	SCRIPT
        return
    done
}

# rabbitmq_stop: the node, then its epmd.
rabbitmq_stop() {
    process_end "$RABBITMQ_PID" 30 TERM
    process_end "$RABBITMQ_EPMD_PID" 5 TERM
}
