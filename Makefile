# Two commands for everybody: `make book` and `make test`. They set up their own environment in .venv.
PYTHON ?= python3
BIN := .venv/bin
NOTEBOOKS := $(wildcard book/*.ipynb)
BUILD := $(BIN)/jupyter-book build . -W -n --keep-going
# A process for each core; the tests of a file share what they train.
WORKERS := -n auto --maxprocesses 8
# How each case ended, for `make promises`.
REPORT := --junitxml .reports
UNIT := $(BIN)/python -m pytest tests --ignore tests/rendered --ignore tests/browser $(WORKERS) --dist loadscope --no-loadscope-reorder

# One thread per process: small networks lose time with more, and the sweeps bring their own processes.
export OMP_NUM_THREADS ?= 1

.PHONY: help setup book test check lint unit soak coverage matrix notebooks pages scratch rendered lab browser pdf format refresh promises golden bench clean
.DEFAULT_GOAL := help

help: ## Show this list.
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 20

setup: .venv/ready ## Make .venv with the pinned packages: about 5 minutes and 6 GB, once.

.venv/ready: requirements.txt pyproject.toml
	@echo "== Setting up .venv: about 5 minutes and 6 GB, once"
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(v < (3, 11) and f"PYTHON: got {sys.executable} {v[0]}.{v[1]}; allowed: Python 3.11 or newer (make PYTHON=python3.12 ...)." or 0)'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

book: setup ## Execute the chapters and render the book: 2 to 4 minutes, seconds when nothing changed.
	@echo "== Book: executes the chapters, 2 to 4 minutes on two cores; seconds when nothing changed"
	$(BUILD)
	@echo "== Open _build/html/index.html"

test: lint unit ## Lint, unit tests, notebooks, book, pages in a browser: 9 to 15 minutes on two cores after set-up.
	@echo "== Notebooks and book side by side, about 4 minutes; what each says comes when it ends"
	@$(MAKE) --no-print-directory --jobs 2 --output-sync=target notebooks scratch lab
	@$(MAKE) --no-print-directory --jobs 2 --output-sync=target rendered browser
	@echo "== All of it passed"

check: lint ## The short loop for daily work, a minute or two: lint and the tests that train nothing long.
	@echo "== Unit tests without the slow ones, a minute or two"
	$(UNIT) -m "not slow"

lint: setup ## Format, lint, docstrings, and who imports whom.
	@echo "== Lint, seconds"
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	PYTHONPATH=.:book $(BIN)/lint-imports

unit: setup ## All unit tests.
	@echo "== Unit tests, about 8 minutes on two cores"
	$(UNIT) $(REPORT)/unit.xml

soak: setup ## What is done at random, thirty times as often: some 400 kills, full disks, nonsense; about an hour.
	ASVAE_SOAK=30 $(BIN)/python -m pytest tests -k "killed or now_and_then or nonsense" $(WORKERS)

coverage: setup ## What share of the lines and branches of asvae/ the unit tests run: half an hour.
	rm -f .coverage .coverage.*
	$(BIN)/coverage run -m pytest tests --ignore tests/rendered --ignore tests/browser
	$(BIN)/coverage combine --quiet
	@mkdir -p .reports
	$(BIN)/coverage json --quiet -o .reports/coverage.json
	$(BIN)/coverage report --show-missing

# uv, of which nothing else is needed here, can take the lowest versions that pyproject.toml allows; pip cannot.
MATRIX := .venvs/uv/bin/uv
QUICK := tests/core tests/datasets tests/metrics tests/store tests/studies tests/training tests/paper tests/chapters tests/test_cli.py tests/test_contract.py

matrix: ## The quick tests with the oldest packages on Python 3.11 and the newest on 3.12 and 3.13: half an hour, 18 GB.
	@$(PYTHON) -m venv .venvs/uv && .venvs/uv/bin/python -m pip install --quiet --disable-pip-version-check uv==0.13.9
	@for each in 3.11:lowest-direct 3.12:highest 3.13:highest; do \
		python=$${each%%:*}; versions=$${each##*:}; to=.venvs/$$python; \
		echo "== Python $$python, versions: $$versions"; \
		$(MATRIX) venv --quiet --clear --python $$python $$to && \
		$(MATRIX) pip install --quiet --python $$to/bin/python --resolution $$versions --editable ".[book,cluster,test]" && \
		PYTHONPATH=.:book $$to/bin/python -m pytest $(QUICK) $(WORKERS) --dist loadscope -m "not slow" || exit 1; \
	done

notebooks: setup ## Execute every chapter and compare what it says with its committed outputs.
	@echo "== Notebooks: loads what data/results holds and trains the rest, about 3 minutes"
	$(BIN)/python -m pytest --nbval --nbval-current-env --nbval-cell-timeout 3600 -p no:cacheprovider $(NOTEBOOKS) $(REPORT)/notebooks.xml

pages: scratch rendered lab browser ## Build the book from scratch, warnings as errors, and test the rendered pages.

# nbval executes every chapter and compares all its outputs but pictures with the committed ones, so the tested pages
# show these, and no chapter is executed twice. `make book` executes.
scratch: setup
	@echo "== Book from scratch with the committed outputs, about a minute"
	rm -rf _build
	ASVAE_OUTPUTS=committed $(BUILD) --all

rendered: setup
	$(BIN)/python -m pytest tests/rendered $(REPORT)/rendered.xml

lab: setup
	@echo "== A chapter in JupyterLab, about a minute; skipped where there is no browser (apt-get install chromium)"
	$(BIN)/python -m pytest tests/browser/test_jupyterlab.py -rs $(REPORT)/lab.xml

browser: setup
	@echo "== The pages in a browser, about 4 minutes; skipped where there is none (apt-get install chromium)"
	$(BIN)/python -m pytest tests/browser --ignore tests/browser/test_jupyterlab.py -rs $(WORKERS) --dist loadgroup $(REPORT)/browser.xml

pdf: setup ## Print the whole book as one PDF, with the Chromium or Chrome that is there.
	@echo "== The book as one page, then on paper: a minute, and what the chapters take where they changed"
	$(BUILD) --builder custom --custom-builder singlehtml
	$(BIN)/python book/pdf.py

format: setup ## Format the code and mend what the linter can.
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

refresh: setup ## Make the notebooks in book/ again from their text in book/text/, executed.
	$(BIN)/python book/refresh.py

promises: test ## Run all tests, and write the page that says what they promise and how they ended.
	$(BIN)/python book/promises.py .reports/*.xml

golden: setup ## Accept changed numerics: write the golden traces again.
	$(BIN)/python -c "from asvae.training.golden import renew; renew()"

bench: setup ## Measure speed, about 17 minutes on a machine that does nothing else.
	$(BIN)/python benchmarks/speed.py
	$(BIN)/python benchmarks/images.py
	$(BIN)/python benchmarks/time_to_quality.py

clean: ## Remove what was built, keep what was trained.
	rm -rf _build .reports .pytest_cache .ruff_cache .hypothesis
