# `make demo` and `make test` do all of their own set-up. See README.md.

PYTHON ?= python3
VENV ?= .venv
DEMO_OUT ?= demo-out
# The requirement of torch to install. A Linux machine without an NVIDIA GPU gets a CPU build of it, not
# gigabytes of CUDA libraries; see scripts/install_torch.sh.
TORCH ?= torch==2.13.0
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test lint all-tests clean

$(READY): pyproject.toml Makefile scripts/system_packages.sh scripts/install_torch.sh
	sh scripts/system_packages.sh
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	sh scripts/install_torch.sh $(BIN)/python "$(TORCH)"
	$(BIN)/python -m pip install --quiet --editable ".[dev]"
	touch $@

demo: $(READY)  ## run the main job on the sample data and leave a report in demo-out/
	$(BIN)/actiondiff-gui demo --out $(DEMO_OUT)

test: $(READY)  ## the quick suite
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "not slow and not gpu" --durations=10

all-tests: $(READY)  ## the whole suite
	$(BIN)/python -m pytest -n 2 --dist loadfile --durations=20

lint: $(READY)  ## the rules of the house
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

clean:
	rm -rf $(VENV) $(DEMO_OUT)
