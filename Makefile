# make demo     the example warehouse, built        make check    format, lint, types, import contracts
# make test     all tests                           make bench    the speeds that the documentation claims
# make test-gx  the tests of batchsql.gx, in an environment of their own, with Great Expectations
# make test-dbt projects built by dbt and by batchsql, dbt in an environment of its own; EXAMPLES=100 tries more of them
#
# Everything happens in one virtual environment, made on first use: VENV=/some/where moves it.
# PYTHON=python3.13 chooses the interpreter; WORKERS=1 runs the tests one at a time.

VENV ?= .venv
PYTHON ?= python3
WORKERS ?= 2
EXAMPLES ?= 8

BENCHMARKS := compile_time many_models backfill checks_speed upsert_statements microbatch_statements
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.DEFAULT_GOAL := help
.PHONY: help demo test test-gx test-dbt check format bench clean

help:
	@sed -n '1,4s/^# //p' Makefile

demo: $(VENV)/.installed
	@$(BIN)/batchsql build

test: $(VENV)/.ready-to-develop
	@$(BIN)/python -m pytest -n $(WORKERS)

test-gx: $(VENV)-gx/.ready
	@$(VENV)-gx/bin/python -m pytest -n $(WORKERS) tests/gx

test-dbt: $(VENV)/.ready-to-develop $(VENV)-dbt/.ready
	@DBT_PYTHON="$$(realpath $(VENV)-dbt)/bin/python" DBT_EXAMPLES=$(EXAMPLES) $(BIN)/python -m pytest -n $(WORKERS) tests/dbt

check: $(VENV)/.ready-to-develop
	@$(BIN)/ruff format --check --quiet . || { echo "Some files are not formatted: 'make format' does it."; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy --no-error-summary
	@contracts=$$($(BIN)/lint-imports 2>&1) || { echo "$$contracts"; exit 1; }
	@echo "Format, lint, types and import contracts hold."

format: $(VENV)/.ready-to-develop
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: $(VENV)/.ready-to-develop
	@for script in $(BENCHMARKS); do $(BIN)/python benchmarks/$$script.py || exit 1; done

clean:
	rm -rf target flights.duckdb flights.duckdb.wal .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(VENV)/bin/python:
	@command -v $(PYTHON) >/dev/null 2>&1 || { echo "There is no '$(PYTHON)' here. Install Python 3.11 or newer, or name one: make PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "batchsql needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) -V 2>&1). Name another: make PYTHON=python3.13"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "This Python has no 'venv' module. On Debian and Ubuntu: sudo apt install python3-venv"; exit 1; }
	@echo "Making a virtual environment in $(VENV) ..."
	@$(PYTHON) -m venv "$(VENV)"

$(VENV)/.installed: pyproject.toml | $(VENV)/bin/python
	@echo "Installing batchsql and what it needs ..."
	@$(PIP) install --editable . || { echo "The installation failed. It needs the Python package index (or a mirror named in PIP_INDEX_URL)."; exit 1; }
	@touch $@

$(VENV)-gx/.ready: pyproject.toml $(VENV)/.installed
	@echo "Making a virtual environment in $(VENV)-gx, with Great Expectations ..."
	@$(VENV)/bin/python -m venv "$(VENV)-gx"
	@$(VENV)-gx/bin/python -m pip --disable-pip-version-check --quiet install --editable '.[gx]' pytest pytest-xdist hypothesis
	@touch $@

$(VENV)-dbt/.ready: | $(VENV)/bin/python
	@echo "Making a virtual environment in $(VENV)-dbt, with dbt ..."
	@$(VENV)/bin/python -m venv "$(VENV)-dbt"
	@$(VENV)-dbt/bin/python -m pip --disable-pip-version-check --quiet install 'dbt-core<1.12' dbt-duckdb 'duckdb>=2.0,<3'
	@touch $@

$(VENV)/.ready-to-develop: pyproject.toml $(VENV)/.installed
	@echo "Installing the tools for development ..."
	@$(PIP) install --upgrade 'pip>=25.1'
	@$(PIP) install --group dev
	@touch $@
