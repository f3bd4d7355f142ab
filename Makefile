# `make` alone lists the targets. The two that matter: `make run`, `make test`.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PORTAL := src/salus/static/index.html
PYTEST := PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -q
NODE   := PATH="$(CURDIR)/$(BIN):$$PATH"
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet
HOME_DIR ?= demo-home
RUNS   ?= 1000
FIRST  ?= 0
PEOPLE ?= 600
SECONDS ?= 600
LISTEN ?= 127.0.0.1:8080
ONCE   ?=
NETWORK ?=
COMETBFT ?= v0.39.4

run: $(VENV)/run.stamp $(PORTAL) $(if $(NETWORK),cometbft) ## set up, play the story, serve it at LISTEN (127.0.0.1:8080); ONCE=1 ends after it, NETWORK=4 plays it on four validators
	@$(BIN)/salus demo --home $(HOME_DIR) --anew $(if $(ONCE),--once,--listen $(LISTEN)) $(if $(NETWORK),--network $(NETWORK))

cometbft: ## build CometBFT (COMETBFT=v0.39.4) into .tools/bin; needs Go
	@sh scripts/cometbft $(COMETBFT)

test: $(VENV)/test.stamp $(PORTAL) ## set up and run every test; those of networks only where Go or CometBFT is there
	@command -v cometbft >/dev/null || sh scripts/cometbft --where-possible $(COMETBFT)
	@sh requirements/others
	@cd portal && $(NODE) npm run --silent test
	@$(PYTEST) -n 3 --dist worksteal tests

networks: $(VENV)/test.stamp $(PORTAL) cometbft ## the tests that take minutes: whole lives of networks over CometBFT
	@$(PYTEST) -n 2 --dist loadfile --long tests/network

check: $(VENV)/test.stamp portal/node_modules/.package-lock.json ## check style, types and import rules
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports importlinter.ini
	@cd portal && $(NODE) npm run --silent check

coverage: $(VENV)/test.stamp ## measure branch coverage of the deterministic packages (at least 95 %)
	@$(PYTEST) -n 2 --cov --cov-report=term --cov-fail-under=95 tests/unit tests/contracts tests/vectors tests/properties tests/rules

bench: $(VENV)/run.stamp ## run all benchmarks at full size, into docs/benchmarks.json
	@$(BIN)/python -m benchmarks all --full --json docs/benchmarks.json

bench-network: $(VENV)/run.stamp cometbft ## measure a consortium of four beside CometBFT's kvstore and Clique, SECONDS (10) at each load; needs Go, npm
	@$(BIN)/python -m benchmarks.network --seconds $(if $(filter file,$(origin SECONDS)),10,$(SECONDS)) --json docs/benchmarks-network.json

memory: $(VENV)/run.stamp ## run a ledger for SECONDS (600) and see that its memory does not grow
	@$(BIN)/python -m benchmarks.memory --seconds $(SECONDS)

soak: $(VENV)/run.stamp ## post to a server for SECONDS (600), bother it, and see that its memory does not grow
	@$(BIN)/python -m benchmarks.soak --seconds $(SECONDS)

faults: $(VENV)/test.stamp ## crash the ledger and the vault RUNS times (1,000)
	@$(PYTEST) -n 2 tests/faults --fault-runs $(RUNS)

oracle: $(VENV)/test.stamp ## compare the decision with a naive evaluator: RUNS questions (10,000,000) from seed FIRST (0)
	@cd tests && ../$(BIN)/python -m properties.oracle --runs $(if $(filter file,$(origin RUNS)),10000000,$(RUNS)) --first $(FIRST)

simulate: $(VENV)/test.stamp ## live random lives of people and organisations beside a naive model: RUNS seeds (1,000) from FIRST (0)
	@cd tests && ../$(BIN)/python -m properties.lives.run --runs $(RUNS) --first $(FIRST)

chaos: $(VENV)/test.stamp cometbft ## kill, cut, fill, corrupt and lie to four real validators: RUNS runs (30) from SEED (a new one); FAULT=name does one
	@cd tests && ../$(BIN)/python -m network.chaos.run --runs $(if $(filter file,$(origin RUNS)),30,$(RUNS)) $(if $(SEED),--seed $(SEED)) $(if $(FAULT),--fault $(FAULT))

fuzz: $(VENV)/test.stamp ## send RUNS hostile requests (100,000) over all operations, from SEED (a new one)
	@cd tests && PYTHONPATH=.:api:e2e ../$(BIN)/python -m api.fuzz_bodies --runs $(if $(filter file,$(origin RUNS)),100000,$(RUNS)) --first $(FIRST) $(if $(SEED),--seed $(SEED))

linkage: $(VENV)/test.stamp ## try to tell from the ledger whose accounts belong together: PEOPLE (600), SEED (a new one)
	@$(BIN)/python tests/privacy/linkage_run.py --people $(PEOPLE) $(if $(SEED),--seed $(SEED))

vectors: $(VENV)/test.stamp $(VENV)/oracle.stamp ## make the test vectors anew, compare them, and ask independent libraries
	@$(BIN)/python -m tests.vectors.generate --check
	@$(BIN)/python -m tests.vectors.cometbft_facts --check --seeds 3
	@$(VENV)/oracle/bin/python tests/vectors/oracle.py
	@command -v go >/dev/null || { echo "Without Go the facts from CometBFT's code stay as they are."; exit 0; }; \
	  cd tests/vectors/cometbft_light && go run . | cmp - facts.json

portal: $(PORTAL) ## build the web portal (Node comes as a Python wheel where the machine has none)

$(PORTAL): portal/node_modules/.package-lock.json portal/index.html $(wildcard portal/*.json portal/*.ts) $(shell find portal/src -type f)
	@echo "Building the portal ..."
	@cd portal && $(NODE) npm run --silent build >/dev/null && $(NODE) npm run --silent build:verify >/dev/null

portal/node_modules/.package-lock.json: portal/package-lock.json portal/.npmrc requirements/node.txt | $(VENV)/run.stamp
	@echo "Installing the libraries the portal is built of ..."
	@node -e 'const [a, b] = process.versions.node.split("."); process.exit(+a < 20 || (+a === 20 && +b < 19) || +a === 21 || (+a === 22 && +b < 12))' 2>/dev/null \
	  && command -v npm >/dev/null \
	  || $(PIP) install --no-deps --require-hashes --only-binary :all: --requirement requirements/node.txt
	@cd portal && $(NODE) npm ci --loglevel=error --no-audit --no-fund >/dev/null
	@touch $@

lock: $(VENV)/bin/python ## resolve the requirements again
	@$(PIP) install uv
	@for name in run test oracle node; do sh requirements/compile $$name; done

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Salus needs Python 3.11 or newer; set PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -m venv $(VENV) >/dev/null 2>&1 \
	  || { rm -rf $(VENV); command -v uv >/dev/null && uv venv --quiet --seed --python $(PYTHON) $(VENV); } \
	  || { rm -rf $(VENV); echo "Python's venv module is not whole here. Install it (Debian, Ubuntu: apt-get install python3-venv) or install uv."; exit 1; }

$(VENV)/run.stamp: requirements/run.txt pyproject.toml | $(VENV)/bin/python
	@echo "Installing the libraries Salus runs on ..."
	@$(PIP) install --no-deps --require-hashes --only-binary :all: --requirement requirements/run.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m compileall -q src  # or each process would, where the environment keeps Python from writing
	@touch $@

$(VENV)/test.stamp: requirements/test.txt $(VENV)/run.stamp
	@echo "Installing the libraries the tests use ..."
	@$(PIP) install --no-deps --require-hashes --only-binary :all: --requirement requirements/test.txt
	@touch $@

$(VENV)/oracle.stamp: requirements/oracle.txt | $(VENV)/bin/python
	@echo "Installing the libraries that check our vectors ..."
	@$(PYTHON) -m venv $(VENV)/oracle
	@$(VENV)/oracle/bin/python -m pip --disable-pip-version-check --quiet install --no-deps --require-hashes --only-binary :all: --requirement requirements/oracle.txt
	@touch $@

help:
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 15

.PHONY: run test networks cometbft check coverage bench bench-network memory soak faults oracle simulate chaos fuzz linkage vectors portal lock help
.DELETE_ON_ERROR:
