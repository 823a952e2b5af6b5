# shellcheck shell=bash
# Missing server packages, installed by apt when we are root. The packages' own system
# services and clusters are neither started nor left enabled: only the binaries are wanted.

POLICY=/usr/sbin/policy-rc.d
NO_CLUSTER=/etc/postgresql-common/createcluster.d/calseta-no-main-cluster.conf

is_root() { [ "$(id -u)" -eq 0 ]; }

can_install() { is_root && command -v apt-get >/dev/null; }

# postgres_package: the package to install: version 15 where the distribution has it.
postgres_package() {
    if apt-cache show postgresql-15 >/dev/null 2>&1; then echo postgresql-15; else echo postgresql; fi
}

# services_hold, services_release: no package starts its service, no main cluster is made.
services_hold() {
    if [ -e "$POLICY" ]; then mv "$POLICY" "$POLICY.before-calseta"; fi
    printf '#!/bin/sh\nexit 101\n' >"$POLICY"
    chmod 755 "$POLICY"
    mkdir -p "${NO_CLUSTER%/*}"
    echo 'create_main_cluster = false' >"$NO_CLUSTER"
}

services_release() {
    rm -f "$POLICY" "$NO_CLUSTER"
    if [ -e "$POLICY.before-calseta" ]; then mv "$POLICY.before-calseta" "$POLICY"; fi
}

# services_disable UNIT…: what the packages enabled for the next boot.
services_disable() {
    [ -d /run/systemd/system ] || return 0
    systemctl disable "$@" >/dev/null 2>&1 || true
}

# install_servers rabbitmq|postgres…: installs what is named; output stays visible.
install_servers() (
    export DEBIAN_FRONTEND=noninteractive
    local -a apt=(apt-get -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0) packages=() units=()
    say "installing with apt: $*"
    "${apt[@]}" update -q >&2 || say "apt-get update failed: trying with the package lists at hand"
    case " $* " in *' rabbitmq '*) packages+=(rabbitmq-server) units+=(rabbitmq-server.service) ;; esac
    case " $* " in *' postgres '*) packages+=("$(postgres_package)") units+=(postgresql.service) ;; esac
    trap services_release EXIT
    services_hold
    "${apt[@]}" install -y -q --no-install-recommends "${packages[@]}" >&2 ||
        fail "apt could not install ${packages[*]}; install them, or set AMQP_URL and DATABASE_URL to servers of your own"
    services_disable "${units[@]}"
)
