# setup demo test lint docs bench: each works alone on a fresh clone with Python 3.11 or newer and a package index.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

.PHONY: setup demo test lint docs bench clean

setup: $(READY)

$(READY): pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@

demo: $(READY)
	$(BIN)/python tests/demo.py

test: $(READY)
	$(BIN)/python -m pytest -n auto

lint: $(READY)
	$(BIN)/ruff check src tests
	$(BIN)/ruff format --check src tests
	$(BIN)/mypy

docs: $(READY)
	$(BIN)/python tests/docs.py

bench: $(READY)
	$(BIN)/python tests/bench.py
	$(BIN)/python tests/bench_long.py
	$(BIN)/python tests/bench_scale.py
	$(BIN)/python tests/bench_hostile.py
	$(BIN)/python tests/bench_calls.py
	$(BIN)/python tests/bench_lint.py
	$(BIN)/python tests/bench_mutants.py

clean:
	rm -rf .venv .pytest_cache .ruff_cache .mypy_cache .hypothesis dist
