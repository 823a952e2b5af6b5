# shellcheck shell=bash
# Background processes, known by pid and start time. A pid file left by a crash or a
# reboot never leads to a stranger: a process counts as ours only when its start time
# matches the recorded one, and nothing is ever ended by name.

# process_start_time PID: its start time in clock ticks since boot; fails when it is gone or a zombie.
process_start_time() {
    local stat fields
    { stat=$(<"/proc/$1/stat"); } 2>/dev/null || return 1
    read -ra fields <<<"${stat##*) }"
    [ "${fields[0]}" != Z ] || return 1
    printf '%s' "${fields[19]}"
}

# process_record FILE PID: first line the pid, second line its start time.
process_record() {
    local started
    started=$(process_start_time "$2") || return 1
    printf '%s\n%s\n' "$2" "$started" >"$1"
}

# process_pid FILE: prints the recorded pid when that very process still runs.
process_pid() {
    local pid started
    [ -f "$1" ] || return 1
    { read -r pid && read -r started; } <"$1" || return 1
    [ "$(process_start_time "$pid")" = "$started" ] || return 1
    printf '%s' "$pid"
}

# process_launch FILE LOG COMMAND…: starts a program in its own session, detached from the
# terminal and from our lock (descriptor 9), and records it.
process_launch() {
    local file=$1 log=$2
    shift 2
    setsid "$@" </dev/null >>"$log" 2>&1 9>&- &
    process_record "$file" $! || true
}

# process_family PID: the pid and all its descendants as PID:START words.
process_family() {
    local pid=$1 stat rest child started
    started=$(process_start_time "$pid") || return 0
    printf '%s:%s\n' "$pid" "$started"
    for stat in /proc/[0-9]*/stat; do
        { rest=$(<"$stat"); } 2>/dev/null || continue
        child=${rest%% *}
        rest=${rest##*) }
        rest=${rest#* }
        [ "${rest%% *}" != "$pid" ] || process_family "$child"
    done
}

# processes_wait SECONDS PID:START…: waits until all of them are gone.
processes_wait() {
    local deadline=$((SECONDS + $1)) member
    shift
    for member in "$@"; do
        while [ "$(process_start_time "${member%:*}")" = "${member#*:}" ]; do
            [ "$SECONDS" -lt "$deadline" ] || return 1
            sleep 0.1
        done
    done
}

# process_kill FILE SIGNAL SECONDS: one signal to a recorded process, then waits for its end; its
# children are left to notice by themselves, as after a crash.
process_kill() {
    local pid started
    pid=$(process_pid "$1") || return 0
    started=$(process_start_time "$pid") || return 0
    kill "-$2" "$pid" 2>/dev/null || true
    processes_wait "$3" "$pid:$started"
}

# process_end FILE SECONDS SIGNAL…: ends a recorded process and its descendants: each signal in
# turn goes to the process, with SECONDS of patience each; what is left then is killed.
process_end() {
    local file=$1 patience=$2 pid signal member
    local -a family
    shift 2
    if pid=$(process_pid "$file"); then
        mapfile -t family < <(process_family "$pid")
        for signal in "$@"; do
            kill "-$signal" "$pid" 2>/dev/null || true
            ! processes_wait "$patience" "${family[0]}" || break
            say "process $pid (${file##*/}) did not end within $patience s of SIG$signal"
        done
        processes_wait 2 "${family[@]}" || for member in "${family[@]}"; do
            [ "$(process_start_time "${member%:*}")" != "${member#*:}" ] || kill -KILL "${member%:*}" 2>/dev/null || true
        done
        processes_wait 10 "${family[@]}" || fail "process $pid does not end; its pid file is $file"
    fi
    rm -f "$file"
}
