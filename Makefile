# The verbs. Everything they need is installed into .venv from the locked requirements.

PYTHON ?= python3
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help setup demo run test journeys browser checklist check certificates faults fidelity fix lock road bench-import thrift bench-road bench-simulator fuzz-simulator fuzz-input overload prove prove-full crashes kills drill clean bench-inventory

help: ## Say what the verbs do
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 16

setup: .venv/installed ## Install everything into .venv

.venv/installed: requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Dockline needs Python 3.11 or newer: make PYTHON=python3.12 ..."; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: setup ## Play the story of an order, then keep the pages open; ONCE=1 to play it and exit, KEEP=1 to keep its data
	@$(BIN)/dockline demo $(if $(ONCE),--once) $(if $(KEEP),--keep)

run: setup ## Run Dockline on this machine with the data in .data
	@$(BIN)/dockline up

test: setup ## Run all tests
	$(BIN)/python -m pytest -n 2 --dist loadgroup $(ARGS)

journeys: setup ## Run the errands of tests/journeys through real doors, with the simulator as the warehouse
	$(BIN)/python -m pytest tests/journeys -n 2 $(ARGS)

browser: setup ## Run the tests that drive a Chromium
	$(BIN)/python -m pytest tests/browser -n 2 --dist loadgroup $(ARGS)

checklist: setup ## Write docs/core-checklist.md from the browser tests, and take its pictures anew
	$(BIN)/python -m tests.browser.checklist
	$(BIN)/python -m pytest tests/browser/pictures.py -n 0 -q

check: setup ## Format, lint, types, import contracts, migrations, templates, tables of fidelity and faults, certificates
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -W ignore::RuntimeWarning -m django makemigrations --check --dry-run --settings dockline.config.settings -v 0
	DJANGO_SETTINGS_MODULE=dockline.config.settings $(BIN)/python -m tests.architecture.survivable
	$(BIN)/djlint --lint --quiet src/dockline/interfaces/web
	$(BIN)/python -m tests.simulator.fidelity --check
	$(BIN)/python -m tests.faults --check
	$(BIN)/python -m tests.contract --check

certificates: setup ## Write the connectors' certificates from the conformance tests that pass
	$(BIN)/python -m tests.contract

faults: setup ## Write docs/faults.md from the marked tests
	$(BIN)/python -m tests.faults

fidelity: setup ## Write docs/simulator/fidelity.md from the marked tests
	$(BIN)/python -m tests.simulator.fidelity

fix: setup ## Format, and repair what can be repaired by itself
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

lock: ## Resolve the requirements again, with hashes
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header pyproject.toml -o requirements/runtime.txt $(ARGS)
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header pyproject.toml --group dev -o requirements/dev.txt $(ARGS)

road: setup ## Send a real order book through everything and verify the books; skips without the book
	$(BIN)/python proofs/road.py $(ARGS)

thrift: setup ## Count the calls of a thousand orders' lives, and of asking when nothing is new; skips without the book
	$(BIN)/python proofs/thrift.py $(ARGS)

bench-import: setup ## Importing orders against a bare csv + COPY
	$(BIN)/python bench/import_orders.py

bench-inventory: setup ## Taking in a stock report against a bare client of the same report, with 100,000 rows
	$(BIN)/python bench/inventory.py $(ARGS)

bench-simulator: setup ## The simulator against a bare application behind the same server, with 100,000 orders
	$(BIN)/python bench/simulator.py

bench-road: setup ## Export throughput against a bare client, memory against the size of the book
	$(BIN)/python bench/road.py

fuzz-simulator: setup ## 20,000 random calls of the simulator from its own description; ARGS=--help for how many
	PYTHONPATH=src:. $(BIN)/python proofs/fuzz_simulator.py $(ARGS)

fuzz-input: setup ## A million hostile bodies at the reader, 50,000 through the stack; SIZE= for fewer at the reader
	$(BIN)/python -m proofs.fuzz_input --size $(or $(SIZE),1000000)

overload: setup ## Storms of 429, an hour of errors, channels that hang, answers that drip or swell; ARGS=--full for all of it
	$(BIN)/python -m proofs.overload $(ARGS)

prove: setup ## Run every proof of sending exactly once and write docs/proofs/reliability.md, in 25 minutes; ARGS="--only E3" for one
	$(BIN)/python -m proofs.report $(ARGS)

prove-full: setup ## The same in full size, which takes hours, into docs/proofs/reliability-full.md; ARGS="--only E3" for one
	$(BIN)/python -m proofs.report --full $(ARGS)

crashes: setup ## Let a worker die at every step of its work; ARGS=--all for every time and weather
	$(BIN)/python -m proofs.crashes $(ARGS)

kills: setup ## Kill real workers and restart a real database, in a storm; ARGS=--full for 500 kills
	$(BIN)/python -m proofs.kills $(ARGS)

drill: setup ## Put a backup back and start a copy: nothing may be sent before a person lets it; ARGS="--drills 5" for five ways
	$(BIN)/python -m proofs.drill $(ARGS)

clean: ## Remove the data of demo and tests, never .data/keys.json of a real installation
	rm -rf .data/demo .data/road
