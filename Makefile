# make serve: set up and serve the book. make test: set up and run every check. Both are quick when nothing changed.
.DEFAULT_GOAL := help
.PHONY: help serve build test lint unit browser gates nightly records lock clean
SHELL := /bin/bash
PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin
UV := $(shell command -v uv 2>/dev/null)
say = @printf '\033[1m%s\033[0m\n' $(1)
ONE_THREAD := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1

help:
	@echo "make serve    set everything up and serve the book at http://localhost:$(PORT)"
	@echo "make test     set everything up and run every check"
	@echo "make gates    what make test leaves out: valid HTML, Lighthouse, the newest releases"
	@echo "make nightly  run every experiment and lab again and print what drifts"
	@echo "make build    write the static site to site/"
	@echo "make records  rerun the experiments and labs whose code has changed"
	@echo "make lock     resolve requirements/*.txt anew from pyproject.toml (needs uv)"
	@echo "make clean    delete what can be made again, the environment too"

# ---- environments ----
.venv/python:
	$(call say,"Making a Python environment in .venv")
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11, 5) and f"Python 3.11.5 or newer is needed, and $(PYTHON) is {sys.version.split()[0]}: make PYTHON=/path/to/python3 ...")'
ifneq ($(UV),)
	@$(UV) venv --quiet --clear --python $(PYTHON) .venv
else
	@$(PYTHON) -m venv --clear .venv || { echo "The venv module is missing (Debian: apt install python3-venv)."; exit 1; }
endif
	@touch $@

ifneq ($(UV),)
install = @$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r $(1) && $(UV) pip install --quiet --python $(BIN)/python --no-deps -e .
else
install = @$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(1) && $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
endif

.venv/site: requirements/site.txt pyproject.toml | .venv/python
	$(call say,"Installing what the site needs (once; half a minute to two minutes)")
	$(call install,requirements/site.txt)
	@touch $@

.venv/test: requirements/test.txt pyproject.toml | .venv/python
	$(call say,"Installing what the checks need (once; a minute or two)")
	$(call install,requirements/test.txt)
	@touch $@ .venv/site

# ---- the book ----
# Dirty: after an edit only the edited page is built again, so it shows at once also when the book is long.
serve: .venv/site
	@$(BIN)/python -c 'import socket; s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind(("127.0.0.1", $(PORT)))' 2>/dev/null \
		|| { echo "Port $(PORT) is taken: make serve PORT=8001"; exit 1; }
	$(call say,"Serving the book at http://localhost:$(PORT) (Ctrl-C stops; an edit shows by itself)")
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs serve --quiet --dirty --livereload --dev-addr localhost:$(PORT)

build: .venv/site
	$(call say,"Building the site")
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict
	@echo "site/ holds $$(find site -name '*.html' | wc -l) pages, $$(du -sh site | cut -f1)"

records: .venv/site
	@$(BIN)/python scripts/record.py --changed
	@$(BIN)/python scripts/labs.py --changed

# ---- checks ----
test: lint unit browser
	$(call say,"All checks passed")

lint: .venv/test
	$(call say,"Style and types")
	@$(BIN)/ruff check --quiet src scripts tests benchmarks
	@$(BIN)/mypy

unit: .venv/test
	$(call say,"The library and the records; the markup and the site")
	@$(ONE_THREAD) $(BIN)/python -m pytest -q -n 2 -m "not browser and not gate" --cov=dlprimer --cov-report= --cov-fail-under=97

# Timing belongs to the machine: what fails there is tried twice more, and named in the report as rerun.
browser: .venv/test
	$(call say,"The built site in a browser")
	@$(ONE_THREAD) $(BIN)/python -m pytest -q -m "browser and not gate" -n 2 --reruns 2 --reruns-delay 3

# ---- the slow gates ----
.venv/gates: requirements/gates.txt .venv/test
	$(call say,"Installing what the gates need (Node and its tools; once)")
	$(call install,requirements/gates.txt)
	@touch $@

gates: .venv/gates
	$(call say,"Builds elsewhere; hostile values; a walk by keyboard")
	@$(ONE_THREAD) $(BIN)/python -m pytest -q -m gate -n 2 --reruns 1
	$(call say,"Valid HTML")
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	@$(BIN)/python -m gates.html site
	$(call say,"Lighthouse")
	@$(BIN)/python -m gates.lighthouse
	$(call say,"Tomorrow: the newest releases and Zensical")
	@$(BIN)/python -m gates.tomorrow

nightly: .venv/test
	$(call say,"Every experiment and lab again")
	@$(BIN)/python scripts/record.py --check --jobs 2
	@$(BIN)/python scripts/labs.py --check

lock:
	@command -v uv >/dev/null || { echo "make lock needs uv"; exit 1; }
	@uv pip compile -q --no-strip-extras pyproject.toml --extra docs --universal --python-version 3.11.5 --generate-hashes --no-emit-index-url --no-header --no-emit-package dlprimer -o requirements/site.txt
	@uv pip compile -q --no-strip-extras pyproject.toml --extra test -c requirements/site.txt --universal --python-version 3.11.5 --generate-hashes --no-emit-index-url --no-header --no-emit-package dlprimer -o requirements/test.txt
	@uv pip compile -q --no-strip-extras pyproject.toml --extra gates -c requirements/test.txt --universal --python-version 3.11.5 --generate-hashes --no-emit-index-url --no-header --no-emit-package dlprimer -o requirements/gates.txt

clean:
	rm -rf .venv .cache site build dist .pytest_cache .hypothesis .mypy_cache .ruff_cache
