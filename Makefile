# One virtual environment, three stamps: what serving needs, what the tests need, what lint and types need. Beside it
# one that takes the libvips of the system, not the wheel's. A failed install leaves no stamp, so running make again
# heals it.
VENV := .venv
BIN := $(VENV)/bin
SYSTEM := .venv-system
PORT ?= 8080
ADMIN_PORT ?= 8081
DIR ?=
PYTEST_ARGS ?= -n auto --dist loadfile

.DEFAULT_GOAL := help
.PHONY: help demo test test-system check bench lock clean

help:
	@echo 'make demo         serve sample pictures (DIR=folder for yours, PORT=8080, ADMIN_PORT=8081)'
	@echo 'make test         run the tests'
	@echo 'make test-system  run those about pictures with the libvips of the system'
	@echo 'make check        lint, format, types and tests'
	@echo 'make bench        measure, and print a table'

$(BIN)/python:
	@sh tools/make-venv.sh $(VENV)

$(VENV)/.run: requirements.lock pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@

$(VENV)/.test: requirements-test.lock $(VENV)/.run
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-test.lock
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.test
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

demo: $(VENV)/.run
	@exec $(BIN)/python -P -m edge demo --port '$(PORT)' --admin-port '$(ADMIN_PORT)' --dir '$(subst ','\'',$(value DIR))'

test: $(VENV)/.test
	$(BIN)/python -m pytest $(PYTEST_ARGS)

# Needs libvips: apt-get install libvips42.
$(SYSTEM)/.test: requirements-test.lock pyproject.toml tools/without-wheel.sh
	@sh tools/make-venv.sh $(SYSTEM)
	@sh tools/without-wheel.sh requirements-test.lock > $(SYSTEM)/requirements.lock
	$(SYSTEM)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $(SYSTEM)/requirements.lock
	$(SYSTEM)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@

test-system: $(SYSTEM)/.test
	EDGE_TEST_LIBVIPS=system $(SYSTEM)/bin/python -m pytest $(PYTEST_ARGS) tests/system tests/edge/imaging

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	@$(MAKE) --no-print-directory test

bench: $(VENV)/.dev
	$(BIN)/python -m tests.bench

# Needs uv. One file serves every Python from 3.11 and both processors.
LOCK := uv --no-config pip compile --universal --generate-hashes --python-version 3.11 --quiet --no-header --no-emit-index-url pyproject.toml
lock:
	$(LOCK) -o requirements.lock
	$(LOCK) --group test -o requirements-test.lock
	$(LOCK) --group dev -o requirements-dev.lock

clean:
	rm -rf $(VENV) $(SYSTEM) .demo
