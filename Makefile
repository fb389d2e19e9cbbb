# Two commands: `make demo` and `make test`. Each does its own set-up; Python 3.11+, make and a package index are enough.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
PORT ?= 8000
DB ?= both

.PHONY: demo test check format docs house migration coverage trials mutants bench bench-matching clean

demo: .venv/runtime .venv/assets  ## a ready district, served at 127.0.0.1:$(PORT)
	$(BIN)/minglu demo --port $(PORT)

test: .venv/dev .venv/assets .venv/client/bin/openapi-python-client check  ## the whole gate: format, lint, types, layers, tests on both databases
	$(BIN)/python -m pytest -n 2 --dist load --db $(DB)

check: .venv/dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: .venv/dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: .venv/dev  ## print the pages that the code writes: lives, verbs, refusals, commands
	$(BIN)/python -m tests.house.printed

house: .venv/dev  ## what breaks the own rules, which verb lacks an edge, and the counts
	$(BIN)/python -m tests.house.rules
	$(BIN)/python -m tests.house.parity
	$(BIN)/python -m tests.house.measure

migration: .venv/dev  ## a new migration from what the models say: make migration NAME="Units have a telex"
	$(BIN)/python -m migrations.new "$(NAME)"
	$(BIN)/ruff check --quiet --fix migrations && $(BIN)/ruff format --quiet migrations

coverage: .venv/dev .venv/assets .venv/client/bin/openapi-python-client  ## branches that the tests take; fails below the figure kept in pyproject.toml
	rm -rf var/coverage && mkdir -p var/coverage
	$(BIN)/python -m coverage run -m pytest -n 2 --dist load --db $(DB)
	$(BIN)/python -m coverage combine --quiet
	$(BIN)/python -m coverage report

trials: .venv/dev mutants  ## long trials: kills, large files, random histories, mutants
	$(BIN)/python -m pytest -m long tests --db $(DB)

mutants: .venv/dev  ## faults put into the rules of the register, one at a time: 400 drawn by a seed; an hour or so
	mkdir -p var
	rm -f var/mutants.txt
	$(BIN)/python -m tests.trials.mutation --seed 46 --most 400 --report var/mutants.txt

bench: .venv/dev .venv/assets  ## figures against yardsticks, in one run
	$(BIN)/python -m benchmarks.screens
	$(BIN)/python -m benchmarks.keys
	$(BIN)/python -m benchmarks.holds
	$(BIN)/python -m benchmarks.proof
	$(BIN)/python -m benchmarks.applied

bench-matching: .venv/bench  ## matching against Splink and recordlinkage on hard invented registers (an hour or so)
	$(BIN)/python -m benchmarks.matching

# What runs comes from requirements.lock alone; the second lock holds what the package and the screens are built with.
.venv/runtime: requirements.lock requirements-build.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-build.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

.venv/assets: app/web/package-lock.json app/web/build_assets.py $(shell find app/web/templates app/web/pages -type f) | .venv/runtime
	$(BIN)/python -m app.web.build_assets
	touch $@

.venv/dev: requirements-dev.lock .venv/runtime
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-dev.lock
	touch $@

# The generator of clients wants an older typer than the commands, so it lives in an environment of its own.
.venv/client/bin/openapi-python-client: requirements-client.lock | .venv/runtime
	$(BIN)/python -m venv .venv/client
	.venv/client/bin/python -m pip install --quiet --require-hashes -r requirements-client.lock
	touch $@

.venv/bench: requirements-bench.lock .venv/dev
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-bench.lock
	touch $@

clean:
	rm -rf .venv var build *.egg-info
