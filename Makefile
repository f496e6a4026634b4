# make book   runs the notebooks and builds the website into _build/html
# make test   lint, unit tests, every notebook at smoke offline, the website,
#             and one notebook of each part as Colab would run it
# make help   the rest
#
# PYTHON=python3.12 chooses the interpreter that .venv is made with;
# PRESET=smoke chooses the preset of `make book` and `make notebooks`.

SHELL := /bin/bash
PYTHON ?= python3
PRESET ?= cpu
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.stamp
COLAB_VENV := .venv-colab
COLAB_STAMP := $(COLAB_VENV)/.stamp
SITE := _build/html
TEST_SITE := _build/test/_build/html
# Python reads the block on the network from here; kernels inherit it.
OFFLINE := PYTHONPATH="$(CURDIR)/tests/offline"

# Idle threads sleep instead of spinning: on a busy machine with few cores a
# training is then ten times faster, on a quiet one it is about the same.
export OMP_WAIT_POLICY := PASSIVE

.NOTPARALLEL:
.PHONY: help venv notebooks book bundle costs test lint unit smoke site \
        colab bench fuzz kills format canonical clean distclean

help:
	@echo "make book       run the notebooks, build the website in $(SITE)"
	@echo "make bundle     site, notebooks and results as one zip in _build"
	@echo "make test       everything that must hold; takes some minutes"
	@echo "make notebooks  run the notebooks that are not fresh (PRESET=$(PRESET))"
	@echo "make lint unit smoke site   the parts of make test"
	@echo "make format     bring code into its form, notebooks too"
	@echo "make colab      every notebook as on Colab, or those of CHAPTERS=\"11 41\""
	@echo "make bench      time each part beside a reference, on a quiet machine"
	@echo "make fuzz       10,000 hostile files for each parser; a table"
	@echo "make kills      50 kills of trainings, sweep and rendering; a table"
	@echo "make costs      note what executed notebooks took, for their titles"
	@echo "make canonical  strip notebooks, renew badge and set-up cell"
	@echo "make clean      remove what was built; make distclean: .venv too"

venv: $(STAMP)

# The environment is made again when what it is made from changes.
$(STAMP): requirements.txt requirements-renderer.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "The course needs Python 3.11 or newer; $(PYTHON) is" \
	       "$$($(PYTHON) --version 2>&1). Try: make book PYTHON=python3.12"; \
	       exit 1; }
	@echo "Making $(VENV); the first time this takes some minutes."
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --requirement requirements.txt
	$(BIN)/python -m pip install --quiet --no-deps \
	  --requirement requirements-renderer.txt
	$(BIN)/python -m pip install --quiet --no-deps --editable .
	@touch $@

notebooks: $(STAMP)
	$(BIN)/python -m course_utils.experiments.runner --preset $(PRESET)

book: notebooks
	COURSE_PRESET=$(PRESET) $(BIN)/jupyter-book build -q book
	@echo
	@echo "The website is ready. Open this file in a browser:"
	@echo "  $(CURDIR)/$(SITE)/index.html"

# All of it to read without a network; PRESET=smoke for a quick one.
bundle: book
	$(BIN)/python -m course_utils.experiments.bundle --preset $(PRESET)

test: lint unit smoke site
	@echo "make test: all parts passed"

lint: $(STAMP)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/python -m course_utils.experiments.notebook_file --check \
	  notebooks/*.ipynb

unit: $(STAMP)
	$(OFFLINE) $(BIN)/python -m pytest --ignore=tests/book --ignore=tests/colab

smoke: $(STAMP)
	$(OFFLINE) $(BIN)/python -m course_utils.experiments.runner --preset smoke

# From nothing, so that no warning hides in a page that was built before.
site: smoke
	rm -rf _build/test
	COURSE_PRESET=smoke COURSE_EXECUTE=off $(OFFLINE) $(BIN)/jupyter-book \
	  build book -q -W --keep-going --path-output _build/test
	COURSE_SITE="$(CURDIR)/$(TEST_SITE)" COURSE_PRESET=smoke \
	  $(BIN)/python -m pytest tests/book tests/browser/site

$(COLAB_STAMP): tests/colab/environment.txt | $(STAMP)
	$(BIN)/python tests/colab/make_environment.py $(COLAB_VENV)

# Notebooks of the last commit, all cells, as on Colab: see CONTRIBUTING.md.
colab: $(STAMP) $(COLAB_STAMP)
	COURSE_COLAB="$(CURDIR)/$(COLAB_VENV)" \
	  COURSE_COLAB_CHAPTERS="$(CHAPTERS)" $(BIN)/python -m pytest tests/colab

# One row of ratios for the last commit, into data/experiments.
bench: $(STAMP)
	$(BIN)/python -m course_utils.experiments.benchmarks

fuzz: $(STAMP)
	$(BIN)/python tests/fuzz/fuzz_campaign.py

kills: $(STAMP)
	COURSE_KILLS=50 $(BIN)/python -m pytest -s tests/faults

format: $(STAMP)
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

canonical: $(STAMP)
	for notebook in notebooks/*.ipynb; do \
	  $(BIN)/python -m course_utils.experiments.notebook_file \
	    "$$notebook" || exit 1; \
	done

# Time and memory of the executed notebooks, into data/ and the titles.
costs: $(STAMP)
	$(BIN)/python -m course_utils.experiments.costs
	$(MAKE) canonical

clean:
	rm -rf _build book/notebooks book/_static/clips book/_generated build *.egg-info
	rm -rf .pytest_cache .ruff_cache
	find course_utils tests book -name __pycache__ -prune -exec rm -rf {} +

distclean: clean
	rm -rf $(VENV) $(COLAB_VENV)
