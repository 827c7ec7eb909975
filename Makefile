# `make up` and `make test` are all that a newcomer needs; both work without root.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DATA_DIR ?= actalgia-data

.PHONY: up test faults check install install-dev system browser timescale fuzz screenshots clean

up: install  ## install and start everything with a simulated ward
	$(BIN)/actalgia up --demo --data-dir $(DATA_DIR)

test: install-dev check  ## what must pass before a change is shared
	$(BIN)/python -m pytest

faults: install-dev  ## every fault we know, and the proof that nothing is lost (about 15 minutes)
	$(BIN)/python -m tests.faults.run
	$(BIN)/python -m tests.faults.pages

check: install-dev  ## style, types and the layout of the house
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

FUZZ_S ?= 60
fuzz: install-dev  ## search for bytes that ingest cannot take, FUZZ_S seconds (wants atheris, on Linux)
	$(BIN)/python -m pip install -q atheris
	PYTHONPATH=. $(BIN)/python tests/fuzz/decode.py -max_total_time=$(FUZZ_S) -max_len=4096 -artifact_prefix=/tmp/

install: $(VENV)/.installed
install-dev: $(VENV)/.installed-dev

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit("Actalgia needs Python 3.11 or newer: make PYTHON=python3.11 ...") if sys.version_info < (3, 11) else 0'
	$(PYTHON) -m venv $(VENV)

# uv installs in seconds what pip needs half a minute for; where it cannot be had, pip does it.
$(VENV)/.installed: $(BIN)/python pyproject.toml
	@$(BIN)/python -m pip install -q uv 2>/dev/null || true
	@echo "Installing Actalgia ..."
	@if [ -x $(BIN)/uv ]; then VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install -q -e .; else $(BIN)/python -m pip install -q -e .; fi
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	@echo "Installing what the tests need ..."
	@if [ -x $(BIN)/uv ]; then VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install -q -e '.[dev]'; else $(BIN)/python -m pip install -q -e '.[dev]'; fi
	@touch $@

system:  ## as root, Debian: mosquitto (keeps devices apart) and Chromium (browser tests)
	apt-get update -q
	DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends python3-venv mosquitto chromium

screenshots: install-dev  ## the pictures of the README, from a ward that runs (see docs/screenshots.py)
	$(BIN)/python docs/screenshots.py --data-dir $(DATA_DIR)

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
