# Everything here works in a fresh clone with Python 3.11 to 3.14, and does only what changed.
# The environment lives in .venv; `make clean` leaves it, removing the folder renews it.

PYTHON ?= python3
PORT ?= 8000
NB ?=
ARGS ?=
PAGES ?=
SECONDS ?= 60

BIN := .venv/bin
RUN := $(BIN)/python
INSTALLED := .venv/.installed
BOOK := _build/html/.complete
BOOK_SOURCES := $(wildcard *.md *.bib _config.yml _toc.yml) \
	$(shell find _ext _static appendices chapters cnnbook cnnlib locale tools/editions.py \
		-type f ! -name '*.mo' ! -name '*.pyc' 2>/dev/null)
EXPERIMENTS := $(filter-out __init__ bench exported gpu ladder timing,$(basename $(notdir $(wildcard benchmarks/*.py))))

.PHONY: help book lab test notebooks serve lint format lock bench results \
	mutants planted fuzz zip messages lighthouse clean
.DELETE_ON_ERROR:

# What Python compiles is kept, or each of a hundred processes would compile torch again.
unexport PYTHONDONTWRITEBYTECODE

help:
	@echo 'make book           build the book: _build/html/index.html, in Chinese zh/index.html'
	@echo 'make lab            read and run the chapters in JupyterLab'
	@echo 'make test           run all tests, the notebooks among them (ARGS="-k conv": some)'
	@echo 'make notebooks      execute in place the notebooks that changed (NB=chapters/x.ipynb: one)'
	@echo 'make serve          show the book at http://127.0.0.1:$(PORT)/'
	@echo 'make lint           ruff, mypy, codespell, phrases; make format applies what ruff can'
	@echo 'make bench          compare the speed of cnnlib with that of torch'
	@echo 'make results        run the long experiments again, which write cnnbook/results/'
	@echo 'make mutants        change one thing in cnnlib at a time: a unit test must notice'
	@echo 'make planted        plant classic bugs: the chapters alone must notice'
	@echo 'make fuzz           try damaged files and states in cnnlib, for SECONDS=60'
	@echo 'make zip            pack the book and its notebooks: dist/convolutional-networks-computed.zip'
	@echo 'make messages       bring the catalogues of the translation up to date: locale/'
	@echo 'make lighthouse     measure the pages with Lighthouse, which needs Node.js (PAGES=…: some)'
	@echo 'make lock           write requirements.txt (ARGS=--upgrade: with newer versions)'
	@echo 'make clean          remove what was built, but not .venv and lab'

$(INSTALLED): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' || { \
		echo 'Python 3.11, 3.12, 3.13 or 3.14 is needed, and $(PYTHON) is another.' \
			'Name one of them: make PYTHON=python3.13 …' >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(RUN) -m pip install --quiet --no-compile --requirement requirements.txt
	$(RUN) -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

book: $(BOOK)

$(BOOK): $(INSTALLED) $(BOOK_SOURCES)
	rm -rf _build/html _build/.doctrees*
	$(RUN) -m tools.editions
	@touch $@

# What a reader writes into these notebooks stays: `make clean` leaves the folder, too.
lab: book $(BIN)/jupyter-lab
	$(RUN) -m tools.lab
	$(BIN)/jupyter lab --notebook-dir=lab --preferred-dir=lab/chapters

$(BIN)/jupyter-lab: | $(INSTALLED)
	$(RUN) -m pip install --quiet --constraint requirements.txt 'jupyterlab>=4.4,<5'

test: $(INSTALLED)
	$(RUN) -m pytest --nbval -n 4 --dist loadscope --no-loadscope-reorder $(ARGS)

notebooks: $(INSTALLED)
	$(RUN) -m tools.notebooks $(NB) $(ARGS)

serve: book
	$(RUN) -m http.server --bind 127.0.0.1 --directory _build/html $(PORT)

lint: $(INSTALLED)
	$(RUN) -m ruff check
	$(RUN) -m ruff format --check
	$(RUN) -m mypy
	$(RUN) -m codespell_lib
	$(RUN) -m tools.phrasing

format: $(INSTALLED)
	$(RUN) -m ruff check --fix
	$(RUN) -m ruff format

lock: $(INSTALLED)
	$(RUN) -m uv pip compile --quiet --no-python-downloads --universal --python-version 3.11 \
		--fork-strategy fewest --all-extras --no-annotate --custom-compile-command 'make lock' \
		--output-file requirements.txt $(ARGS) pyproject.toml

bench: $(INSTALLED)
	$(RUN) -m benchmarks.bench
	$(RUN) -m benchmarks.ladder

results: $(INSTALLED)
	for name in $(EXPERIMENTS); do $(RUN) -m benchmarks.$$name || exit 1; done

mutants: $(INSTALLED)
	$(RUN) -m tools.mutants $(ARGS)

planted: $(INSTALLED)
	$(RUN) -m tools.planted $(ARGS)

fuzz: $(INSTALLED)
	$(RUN) -m tools.fuzz $(SECONDS)

zip: book
	$(RUN) -m tools.zip_book

messages: $(INSTALLED)
	$(RUN) -m tools.editions update

lighthouse: book
	$(RUN) -m tools.lighthouse $(PAGES)

clean:
	rm -rf _build build dist cnnlib.egg-info htmlcov mutants .coverage .hypothesis \
		.mypy_cache .pytest_cache .ruff_cache
