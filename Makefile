# The few commands that people and CI share. Each sets up what it needs by itself.

BIN := .venv/bin
SETUP := pyproject.toml tools/setup hatch_build.py
KERNEL := $(wildcard src/glassgpt/kernel/*.h src/glassgpt/kernel/*/*.[ch])
PYTEST := $(BIN)/python -m pytest -n auto --dist loadgroup

.PHONY: help run guide test check soak build kernel site shots browser other-browsers lint clean

help:  ## List the commands
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 10

run: .venv/.installed  ## Train a GPT on the built-in names, and see it happen
	@$(BIN)/glassgpt

guide: kernel  ## Open the guide and write it: what is saved is built, pages reload
	@tools/guide

test: lint kernel site browser  ## All that can be asserted at small sizes: at most 12 minutes
	$(PYTEST) -m "not full and not soak"

check: kernel site browser other-browsers  ## The same at full size: at most 20 minutes
	$(PYTEST) -m "full and not soak"
	$(BIN)/glassgpt check --all

soak: kernel site browser  ## What takes longer still, by hand: sweeps, sanitizers, kills
	$(PYTEST) -m soak

kernel: .venv/.tools
	@$(BIN)/python -m glassgpt.kernel.build native wasm
	@touch .venv/.installed

site: kernel  ## Make the guide's pages and figures, in src/glassgpt/guide/site
	@tools/site

browser: .venv/.tools
	@tools/browser

other-browsers: .venv/.tools
	@tools/other-browsers

lint: .venv/.tools
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	@tools/lint

build: site  ## Make the kernel, its WebAssembly, the guide and the wheel, in dist/
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

shots: site browser  ## Photograph every page of the guide, in shots/
	$(BIN)/python tools/shots.py

clean:  ## Remove everything that was made here, runs excepted
	rm -rf .venv dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis

.venv/.installed: $(SETUP) $(KERNEL)
	@tools/setup
	@touch $@

.venv/.tools: $(SETUP)
	@tools/setup tools
	@touch $@ .venv/.installed
