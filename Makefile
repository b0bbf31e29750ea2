# The few commands that people and CI share. Each sets up what it needs by itself.

BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest -n auto --dist worksteal

.PHONY: help run test check build lint clean

help:  ## List the commands
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 10

run: .venv/.installed  ## Train a GPT on the built-in names, and see it happen
	@$(BIN)/glassgpt

test: lint  ## All that can be asserted at small sizes: at most 20 minutes
	$(PYTEST) -m "not full"

check: .venv/.tools  ## The same at full size: at most 30 minutes
	$(PYTEST) -m full
	$(BIN)/glassgpt check --all

lint: .venv/.tools
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

build: .venv/.tools  ## Make the wheel and the source archive, in dist/
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

clean:  ## Remove everything that was made here, runs excepted
	rm -rf .venv dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis

.venv/.installed: pyproject.toml tools/setup
	@tools/setup
	@touch $@

.venv/.tools: pyproject.toml tools/setup
	@tools/setup tools
	@touch $@ .venv/.installed
