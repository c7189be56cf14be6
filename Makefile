# Everything that a new machine needs beyond Python 3.11+, git and make is installed by these targets into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
DEVELOPING := $(VENV)/.developing
export DO_NOT_TRACK := 1
export PREFECT_SERVER_ANALYTICS_ENABLED := false
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Prefect takes twice as long to start where Python may not keep what it compiled.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test large check bench docs install develop browser clean help
.DEFAULT_GOAL := help

help: ## what there is
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-9s %s\n", $$1, $$2}'

$(BIN)/uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "postventa needs Python 3.11 or newer: make PYTHON=python3.12 ...")'
	@$(PYTHON) -m venv $(VENV) || { echo "python3-venv is missing: apt install python3-venv" >&2; exit 1; }
	@$(BIN)/python -m pip install --quiet uv

$(INSTALLED): $(BIN)/uv pyproject.toml constraints.txt
	@echo "installing ..."
	@$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --constraints constraints.txt --editable .
	@touch $@

$(DEVELOPING): $(INSTALLED)
	@$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --constraints constraints.txt --editable '.[dev]'
# The tests are compiled once here, instead of by each of their workers at the same time.
	@$(BIN)/python -m pytest --collect-only -q >/dev/null 2>&1 || true
	@touch $@

install: $(INSTALLED) ## the service and nothing else, into .venv

develop: $(DEVELOPING) ## the service and what developing it needs

browser: ## Chromium for the tests of pages, where it can be installed
	@command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 || command -v google-chrome >/dev/null 2>&1 \
	|| { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 \
	&& echo "installing Chromium ..." && apt-get update -qq >/dev/null && apt-get install -y -qq chromium >/dev/null; } \
	|| echo "no Chromium here and no right to install it: the tests of pages in a browser will be skipped"

demo: $(INSTALLED) ## the whole service on this machine: ARGS=--exit ends after the summary
	@$(BIN)/python -m postventa.demo $(ARGS)

test: $(DEVELOPING) browser ## every test, on SQLite and on a real PostgreSQL
	@$(BIN)/python -m pytest -n 4 --dist loadgroup --cov --cov-report=term:skip-covered --cov-fail-under=90 $(ARGS)
	@$(BIN)/python -m coverage report --include='postventa/rules/*' --fail-under=100

large: $(DEVELOPING) ## the tests that prove a promise in full size; they take minutes
	@$(BIN)/python -m pytest -m large --durations=0 $(ARGS)
	@STORIES=1000 $(BIN)/python -m pytest -m "hypothesis and not large" --durations=5 $(ARGS)

check: $(DEVELOPING) ## style, types, architecture, contracts
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/postventa contracts lint
	@$(BIN)/postventa contracts breaking
	@$(BIN)/python .ci/lint_contracts.py

bench: $(DEVELOPING) ## what performance claims rest on, as ratios in one run
	@$(BIN)/python benchmarks/run.py $(ARGS)

docs: $(DEVELOPING) ## checks that the documentation is true where a test can tell
	@$(BIN)/python -m pytest -q tests/test_house.py

clean: ## takes away what was installed and made
	@rm -rf $(VENV) .demo .bench .coverage htmlcov .mypy_cache .ruff_cache .pytest_cache .hypothesis
