# shellcheck shell=bash
# The same servers as containers, for machines where a Docker engine runs and the servers' own
# binaries are missing. Published on 127.0.0.1 only; data live in the container until `down`.

RABBITMQ_IMAGE=rabbitmq:4-management
POSTGRES_IMAGE=postgres:17

# containers_possible: whether a Docker engine really runs.
containers_possible() { command -v docker >/dev/null && timeout 10 docker info >/dev/null 2>&1; }

# container_image rabbitmq|postgres
container_image() { if [ "$1" = rabbitmq ]; then echo "$RABBITMQ_IMAGE"; else echo "$POSTGRES_IMAGE"; fi; }

# container_pull SERVER: makes sure its image is here.
container_pull() {
    local image
    image=$(container_image "$1")
    docker image inspect "$image" >/dev/null 2>&1 || docker pull "$image" >&2
}

# container_name SERVER: unique for each checkout, recorded at first use.
container_name() {
    local state=$SERVICES_DIR/state/$1.env name
    name=$(env_get "$state" CONTAINER)
    if [ -z "$name" ]; then
        name=calseta-$(random_hex 4)-$1
        env_set "$state" CONTAINER "$name"
    fi
    printf '%s' "$name"
}

# container_runs SERVER
container_runs() {
    local name
    name=$(env_get "$SERVICES_DIR/state/$1.env" CONTAINER)
    [ -n "$name" ] && [ "$(docker container inspect -f '{{.State.Running}}' "$name" 2>/dev/null)" = true ]
}

# container_start SERVER: starts it unless it runs; secrets go by environment, not by arguments.
container_start() {
    local server=$1 name port password
    container_runs "$server" && return 0
    name=$(container_name "$server")
    say "starting $(container_image "$server") as container $name"
    if docker container inspect "$name" >/dev/null 2>&1; then
        docker start "$name" >/dev/null || fail "container $name does not start; deploy/services.sh down removes it"
        return 0
    fi
    port=$(port_keep "$SERVICES_DIR/state/$server.env" "${server^^}_PORT")
    password=$(random_hex 16)
    env_set "$SERVICES_DIR/state/$server.env" "${server^^}_PASSWORD" "$password"
    if [ "$server" = rabbitmq ]; then
        RABBITMQ_DEFAULT_PASS=$password docker run -d --name "$name" --hostname calseta -p "127.0.0.1:$port:5672" \
            -e RABBITMQ_DEFAULT_USER=calseta -e RABBITMQ_DEFAULT_PASS "$RABBITMQ_IMAGE" >/dev/null
    else
        POSTGRES_PASSWORD=$password docker run -d --name "$name" --shm-size 512m -p "127.0.0.1:$port:5432" \
            -e POSTGRES_USER=calseta -e POSTGRES_PASSWORD -e POSTGRES_DB=calseta "$POSTGRES_IMAGE" -c max_connections=200 >/dev/null
    fi
}

# container_answers SERVER
container_answers() {
    if [ "$1" = rabbitmq ]; then
        rabbitmq_answers
    else
        docker exec "$(container_name postgres)" pg_isready -q -h 127.0.0.1 -U calseta -d calseta
    fi
}

# container_wait SERVER: waits until it answers.
container_wait() {
    local deadline=$((SECONDS + 180))
    until container_answers "$1"; do
        if ! container_runs "$1" || [ "$SECONDS" -ge "$deadline" ]; then
            docker logs --tail 25 "$(container_name "$1")" >&2 || true
            fail "container $(container_name "$1") did not start; start afresh with deploy/services.sh down"
        fi
        sleep 0.5
    done
}

# container_command SERVER: the command line of rabbitmqctl or psql inside it.
container_command() {
    local name
    name=$(container_name "$1")
    if [ "$1" = rabbitmq ]; then
        printf '%q ' docker exec -i "$name" rabbitmqctl
    else
        printf '%q ' docker exec -i -e PGHOST=127.0.0.1 -e PGUSER=calseta -e PGDATABASE=calseta \
            -e "PGPASSWORD=$(env_get "$POSTGRES_STATE" POSTGRES_PASSWORD)" "$name" psql -X
    fi
}

# container_stop SERVER, container_remove SERVER: only the recorded container.
container_stop() {
    ! container_runs "$1" || docker stop -t 30 "$(container_name "$1")" >/dev/null
}

# container_kill SERVER SIGNAL: one signal to its first process, then waits for its end.
container_kill() {
    local name
    container_runs "$1" || return 0
    name=$(container_name "$1")
    docker kill --signal "SIG$2" "$name" >/dev/null
    timeout 60 docker wait "$name" >/dev/null || fail "container $name did not end of SIG$2"
}

container_remove() {
    local name
    name=$(env_get "$SERVICES_DIR/state/$1.env" CONTAINER)
    [ -z "$name" ] || docker rm -f -v "$name" >/dev/null 2>&1 || say "container $name could not be removed: is the Docker engine down?"
}
