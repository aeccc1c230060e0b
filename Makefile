# `make test` and `make demo` do everything, set-up included, on a machine with Python 3.11, git and make.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SETUP := $(VENV)/.complete
PIP := $(BIN)/pip --disable-pip-version-check --quiet

.DEFAULT_GOAL := help
.PHONY: help setup check unit-tests test all-tests test-install test-act test-soak lint check-types demo demo-local soak benchmark profile figures constraints requirements clean

help: ## show this list
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1	\2/p' $(MAKEFILE_LIST) | expand -t 22

setup: $(SETUP) ## make .venv with everything that development needs

$(SETUP): pyproject.toml constraints.txt .ci/debian-packages .ci/go-tools .ci/npm-packages
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --upgrade "pip==$$(sed -n 's/^pip==//p' constraints.txt)"
	$(PIP) install --constraint constraints.txt --editable '.[model,publish,symbols,bot]' --group dev
	$(BIN)/python -m compileall -q action bot standins
	$(BIN)/pytest --collect-only --quiet >/dev/null # which compiles the tests, once for all workers
	.ci/debian-packages
	.ci/go-tools $(BIN)
	.ci/npm-packages build/npm
	@touch $@

# Types are checked by one process, which would leave a core idle for a minute: so the tests run beside it.
check: $(SETUP) lint ## lint, check types, run the tests that start no process: a minute at most
	$(MAKE) --no-print-directory --jobs 2 check-types unit-tests

unit-tests: $(SETUP)
	$(BIN)/pytest --quiet --in-process --numprocesses 2 $(PYTEST_ARGS)

test: $(SETUP) lint ## lint, check types, run all tests but those of the next three
	$(MAKE) --no-print-directory --jobs 2 check-types all-tests

all-tests: $(SETUP)
	$(BIN)/pytest --numprocesses 4 --dist worksteal -m 'not install and not act and not soak' $(PYTEST_ARGS)

test-install: $(SETUP) ## install wheels, a release and what a runner needs, with pip, as users and runners do
	$(BIN)/pytest --numprocesses 2 --dist worksteal -m install $(PYTEST_ARGS)

test-act: $(SETUP) ## play issues, and the whole demo, with the workflow file itself under act
	$(BIN)/pytest --numprocesses 2 --dist worksteal -m act $(PYTEST_ARGS)

test-soak: $(SETUP) ## play 20 schedules of faults, kill the bot at every boundary; `make soak` plays more
	$(BIN)/pytest --numprocesses 3 --dist worksteal -m soak $(PYTEST_ARGS)

lint: $(SETUP)
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --check --quiet .
	$(BIN)/lint-imports --no-cache --no-logo
	$(BIN)/python .ci/repeated_names.py

check-types: $(SETUP)
	$(BIN)/mypy

demo: $(SETUP) ## play a night on this machine: bot, runs, pull requests; KEEP=1 leaves it running
	$(BIN)/python demo/ordered_night.py
	$(BIN)/python demo/night.py

demo-local: $(SETUP) ## run a spec on a real project in the terminal, and a wrong one
	$(BIN)/python demo/local.py

soak: $(SETUP) ## play 200 schedules of faults instead of 20, kill the bot around reading requests too, try new examples
	MTOR_SCHEDULES=200 MTOR_KILL_READS=1 $(BIN)/pytest --numprocesses 2 -m soak $(PYTEST_ARGS)
	$(BIN)/pytest --quiet --hypothesis-profile=default $$(grep -rl 'from hypothesis' tests)

benchmark: $(SETUP) ## print the speed tables
	$(BIN)/python benchmarks/zero_token_run.py
	$(BIN)/python benchmarks/runner_start.py
	$(BIN)/python benchmarks/first_request.py
	$(BIN)/python benchmarks/coaching.py
	$(BIN)/python benchmarks/repair.py
	$(BIN)/python benchmarks/deliveries.py

profile: $(SETUP) ## show where a green run's time goes: imports, git processes, phases
	$(BIN)/python benchmarks/green_run_profile.py

COMPILE_FILE := $(BIN)/uv pip compile --quiet --no-header --no-annotate --universal --python-version 3.11
COMPILE := $(COMPILE_FILE) pyproject.toml

# No job of a runner imports these: the models of GitHub's API, half of all files, which githubkit loads when they are asked
# for, and what draws in a terminal. The model's library brings rich by itself.
LEFT_OUT := $(addprefix --no-emit-package ,githubkit-schemas-2026-03-10 rich pygments)

figures: $(SETUP) ## measure the tree; AGAINST=REVISION compares it with a commit
	$(BIN)/python .ci/figures.py $(if $(AGAINST),--against $(AGAINST))

constraints: $(SETUP) ## compile constraints.txt, the action's and the image's requirements from pyproject.toml
	$(COMPILE) --upgrade --all-extras --group dev --output-file constraints.txt
	$(MAKE) requirements

requirements: $(SETUP) ## compile only the action's and the image's requirements
	for extra in work publish; do \
		$(COMPILE) --generate-hashes --extra $$extra --constraint constraints.txt $(LEFT_OUT) \
			--output-file action/requirements/$$extra.txt || exit; \
	done
	for extra in model symbols; do \
		$(COMPILE) --generate-hashes --extra $$extra --constraint constraints.txt \
			--output-file action/requirements/$$extra.txt || exit; \
	done
	$(COMPILE) --generate-hashes --extra bot --constraint constraints.txt --output-file bot/requirements/bot.txt
	$(COMPILE_FILE) --generate-hashes --constraint constraints.txt --output-file bot/requirements/build.txt \
		bot/requirements/build.in

clean: ## remove everything that make made
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
