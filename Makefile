# Everything a person types. `make help` lists it. PORT= and DATA_DIR= are honoured by run, manage and bench.
SHELL := /bin/bash
PYTHON3 ?= python3
VENV := .local/venv/bin
PYTHON := $(VENV)/python
BOOTSTRAP := $(PYTHON3) config/stack/bootstrap.py

export PORT DATA_DIR HOST SEED CMD
export PYTHONPATH := $(CURDIR)

.DEFAULT_GOAL := help
.PHONY: help run manage test fuzz check types lint lock bench

help:  ## Lists these commands
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

run:  ## Runs the whole site on this machine: http://localhost:8000 (PORT=, DATA_DIR=, HOST=)
	@$(BOOTSTRAP) run
	@exec $(PYTHON) -m config.stack.run

manage:  ## Runs a management command against it: make manage CMD="verify_ledger --json"
	@$(BOOTSTRAP) run
	@$(PYTHON) -m config.stack.manage

test:  ## Installs what the tests need, checks the code, runs every test (ARGS= for pytest)
	@$(BOOTSTRAP) test
	@$(MAKE) --no-print-directory check
	@$(PYTHON) -m pytest -n 2 --dist loadscope $(ARGS)

fuzz:  ## Asks every view for 20,000 random things as everybody (FUZZ= how many, FUZZ_SEED=): none may be answered by a 5xx
	@$(BOOTSTRAP) test
	@FUZZ=$${FUZZ:-20000} $(PYTHON) -m pytest tests/fuzz -q -s $(ARGS)

check:  ## Lint, format, types, walls between rooms, migrations, templates
	@$(BOOTSTRAP) test
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target types lint

types:
	ODHA_MODE=test $(VENV)/mypy .

lint:
	$(VENV)/ruff check .
	$(VENV)/ruff format --check .
	$(VENV)/lint-imports
	ODHA_MODE=test $(PYTHON) -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run
	$(VENV)/djlint --lint --quiet templates

lock:  ## Writes requirements/*.txt (with hashes) and package-lock.json from pyproject.toml and package.json
	@$(BOOTSTRAP) test
	$(VENV)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --custom-compile-command "make lock" -o requirements/base.txt pyproject.toml
	$(VENV)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --custom-compile-command "make lock" --group embedded -o requirements/local.txt pyproject.toml
	$(VENV)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --custom-compile-command "make lock" --group dev -o requirements/dev.txt pyproject.toml
	npm install --package-lock-only

bench:  ## Runs the benchmarks; each measure is one line of JSON
	@$(BOOTSTRAP) test
	@$(PYTHON) -m bench.run
