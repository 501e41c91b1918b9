# `make demo` and `make test` need python3 (3.11 or newer) and nothing else.

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
FIND_PYTHON = for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && break; \
	python=; done

.DEFAULT_GOAL := help
.PHONY: help demo test proof chaos bench check format docs clean

help: ## Say what can be made
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

demo: $(VENV)/.demo ## Show an option chain from the simulated broker
	$(BIN)/ibcli --demo chain ARM --month AUG25

test: $(VENV)/.dev ## Run the tests
	$(BIN)/pytest -q -n 4 --dist worksteal

proof: $(VENV)/.dev ## Run the long tests: every instant at which an order could happen twice, any input
	$(BIN)/pytest -q -n 2 -m 'proof or hypothesis' --hypothesis-profile=proof

chaos: $(VENV)/.dev ## Run 2,000 trading days full of faults, for most of an hour: docs/reliability.md
	$(BIN)/python -m chaos $(ARGS)

bench: $(VENV)/.dev ## Measure ibcli beside ibind programs for a quarter of an hour: docs/benchmarks.md
	$(BIN)/python -m benchmarks $(ARGS)

check: $(VENV)/.dev ## Lint, check types, layers, scripts, and that the docs are fresh
	$(BIN)/ruff check --output-format concise .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/shellcheck scripts/*.sh .ci/run
	$(BIN)/python -m scripts.docs --check

format: $(VENV)/.dev ## Format the code and fix what can be fixed by machine
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(VENV)/.dev ## Write the generated parts of the docs anew
	$(BIN)/python -m scripts.docs

clean: ## Remove the virtual environment and the tools' caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage htmlcov

# What is installed is brought up to date when the requirements change, and only then.
$(VENV)/.demo: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install -c constraints.txt -e '.[sim]'
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install -c constraints.txt -e '.[dev]'
	@touch $@ $(VENV)/.demo

$(BIN)/python:
	@$(FIND_PYTHON); \
	if [ -z "$$python" ]; then \
		echo "ibcli needs Python 3.11 or newer; python3 here is: $$(python3 --version 2>&1)" >&2; \
		exit 1; \
	fi; \
	echo "Making a virtual environment with $$($$python --version) ..." >&2; \
	$$python -m venv $(VENV) || { \
		rm -rf $(VENV); \
		echo "That failed; on Debian and Ubuntu: apt install python3-venv" >&2; \
		exit 1; \
	}
