# Two commands do all the set-up on a fresh Debian 12 machine with Python 3.11: make demo, make test.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
COMPILE := $(BIN)/pip-compile --quiet --strip-extras --allow-unsafe --generate-hashes --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-emit-options

.PHONY: setup demo lab test check prepare lock clean
.DELETE_ON_ERROR:

setup: $(VENV)/.installed

$(VENV)/.installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Bulkhead needs Python 3.11 or later; $(PYTHON) is older. Try: make setup PYTHON=python3.11"; exit 3; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	@touch $@

demo: setup
	@PATH="$(CURDIR)/$(BIN):$$PATH" sh examples/demo.sh

lab: prepare
	@PATH="$(CURDIR)/$(BIN):$$PATH" sh examples/lab.sh

# What the lab takes from Debian, and the engine; only what is missing, only where the lab can run.
prepare: setup
	@sh infra/lab/prepare.sh $(VENV)

test: prepare check
	@sh tests/prepare.sh
	$(BIN)/python -m pytest $(PYTEST_FLAGS)

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/ansible-lint --offline -q

# Versions and hashes alone: the address of an index never stands in the file.
lock:
	$(BIN)/python -m pip install --quiet pip-tools
	$(COMPILE) --all-extras --output-file requirements.lock pyproject.toml
	$(COMPILE) --constraint requirements.lock --output-file bulkhead/services/requirements.lock bulkhead/services/requirements.in

clean:
	rm -rf $(VENV) build *.egg-info
