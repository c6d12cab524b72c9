PYTHON ?= python3

.PHONY: help demo demo-reset test test-all lint clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | awk -F '\t' '{ printf "  make %-12s %s\n", $$1, $$2 }'

demo: ## start the sample shop (PORT=5000); Ctrl-C ends it, its data stay
	@scripts/environment demo .venv $(PYTHON) && exec .venv/bin/python -m webshop_segments.demo

demo-reset: ## start the sample shop over with fresh data
	@scripts/environment demo .venv $(PYTHON) && exec .venv/bin/python -m webshop_segments.demo --reset

test: ## every check: ruff, mypy, and the tests on SQLite and PostgreSQL and in the browser
	@scripts/environment test .venv $(PYTHON) && scripts/test .venv

test-all: ## the same on every Python from 3.11 found here
	@scripts/test-all

lint: ## ruff and mypy only
	@scripts/environment test .venv $(PYTHON) && .venv/bin/python -m ruff check . && .venv/bin/python -m mypy

clean: ## remove the environments, builds and caches; the demo data stay
	rm -rf .venv .venv-3.* build dist *.egg-info .hypothesis .mypy_cache .pytest_cache .ruff_cache test-results
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
