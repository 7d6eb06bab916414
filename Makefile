# `make demo` and `make test` do all of their own set-up. See README.md.

PYTHON ?= python3
VENV ?= .venv
DEMO_OUT ?= demo-out
# The requirement of torch to install. A Linux machine without an NVIDIA GPU gets a CPU build of it, not
# gigabytes of CUDA libraries; see scripts/install_torch.sh.
TORCH ?= torch==2.13.0
# Packages in plugins/ that bring little more than themselves; the template is for copying, not for use.
PLUGINS ?= dino efficientnet_lite sd21 videomae vjepa2 wan21
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PYTEST = $(BIN)/python -m pytest -q -n 2 --dist loadfile
# Tests run with PyQt6. These run with PySide6 too: the workbench, player, threads, keys, pictures and small windows.
PYSIDE6_TESTS = $(addprefix tests/gui/,test_workbench.py player/test_player.py services common/test_thumbnails.py project/test_small_windows.py)
# Tests open real windows; on Linux pytest-xvfb gives each process of the tests a screen that nobody sees.

.PHONY: demo app test lint all-tests window-packages clean

$(READY): pyproject.toml Makefile scripts/system_packages.sh scripts/install_torch.sh plugins/*/pyproject.toml
	PYTHON=$(PYTHON) sh scripts/system_packages.sh setup
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	sh scripts/install_torch.sh $(BIN)/python "$(TORCH)"
	$(BIN)/python -m pip install --quiet --editable ".[dev]"
	$(BIN)/python -m pip install --quiet --no-build-isolation $(PLUGINS:%=--editable plugins/%)
	touch $@

demo: $(READY)  ## run the main job on the sample data and leave a report in demo-out/
	$(BIN)/actiondiff-gui demo --out $(DEMO_OUT)

app: $(READY)  ## open the window
	$(BIN)/actiondiff-gui

window-packages:
	PYTHON=$(PYTHON) sh scripts/system_packages.sh window

test: $(READY) window-packages  ## the quick suite
	QT_API=pyqt6 PYTEST_QT_API=pyqt6 $(PYTEST) -m "not slow and not gpu" --durations=10
	QT_API=pyside6 PYTEST_QT_API=pyside6 $(PYTEST) -m "not slow and not gpu" $(PYSIDE6_TESTS)

all-tests: $(READY) window-packages  ## the whole suite
	QT_API=pyqt6 PYTEST_QT_API=pyqt6 $(PYTEST) --durations=20
	QT_API=pyside6 PYTEST_QT_API=pyside6 $(PYTEST) tests/gui

lint: $(READY)  ## the rules of the house
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/python scripts/structure.py --check
	$(BIN)/mypy

clean:
	rm -rf $(VENV) $(DEMO_OUT)
