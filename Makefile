PYTHON ?= python3
export ONLY URL API_KEY PROBES BROWSER QUARTO TARGET ON MODEL EXCHANGES SEED SAMPLE
RUN = .venv/bin/python -m

.DEFAULT_GOAL := help
.PHONY: help check test-docs lab test test-site test-servers fidelity upstream site preview derive addresses pictures serve start stop update-outputs accept-results matrix benchmark oldest-chatlas original-report lock clean client server-client freshness newest newest-issue releases mutants words bare setups test-doctor release-doctor

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-18s%s\n", $$1, $$2 }' $(MAKEFILE_LIST)

test-docs: server-client ## execute the notebooks against real servers (ON=embedded, container or gpu), print what was verified
	@$(RUN) scripts.run.test_docs

LINT = .venv/bin/ruff check . && .venv/bin/ruff format --check . && PYTHONPATH=doctor/src .venv/bin/lint-imports --no-logo --no-cache

check: ## all static checks of pages, notebooks, tables and workflows, in seconds; takes the .venv that is there
	@test -e .venv/.complete || { echo "Stopped: there is no client environment here; make client makes it." >&2; exit 1; }
	@$(LINT) && .venv/bin/pytest -q -p no:hypothesispytest -p no:xdist -p no:pytest_reportlog -p no:logging tests/static

test: client ## lint, unit tests, checks on pages and notebooks; needs no model server
	@$(LINT) && .venv/bin/pytest -n auto --dist loadscope --no-loadscope-reorder
	@$(MAKE) --no-print-directory test-site

test-site: client ## render the site and look at every page in a browser (BROWSER=none skips that)
	@$(RUN) scripts.site.build_site && .venv/bin/pytest -n auto --dist loadgroup tests/rendered

test-servers: server-client ## tests that kill or restart servers; each starts its own
	@.venv/bin/pytest -v -s tests/live

fidelity: client ## look for what chatlas loses in silence (EXCHANGES=, SEED=0 for a new one)
	@$(RUN) tests.fidelity --exchanges $(or $(EXCHANGES),1500) --seed $(or $(SEED),1)

upstream: client ## show that the patches for chatlas mend what they say (ONLY=newest: do they still apply?)
	@$(RUN) scripts.upkeep.upstream

site: client ## render the site into _site (Quarto, or an offline preview without it)
	@$(RUN) scripts.site.build_site

preview: client ## render the site and serve it on http://localhost:4200
	@$(RUN) scripts.site.build_site --serve

lab: server-client ## open copies of the notebooks in JupyterLab beside a server (ONLY=vllm; URL=, MODEL=), Ctrl-C ends both
	@$(RUN) scripts.run.lab

serve: server-client ## run the embedded server in the foreground (ONLY=vllm), Ctrl-C stops it
	@$(RUN) scripts.servers.serve run $(or $(ONLY),vllm)

start: server-client ## start the embedded server and return when it is ready
	@$(RUN) scripts.servers.serve start $(or $(ONLY),vllm)

stop: client ## stop what `make start` started
	@$(RUN) scripts.servers.serve stop $(or $(ONLY),vllm)

derive: client ## make what is derived from results/ and the pins: variables, the table's page, its evidence
	@$(RUN) scripts.site.derive

addresses: client ## add the addresses that are new on the rendered site to those that are kept
	@$(RUN) scripts.site.addresses

pictures: client ## take the stored pictures of the rendered site (needs Quarto)
	@$(RUN) scripts.site.pictures

update-outputs: server-client ## execute the notebooks and store what their cells print
	@$(RUN) scripts.run.update_outputs

accept-results: client ## make the last run's results the site's (results/)
	@$(RUN) scripts.upkeep.accept_results

matrix: server-client ## ask every backend all probes with each chatlas class (ONLY=, PROBES=)
	@$(RUN) scripts.matrix.matrix

freshness: client ## compare the pins with the newest releases: what lags, and by how long
	@$(RUN) scripts.upkeep.freshness

newest: server-client ## make test-docs with the newest releases instead of the pins (ONLY=, URL=)
	@$(RUN) scripts.upkeep.newest

newest-issue: client ## open or update the one issue that says that the newest releases fail
	@$(RUN) scripts.upkeep.newest_issue

mutants: server-client ## seed one documentation fault at a time into a copy: do the tests bite? (ONLY=, URL=; SAMPLE=100 SEED=1 draws)
	@$(RUN) scripts.upkeep.$(if $(SAMPLE),sampled,mutants)

test-doctor: ## the doctor's own tests, with its package installed in an environment of its own (PYTHON=)
	@$(PYTHON) doctor/tests/in_environment.py

release-doctor: .venv/bin/uv ## build the doctor's package and publish it to PyPI, from GitHub by trusted publishing
	@.venv/bin/uv build doctor --out-dir _build/doctor && .venv/bin/uv publish --trusted-publishing always _build/doctor/*

setups: client ## what the doctor's first line is worth on each set-up in tests/setups, beside its first score (ONLY=)
	@$(RUN) tests.setups.score

words: server-client ## record the words that each pinned server knows: flags, variables, routes, parsers (ONLY=)
	@$(RUN) scripts.upkeep.words

bare: client ## make test and make test-docs on the smallest Debian with the README's packages (root, debootstrap; TARGET=)
	@$(RUN) scripts.upkeep.bare

benchmark: server-client ## time a notebook against the same requests in a plain script
	@$(RUN) scripts.upkeep.benchmark

oldest-chatlas: server-client ## find the oldest chatlas on which the vLLM notebook passes
	@$(RUN) scripts.upkeep.oldest_chatlas

releases: server-client ## ask each chatlas from 0.16 on what pages say of releases, on llama.cpp's server
	@$(RUN) scripts.upkeep.releases

original-report: server-client ## make the original report's call against its own vLLM and the pinned one
	@$(RUN) scripts.upkeep.original_report

lock: .venv/bin/uv ## resolve requirements/*.in into the pinned requirements/*.txt
	@$(RUN) scripts.upkeep.lock

CACHE = "$${XDG_CACHE_HOME:-$$HOME/.cache}/chatlas-local-models"

clean: ## stop what `make start` started, and remove what these commands made: .venv, _build, _site, derived pages, the cache folder
	@for note in _build/running-*.json; do \
	  pid=$$(sed -n 's/.*"pid": *\([0-9][0-9]*\).*/\1/p' "$$note" 2>/dev/null) && kill -0 "$$pid" 2>/dev/null || continue; \
	  name=$${note##*/running-}; \
	  $(MAKE) --no-print-directory stop ONLY="$${name%.json}" || exit 1; \
	done
	rm -rf .venv _build _site .quarto _variables.yml docs/compatibility.qmd docs/troubleshooting.qmd docs/evidence doctor/src/chatlas_doctor/errors.json
	@test ! -e $(CACHE) || $(PYTHON) -m scripts.common.cache

client:
	@$(PYTHON) -m scripts.common.bootstrap

server-client:
	@$(PYTHON) -m scripts.servers.platform_check && $(PYTHON) -m scripts.common.bootstrap

# for `make lock`, which has to work also while two of the locks disagree
.venv/bin/uv:
	@$(PYTHON) -m scripts.common.bootstrap
