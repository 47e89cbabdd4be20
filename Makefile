# Two commands do everything: `make run` and `make test`. Nothing else needs to be prepared.
.DEFAULT_GOAL := help
SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
# the first Python on the path that is new enough; PYTHON=… chooses another
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)

.PHONY: help setup run test hunt torture bench docs lock clean

help:  ## this list
	@sed -n 's/^\([a-z]*\):.*##/make \1\t/p' Makefile

setup: $(VENV)/.installed  ## make .venv and install the locked dependencies and the project

$(VENV)/.installed: requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Tidewaiter needs Python 3.11 or newer; none was found. Install it, or run make PYTHON=/path/to/python3"; exit 1; }
	@echo "Setting up $(VENV) with $(PYTHON): about a minute …"
	@rm -rf $(VENV)
	@if command -v uv >/dev/null 2>&1; then \
		uv venv --quiet --python "$(PYTHON)" $(VENV) \
		&& uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock \
		&& uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e . ; \
	else \
		{ $(PYTHON) -m venv $(VENV) || { echo "python3 -m venv failed. On Debian and Ubuntu: apt install python3-venv. Or install uv."; exit 1; }; } \
		&& $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock \
		&& PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . ; \
	fi
	@touch $@

run: setup  ## start: Telegram with a token, else the local chat
	@exec $(BIN)/tidewaiter run

test: setup  ## every check: format, lint, types, tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q -n 2

hunt: setup  ## the properties with new cases, ten times
	for round in 1 2 3 4 5 6 7 8 9 10; do HYPOTHESIS_PROFILE=hunt $(BIN)/python -m pytest -q -n 2 tests/matching tests/rendering tests/sources tests/stories tests/storage tests/pipeline || exit 1; done

torture: setup  ## the long runs: thousands of kills
	$(BIN)/python -m pytest -q -m torture -s

bench: setup  ## the promised figures, each beside its peer in the same run; ONLY=feeds for one
	@for file in benchmarks/bench_$(or $(ONLY),*).py; do echo "== $$file"; $(BIN)/python $$file || exit 1; done

docs: setup  ## write the generated parts of the documents anew
	$(BIN)/python -m tests.docs

lock:  ## pin every package with hashes (needs uv)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate -q requirements.in -o requirements.lock

clean:  ## remove .venv and caches, never the data
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis *.egg-info
