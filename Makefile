# Two commands do everything: `make demo` and `make test`. All they need beside Python 3.11+ goes into .venv.

VENV ?= .venv
PYTHON ?= $(firstword $(foreach name,python3.13 python3.12 python3.11 python3,\
	$(if $(shell $(name) -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo yes),$(name))))
BIN := $(VENV)/bin
DEMO := build/demo
FUZZ_COUNT ?= 50000
FUZZ_SEED ?= 1

.DEFAULT_GOAL := help
.PHONY: help demo shop test mutants matrix lint types bench fuzz guests dist clean

help: ## Show the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

demo: $(VENV)/.installed ## Score 12,000 card payments with a plugin written in Zig and show what happened
	@mkdir -p $(DEMO)
	@$(BIN)/python examples/fraud/demo.py --folder $(DEMO)

shop: $(VENV)/.installed ## Serve a shop made of WebAssembly functions over HTTP, and play a day of customers
	@$(BIN)/python examples/shop/day.py

test: $(VENV)/.installed-dev ## Run the tests
	$(BIN)/python -m pytest -q --numprocesses auto --dist loadfile

mutants: $(VENV)/.installed-dev ## Judge the conformance suite by the mutants that it catches
	$(BIN)/python -m pytest -q tests/conformance -k mutant

matrix: $(VENV)/.installed-dev ## Judge our guest SDKs on every engine, and write the table of docs/conformance.md
	$(BIN)/python conformance/matrix.py

lint: $(VENV)/.installed-dev ## Check style and formatting
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/python -m ziglang fmt --check $$(git ls-files '*.zig')

types: $(VENV)/.installed-dev ## Check types with mypy and pyright, both strict
	$(BIN)/mypy
	PATH=$(CURDIR)/$(BIN):$$PATH $(BIN)/pyright

bench: $(VENV)/.installed-dev ## Measure against wasmtime-py, Extism's SDK and starlette, side by side
	$(BIN)/python benchmarks/run.py

fuzz: $(VENV)/.installed-dev ## Throw FUZZ_COUNT mutated modules at the host
	$(BIN)/python tests/fuzz/module_fuzz.py --through-host --count $(FUZZ_COUNT) --seed $(FUZZ_SEED)

guests: $(VENV)/.installed-dev ## Rebuild the committed guest modules from source
	PYTHON=$(CURDIR)/$(BIN)/python sh examples/fraud/build.sh
	PYTHON=$(CURDIR)/$(BIN)/python sh examples/passthrough/build.sh
	PYTHON=$(CURDIR)/$(BIN)/python sh examples/extism/build.sh
	PYTHON=$(CURDIR)/$(BIN)/python sh tests/extism/guests/c/build.sh
	PYTHON=$(CURDIR)/$(BIN)/python sh examples/actors/build.sh
	PYTHON=$(CURDIR)/$(BIN)/python sh examples/users/build.sh
	sh examples/shop/build.sh
	PYTHON=$(CURDIR)/$(BIN)/python sh sdk_guest/rust/build.sh
	PYTHON=$(CURDIR)/$(BIN)/python sh sdk_guest/go/build.sh
	PYTHON=$(CURDIR)/$(BIN)/python sh sdk_guest/zig/build.sh
	PYTHON=$(CURDIR)/$(BIN)/python sh conformance/guests/build.sh
	PYTHON=$(CURDIR)/$(BIN)/python sh conformance/tutorial/build.sh
	for abi in fluxrig extism priostack; do PYTHON=$(CURDIR)/$(BIN)/python sh conformance/mutants/$$abi/build.sh || exit 1; done
	sh benchmarks/guests/build.sh

dist: $(VENV)/.installed-dev ## Build the wheel and the source distribution
	rm -rf dist
	$(BIN)/python -m build --outdir dist

clean: ## Remove everything that was made here
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(VENV)/.installed: pyproject.toml
	@test -n "$(PYTHON)" || { echo "plugbay needs Python 3.11 or newer; name one with PYTHON=..." >&2; exit 2; }
	@echo "Installing into $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@
