# Everything that people do here; `make` alone lists it.

VENV ?= .venv
DATA_DIR ?= var
ONLY ?=
SET ?= demo/shop
EXPORT ?=
CMD ?=
SECONDS ?= 60
SEED ?=
JSON ?=
PYTHON ?= python3
# Most tests of promises wait for processes, so there are more of them at once than processors.
TEST_WORKERS ?= 3

PY = $(VENV)/bin/python
# Before the first `make`, nothing but python3 and make is needed.
RUNS = $(VENV)/.requirements
TESTS = $(VENV)/.requirements-dev
AT_ONCE = --numprocesses $(TEST_WORKERS) --dist loadfile --no-loadscope-reorder
PIP = $(PY) -m pip install -qq --disable-pip-version-check
UNREACHABLE = { echo "The packages could not be installed: is the package registry reachable (pip config list)?" >&2; exit 1; }

export DATA_DIR

.PHONY: help demo run stack test chaos bench bench-quick check lint chromium screenshots

help: ## this list
	@echo "make TARGET [DATA_DIR=var]   databases, media, broker and logs are in DATA_DIR"
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  \1\t\2/p' Makefile | expand -t 14

demo: $(RUNS) ## load a shop, show what the history knows of it (SET=folder to load, EXPORT=file for the whole history)
	@exec $(PY) -m stack.tether $(PY) -m stack demo "$(SET)" $(if $(EXPORT),--export "$(EXPORT)")

run: $(RUNS) ## the shop on http://127.0.0.1:8000/ until Ctrl-C (PORT=8001 for another port)
	@exec $(PY) -m stack.tether $(PY) -m stack run

stack: $(RUNS) ## CMD="manage.py …": one command with broker and workers, until the history has caught up
	@test -n '$(subst ','\'',$(CMD))' || { echo 'Which command? make stack CMD="manage.py import_shop demo/shop"' >&2; exit 2; }
	@exec $(PY) -m stack.tether $(PY) -m stack exec -- $(CMD)

test: $(TESTS) ## the whole test suite, on SQLite and on PostgreSQL (TEST_DATABASE_URL=postgres://… for your server)
	$(PY) -m pytest --database sqlite $(AT_ONCE) $(PYTEST)
	$(PY) -m pytest --database postgres $(AT_ONCE) $(PYTEST)

chaos: $(TESTS) ## a minute of faults under load, then every row compared (SECONDS=600 SEED=1 for more)
	$(PY) -m benchmarks.chaos --seconds $(SECONDS) $(if $(SEED),--seed $(SEED)) $(if $(JSON),--json "$(JSON)")

bench: $(TESTS) ## how fast it is beside what others use, into docs/benchmarks.md (ONLY="query pipeline" for parts)
	$(PY) -m benchmarks.speed $(if $(ONLY),--only $(ONLY))

bench-quick: $(TESTS) ## three parts of it, small; fails where a ratio stays a third worse than in benchmarks/results/quick
	$(PY) -m benchmarks.speed --quick $(if $(ONLY),--only $(ONLY))

check: chromium lint test ## lint, types, architecture, migrations, tests, half a minute of chaos
	$(MAKE) chaos SECONDS=30

chromium: $(TESTS)
	@$(PY) -c 'import sys; from demo import chromium; sys.exit(0 if chromium.executable() else chromium.HOW_TO_GET_IT)'

screenshots: $(TESTS) ## every page of the demo's shop, on phone and desktop, light and dark, into docs/images/pages
	$(PY) -m demo.make_screenshots

lint: $(TESTS) ## what of it takes seconds
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy .
	$(VENV)/bin/lint-imports
	$(PY) manage.py makemigrations --check --dry-run
	$(PY) manage.py check
	$(PY) manage.py spectacular --validate --fail-on-warn --file /dev/null
	$(PY) -m stack.migration_rules
	$(PY) -m stack.audit
	$(PY) manage.py release_contracts --check

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed, $(PYTHON) is $$($(PYTHON) --version 2>&1). Another one: make PYTHON=python3.12 …" >&2; exit 1; }
	@echo "Creating $(VENV) …"
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "On Debian: apt install python3-venv" >&2; exit 1; }

$(RUNS): requirements.txt | $(VENV)/bin/python
	@echo "Installing what runs (requirements.txt) …"
	@$(PIP) -r requirements.txt || $(UNREACHABLE)
	@touch $@

$(TESTS): requirements-dev.txt $(RUNS)
	@echo "Installing what tests and checks (requirements-dev.txt) …"
	@$(PIP) -r requirements-dev.txt || $(UNREACHABLE)
	@touch $@
