# Every command of this project. `make` alone lists them.
# Needs bash, make and Rust; the servers are found, installed or run in Docker by deploy/services.sh.

SHELL := /bin/bash
export PATH := $(PATH):$(HOME)/.cargo/bin
.DEFAULT_GOAL := help
.PHONY: help demo up down services build test bench bench-authenticate bench-growth bench-interpret chaos corpus lint doc need-cargo

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## servers, release build, gateway and two workers, sample alerts stored and shown, everything taken down
	@deploy/demo.sh

up: services build ## keep the same stack running; URLs and a key go to target/stack.env
	@deploy/stack.sh up

down: ## end the stack and the private servers, remove their data
	@deploy/stack.sh down
	@deploy/services.sh down

services: ## only the servers: a private RabbitMQ and Postgres (deploy/services.sh stop keeps their data)
	@deploy/services.sh up

build: need-cargo ## release build of everything
	cargo build --release --locked --workspace

test: ## every check: format, lints, unit, property and end-to-end tests, documentation
	@tests/run.sh

bench: build ## figures beside the ceilings of this machine: target/bench.json and tests/load/RESULTS.md
	@deploy/bench.sh

bench-growth: build ## the drain rate at 0, 1 and 5 million stored alerts: target/bench-growth.json (a quarter of an hour, 10 GB of disk)
	@deploy/bench.sh growth

chaos: build ## break everything at random under load and account for every alert: [SEED=…] [SECONDS=…] [RATE=…]
	@deploy/chaos.sh $(if $(SEED),--seed $(SEED)) $(if $(SECONDS),--seconds $(SECONDS)) $(if $(RATE),--rate $(RATE))

lint: need-cargo ## format and lints alone, no servers needed
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings

doc: need-cargo ## the API documentation, without a warning
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked

corpus: need-cargo ## what every file below CORPUS=dir would become: alerts, indicators, what was mended and dropped
	@test -d "$(CORPUS)" || { echo "error: name a folder of bodies or documents, make corpus CORPUS=dir" >&2; exit 1; }
	@cargo run --quiet --locked -p calseta-worker -- corpus "$(CORPUS)"

bench-authenticate: need-cargo ## how much CPU it takes to let an alert in, by each kind of proof
	cargo bench --locked -p calseta-gateway --bench authenticate

bench-interpret: need-cargo ## how long an alert takes, and that no hostile document takes longer than promised
	cargo bench --locked -p calseta-worker --bench interpret

need-cargo:
	@command -v cargo >/dev/null || { echo "error: cargo is missing; install Rust from https://rustup.rs, then run this again" >&2; exit 1; }
