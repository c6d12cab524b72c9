PYTHON ?= python3
TEXTS = webshop_segments/translations

.PHONY: help demo demo-reset test test-all lint bench-send bench-audience bench-pages bench-crash translations clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | awk -F '\t' '{ printf "  make %-15s %s\n", $$1, $$2 }'

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

bench-send: ## messages per second against Flask-Mail and a bare client, at a distance, memory (SCALE=0.1: under a minute)
	@scripts/environment test .venv $(PYTHON) && .venv/bin/python -m benchmarks.send

bench-audience: ## counting and writing the recipients of a million people (SCALE=0.1: under a minute)
	@scripts/environment test .venv $(PYTHON) && .venv/bin/python -m benchmarks.audience

bench-pages: ## pages of a shop with two million memberships, against a trivial page (SCALE=0.1: under a minute)
	@scripts/environment test .venv $(PYTHON) && .venv/bin/python -m benchmarks.pages

bench-crash: ## kill -9 of workers, database, broker and mail server in the middle of 50 dispatches (SCALE=0.1, SEED=1)
	@scripts/environment test .venv $(PYTHON) && .venv/bin/python -m benchmarks.crash

translations: ## gather all texts, bring the German file up to date and compile it; then translate what it reports
	@scripts/environment test .venv $(PYTHON)
	@mkdir -p build
	.venv/bin/pybabel --quiet extract --mapping=$(TEXTS)/babel.cfg --keywords=lazy_gettext --add-location=file \
		--sort-by-file --output=build/webshop_segments.pot .
	.venv/bin/pybabel --quiet update --domain=webshop_segments --input-file=build/webshop_segments.pot --output-dir=$(TEXTS) \
		--no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date --width=110
	.venv/bin/pybabel compile --domain=webshop_segments --directory=$(TEXTS) --statistics

clean: ## remove the environments, builds and caches; the demo data stay
	rm -rf .venv .venv-3.* build dist *.egg-info .hypothesis .mypy_cache .pytest_cache .ruff_cache test-results
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
