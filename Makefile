# Every target makes the environment it needs by itself; nothing is installed outside .venv.
# `make help` lists the targets.

PYTHON ?= python3
SEEDS ?= 500
BIN := .venv/bin
READY := .venv/.ready
LOCKS := deploy/locks
SOURCES := worker tests

.DEFAULT_GOAL := help
.PHONY: help demo sandbox test check image-check dynalite-check sim kill mutants bench format lock

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s%s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(READY) ## Run the service against an embedded SQS and Chime, with faults, and count what arrived
	$(BIN)/backend-worker demo

sandbox: $(READY) ## Keep that world running, to play with from another terminal
	$(BIN)/backend-worker sandbox

test: $(READY) ## Run all tests
	$(BIN)/pytest -n auto

check: $(READY) ## Check format, lint, types, arrows, Dockerfile and templates
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/hadolint Dockerfile
	$(BIN)/cfn-lint --regions us-east-1 eu-central-1 -- deploy/*.yaml

image-check: $(READY) ## Build the image without Docker, in a temporary folder, and try it (downloads)
	$(BIN)/pytest -m downloads tests/deploy

dynalite-check: $(READY) ## Run the ledger's contract on dynalite instead of moto (downloads it; needs npm)
	@dir=$$(mktemp -d); npm install --silent --prefix $$dir dynalite@4; \
	$$dir/node_modules/.bin/dynalite --port 4567 --createTableMs 0 & server=$$!; \
	trap "kill $$server; rm -rf $$dir" EXIT; \
	until $(BIN)/python -c 'import socket; socket.create_connection(("127.0.0.1", 4567), 1)' 2>/dev/null; \
	do kill -0 $$server || exit 1; sleep 0.2; done; \
	DYNAMODB_UNDER_TEST=http://127.0.0.1:4567 $(BIN)/pytest -q tests/contract/ledger -k dynamodb

sim: $(READY) ## Run SEEDS=N schedules of faults in virtual time
	$(BIN)/python -m tests.simulation --seeds $(SEEDS)

kill: $(READY) ## Kill and freeze the worker while Chime loses replies, and count what arrived (KILL="--workers 3 ...")
	$(BIN)/python -m tests.e2e.kill $(KILL)

mutants: $(READY) ## Break the worker on purpose, and demand that a test goes red
	$(BIN)/python -m tests.mutants

bench: $(READY) ## Compare the worker's speed with a naive loop's, in turn (ten minutes, an idle machine)
	$(BIN)/python -m tests.benchmarks

format: $(READY) ## Format the code
	$(BIN)/ruff format $(SOURCES)
	$(BIN)/ruff check --fix $(SOURCES)

lock: ## Renew the hashed locks from pyproject.toml (needs uv)
	uv pip compile --universal --generate-hashes --no-header --quiet pyproject.toml -o $(LOCKS)/requirements.lock
	uv pip compile --universal --generate-hashes --no-header --quiet --group build -o $(LOCKS)/requirements-build.lock
	uv pip compile --universal --generate-hashes --no-header --quiet pyproject.toml --extra local --group dev -o $(LOCKS)/requirements-dev.lock

# uv, where it is on the PATH, does in seconds what pip does in a minute. Both install the same hashed lock.
$(READY): $(LOCKS)/requirements-dev.lock pyproject.toml
	@echo "Preparing .venv from $(LOCKS)/requirements-dev.lock (once; needs Python 3.11 or newer) ..."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12 ...")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@if command -v uv >/dev/null; then \
	    uv pip install --quiet --python $(BIN)/python --require-hashes -r $(LOCKS)/requirements-dev.lock && \
	    uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .; \
	else \
	    $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(LOCKS)/requirements-dev.lock && \
	    $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .; \
	fi
	@touch $@
