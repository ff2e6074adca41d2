# Xinqiao (信桥). `make help` lists everything.
SHELL := /bin/bash
.DEFAULT_GOAL := help
FIRMS ?= 2000
SEED ?= 1
HOURS ?= 4
ARGS ?=
PATH_SETUP := . ops/path &&
HOUSE := --explicit-target-dependency-import-check error
# Warnings are errors where we judge our own work; a user's newer compiler may know new ones.
STRICT := -Xswiftc -warnings-as-errors
SOURCES := Package.swift Services Shared Tests ops/bench ops/fuzz ops/reference ops/simulate

.PHONY: help toolchain build demo up test lint format bench bench-peers bench-reference simulate mutants fuzz faults soak quality scenarios clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  make %-16s %s\n", $$1, $$2}'
	@echo "  variables: FIRMS=2000 SEED=1 SEEDS=10000 HOURS=4 ARGS=--exit FILTER=A04"

toolchain:
	@$(PATH_SETUP) command -v swift >/dev/null || { \
	  echo "no Swift 6 toolchain: run ops/toolchain (Debian's own, unpacked beside the system) or take one from https://www.swift.org/install; compose/ needs none" >&2; exit 1; }

build: toolchain ## build everything in release mode
	@ops/setup run
	@$(PATH_SETUP) swift build -c release $(HOUSE)

demo: build ## the whole suite on this machine, fed a seeded province of FIRMS firms
	@$(PATH_SETUP) FIRMS=$(FIRMS) SEED=$(SEED) .build/release/xinqiao demo $(ARGS)

up: build ## the whole suite on this machine, empty
	@$(PATH_SETUP) .build/release/xinqiao up $(ARGS)

test: toolchain ## every test layer
	@ops/setup test
	@promtool test rules ops/alerts_test.yaml
	@$(PATH_SETUP) swift build --build-tests $(HOUSE) $(STRICT) \
	  && swift test --skip-build $(HOUSE) $(STRICT) --skip ProcessFaultTests
	@$(MAKE) --no-print-directory simulate
	@$(PATH_SETUP) swift build -c release $(HOUSE) \
	  && XINQIAO_FAULTS=short XINQIAO_PROGRAMS=.build/release \
	  swift test --skip-build $(HOUSE) $(STRICT) --filter "F1 |F3 |F5 |F6 |F8 |F12 |F18 |F19 |F23 |a message that ends the process"

lint: toolchain ## layout, as swift-format has it
	@$(PATH_SETUP) swift format lint --strict --recursive --parallel $(SOURCES)

format: toolchain ## lay the sources out
	@$(PATH_SETUP) swift format --in-place --recursive --parallel $(SOURCES)

bench: build ## measure, beside the peers and the physical limits; the table of a whole run goes into docs/performance.md: ARGS="--part wire"
	@$(PATH_SETUP) .build/release/bench $(if $(filter --part,$(ARGS)),,--write docs/performance.md) $(ARGS)

bench-peers: ## install the packages of the bench's peers in Python below PEERS_HOME
	@ops/bench/peers/install

bench-reference: build ## CREDIT-REF-1 beside expert Java and Kafka Streams, on a real Kafka: ARGS=--quick
	@/usr/bin/python3 ops/reference/reference.py $(ARGS)

clean: ## remove what was built and the demonstration's data
	rm -rf .build .build-* .demo

simulate: toolchain ## the whole suite in seeded storms, in memory: SEED=1 SEEDS=10000
	@ops/setup run
	@$(PATH_SETUP) swift build -c release --product simulate $(HOUSE) && SEED=$(SEED) SEEDS=$(or $(SEEDS),10000) .build/release/simulate $(ARGS)

mutants: toolchain ## faults put into the path on purpose: each must be found by the storms
	@ops/setup run
	@$(PATH_SETUP) swift build -c release --product simulate $(HOUSE) -Xswiftc -DMUTANTS --scratch-path .build-mutants \
	  && SEED=$(SEED) SEEDS=$(or $(SEEDS),10000) .build-mutants/release/simulate --mutants $(ARGS)

fuzz: toolchain ## the JSON reader, the writer and CloudEvents under libFuzzer with sanitizers: EXECUTIONS=1000000
	@ops/setup run
	@$(PATH_SETUP) ops/fuzz/run $(or $(EXECUTIONS),1000000)

faults: build ## the real processes under every fault, on a real PostgreSQL and Kafka; the table goes into docs/faults.md: FAULTS=short
	@ops/setup test
	@$(PATH_SETUP) XINQIAO_FAULTS=$(or $(FAULTS),long) XINQIAO_PROGRAMS=.build/release XINQIAO_FAULTS_WRITE=docs/faults.md \
	  swift test $(HOUSE) --filter "ProcessFaultTests|HunanProcesses|ServiceProcess|OutageTests" --skip "F23 "

soak: build ## hours at half of what the suite can do: memory, descriptors, threads and tables must stay; docs/soak.md: HOURS=4 MINUTES=10
	@ops/setup test
	@$(PATH_SETUP) XINQIAO_FAULTS_SOAK_MINUTES=$(or $(MINUTES),$$(($(HOURS) * 60))) exec ops/soak $(HOUSE)

quality: toolchain ## planted errors found and false alarms by kind: SEED=2 QUALITY_FIRMS=60
	@ops/setup test
	@$(PATH_SETUP) SEED=$(if $(filter command line,$(origin SEED)),$(SEED),2) swift test $(HOUSE) --filter GovernanceQualityMeasure

scenarios: toolchain ## the acceptance stories, row by row, as a table: FILTER=A04 takes all of row A4
	@ops/setup test
	@$(PATH_SETUP) ops/scenarios $(FILTER)
