# Mendel: `make demo` shows it at work, `make test` proves it. Everything depends on `setup`.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

.PHONY: help setup demo test check bench rivals clean

help:
	@echo "make setup   build .venv from requirements.lock, warm the simulator, find or install a browser"
	@echo "make demo    one cycle on the example, with a generated market: no key, no network"
	@echo "make test    the test suite"
	@echo "make check   format, lint, types, import directions"
	@echo "make bench   benchmarks beside vectorbt, backtesting.py and freqtrade; NAMES='look memory' for some"
	@echo "make rivals  build .venv-rivals, so that the tests compare with vectorbt and backtesting.py"
	@echo "make clean   remove what the targets made"

setup: $(READY)

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0] + "; try: make PYTHON=python3.12") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	VIRTUAL_ENV=$(CURDIR)/.venv $(BIN)/uv pip install --quiet --compile-bytecode -r requirements.lock
	VIRTUAL_ENV=$(CURDIR)/.venv $(BIN)/uv pip install --quiet --no-deps -e .
	$(BIN)/python -m mendel.install
	@touch $(READY)

demo: setup
	$(BIN)/mendel demo

test: setup
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --durations=15

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q tests/test_imports.py

bench: setup .venv-bench/.ready
	@$(BIN)/python -m tools.bench $(NAMES)

.venv-bench/.ready: requirements-bench.lock
	@$(PYTHON) -m venv .venv-bench
	@.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check uv
	@VIRTUAL_ENV=$(CURDIR)/.venv-bench .venv-bench/bin/uv pip install --quiet -r requirements-bench.lock
	@touch .venv-bench/.ready

rivals: setup .venv-rivals/.ready

.venv-rivals/.ready: requirements-bench.lock
	$(PYTHON) -m venv .venv-rivals
	VIRTUAL_ENV=$(CURDIR)/.venv-rivals $(BIN)/uv pip install --quiet -c requirements-bench.lock backtesting vectorbt numba numpy pandas
	@touch .venv-rivals/.ready

clean:
	rm -rf .venv .venv-bench .venv-rivals .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist *.egg-info demo-squeeze demo-squeeze-*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
