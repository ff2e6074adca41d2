# Xinqiao (信桥). `make help` lists everything.
SHELL := /bin/bash
.DEFAULT_GOAL := help
FIRMS ?= 2000
SEED ?= 1
ARGS ?=
PATH_SETUP := . ops/path &&
HOUSE := --explicit-target-dependency-import-check error
# Warnings are errors where we judge our own work; a user's newer compiler may know new ones.
STRICT := -Xswiftc -warnings-as-errors
SOURCES := Package.swift Services Shared Tests ops/bench

.PHONY: help toolchain build demo up test lint format bench simulate faults scenarios clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'
	@echo "  variables: FIRMS=2000 SEED=1 SEEDS=100 ARGS=--exit FILTER=A04"

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
	@$(PATH_SETUP) swift build --build-tests $(HOUSE) $(STRICT) && swift test --skip-build $(HOUSE) $(STRICT)

lint: toolchain ## layout, as swift-format has it
	@$(PATH_SETUP) swift format lint --strict --recursive --parallel $(SOURCES)

format: toolchain ## lay the sources out
	@$(PATH_SETUP) swift format --in-place --recursive --parallel $(SOURCES)

bench: build ## measure, beside the peers and the physical limits; one JSON object as the last line
	@$(PATH_SETUP) .build/release/bench $(ARGS)

clean: ## remove what was built and the demonstration's data
	rm -rf .build .build-* .demo

simulate: toolchain ## the whole suite in a seeded storm, in memory: SEED=1 SEEDS=100
	@$(PATH_SETUP) SEED=$(SEED) SEEDS=$(or $(SEEDS),100) swift test $(HOUSE) --filter StormTests

faults: toolchain ## the real processes killed, doubled and stopped, on a real Kafka when there is one
	@ops/setup test
	@$(PATH_SETUP) swift test $(HOUSE) --filter "HunanProcesses|ServiceProcess|OutageTests|FaultTests"

scenarios: toolchain ## the acceptance stories, row by row, as a table: FILTER=A04
	@ops/setup test
	@$(PATH_SETUP) ops/scenarios $(FILTER)
