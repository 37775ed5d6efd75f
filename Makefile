# Every target first installs what it needs (scripts/install-deps.sh; instant when nothing is missing).
# `make help` lists the targets.

JOBS := $(shell nproc)
ARGS ?= --data hookline-data --dev
STAGES ?=
SECONDS ?= 60

DEPS := scripts/install-deps.sh

.DEFAULT_GOAL := build
.PHONY: build run test fuzz flaky bench lint tidy format clean help
.NOTPARALLEL:

build: ## Compile the server: build/hookline
	@$(DEPS) build
	@cmake --preset release --log-level=WARNING
	@cmake --build --preset release --parallel $(JOBS) --target hookline
	@ln -sfn release/src/hookline build/hookline

run: build ## Start the server; make run ARGS="--data DIR --listen HOST:PORT …"
	build/hookline serve $(ARGS)

test: ## Everything, as CI does; make test STAGES="unit suites" for some (scripts/test.sh lists them)
	@$(DEPS) build test clients lint
	@scripts/test.sh $(STAGES)

fuzz: ## Look for inputs that break a parser; make fuzz SECONDS=600 (for each target; 60 if not said)
	@$(DEPS) build fuzz
	@scripts/fuzz.sh $(SECONDS)

flaky: build ## Look for tests that fail now and then, on a loaded machine; make flaky SECONDS=3600 (600 if not said)
	@$(DEPS) build test
	@cmake --build --preset release --parallel $(JOBS)
	@scripts/flaky.sh $(SECONDS)

bench: build ## Measure throughput and latency against peers; one table
	@$(DEPS) build bench
	@python3 bench/run.py build/hookline

lint: ## House rules, formatting and clang-tidy, without tests
	@$(DEPS) build lint
	@scripts/test.sh lint format tidy

tidy: ## clang-tidy alone
	@$(DEPS) build lint
	@scripts/test.sh tidy

format: ## Rewrite the C++ sources in the house format
	@$(DEPS) lint
	@scripts/format.sh

clean: ## Remove everything that was built; data and node_modules stay
	rm -rf build

help: ## This list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' Makefile
