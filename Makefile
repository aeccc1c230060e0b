# `make test` and `make demo` do everything, set-up included, on a machine with Python 3.11, git and make.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SETUP := $(VENV)/.complete
PIP := $(BIN)/pip --disable-pip-version-check --quiet

.DEFAULT_GOAL := help
.PHONY: help setup test lint check-types demo benchmark constraints clean

help: ## show this list
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1	\2/p' $(MAKEFILE_LIST) | expand -t 22

setup: $(SETUP) ## make .venv with everything that development needs

$(SETUP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --upgrade "pip==$$(sed -n 's/^pip==//p' constraints.txt)"
	$(PIP) install --constraint constraints.txt --editable '.[model,publish,bot]' --group dev
	$(BIN)/python -m compileall -q action bot
	.ci/debian-packages
	@touch $@

test: $(SETUP) lint check-types ## lint, check types, run all tests
	$(BIN)/pytest --numprocesses 2 $(PYTEST_ARGS)

lint: $(SETUP)
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --check --quiet .

check-types: $(SETUP)
	$(BIN)/mypy

demo: $(SETUP) ## run a spec on a real project, and a wrong one
	$(BIN)/python demo/local.py

benchmark: $(SETUP) ## print the speed tables
	$(BIN)/python benchmarks/zero_token_run.py
	$(BIN)/python benchmarks/coaching.py
	$(BIN)/python benchmarks/repair.py

constraints: $(SETUP) ## compile constraints.txt from pyproject.toml
	$(BIN)/uv pip compile --quiet --upgrade --no-header --no-annotate --universal --python-version 3.11 \
		--all-extras --group dev pyproject.toml --output-file constraints.txt

clean: ## remove everything that make made
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
