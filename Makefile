# The two commands that matter: make serve, make test.

PYTHON ?= python3
BIN := .venv/bin
export NO_MKDOCS_2_WARNING := 1

.DEFAULT_GOAL := help
.PHONY: help serve test build bench lighthouse format outputs

help:  ## list what can be made
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /|/' \
		| awk -F'|' '{ printf "make %-10s %s\n", $$1, $$2 }'

serve: node_modules/.installed  ## read the book at http://127.0.0.1:8000
	$(BIN)/python -m mkdocs serve

test: node_modules/.installed  ## everything that CI checks
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest --numprocesses auto --dist loadgroup

build: node_modules/.installed  ## the site as static files, in site/
	$(BIN)/python -m mkdocs build --strict

bench: node_modules/.installed  ## how fast, as ratios within one run
	@for bench in bench/*.py; do $(BIN)/python $$bench || exit 1; done

lighthouse: build  ## scores on a phone
	$(BIN)/python bench/lighthouse/scores.py

format: .venv/.installed  ## lay out the code, mend what lint can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

outputs: .venv/.installed  ## rewrite what the pages show, after a change
	$(BIN)/python -m press.catalogue
	$(BIN)/python -m press.outputs

.venv/.installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "attnbook needs Python 3.11 or newer: make PYTHON=..."; exit 1; }
	$(PYTHON) -m venv --clear .venv
	PIP_CONSTRAINT=constraints.txt $(BIN)/pip install --quiet \
		--disable-pip-version-check --editable '.[dev]'
	@touch $@

node_modules/.installed: .venv/.installed package.json package-lock.json \
		press/site/assets.py press/site/fonts.py
	$(BIN)/python -m press.site.assets
	@touch $@
