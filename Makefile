# What a checkout can do. It takes make and Python 3.11 or newer; the rest is installed into VENV, once.
#   make PYTHON=python3.12 VENV=/tmp/nnspec test      with another Python, in another place

PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
READY = $(VENV)/ready
DIGITS = examples/data/digits/train-images-idx3-ubyte.gz

# Tests run side by side in so many processes, each with a TensorFlow of its own (1 GiB).
JOBS ?= 2
# Which seventh of the long tests `make test` runs; empty, it runs them all.
TURN ?= $(shell git rev-list --count HEAD 2>/dev/null || echo 0)
SIDE_BY_SIDE = -n $(JOBS) --dist loadfile

# Where it is set, each of the many processes that tests start compiles nnspec anew: eight seconds of CPU for `make quick` alone.
unexport PYTHONDONTWRITEBYTECODE

ARM ?= build/arm

.PHONY: help demo test quick proofs arm applications cookbook next-keras lint format data docs gallery vscode playground env clean

help:  ## List these targets
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' $(MAKEFILE_LIST) | while IFS='|' read -r name does; do \
	  printf '%s\n' "$$does" | fold -s -w 60 | while read -r line; do \
	    printf '%-19s%s\n' "$${name:+make $$name}" "$$line"; name=; done; done

demo: $(READY) $(DIGITS)  ## Train LeNet-5 on drawn digits, ship it as TFLite, compare: about a minute
	@$(BIN)/nnspec show specs/lenet.yaml
	@$(BIN)/nnspec train specs/lenet.yaml
	@$(BIN)/nnspec export specs/lenet.yaml

test: $(READY)  ## Run the tests, of the long ones a seventh, in turn by commit (TURN=0 to 6): ten minutes
	@NNSPEC_TURN=$(TURN) $(BIN)/python -m pytest $(SIDE_BY_SIDE)

quick: $(READY)  ## Run the quick tests, without TensorFlow: half a minute
	@$(BIN)/python -m pytest -p no:xdist -m 'not tf and not slow'

proofs: $(READY)  ## Run all tests at full length, before a release: hours
	@NNSPEC_FULL=1 $(BIN)/python -m pytest $(SIDE_BY_SIDE)

applications: $(READY)  ## Bring every network of keras.applications through a spec and back: five minutes
	@NNSPEC_FULL=1 $(BIN)/python -m pytest $(SIDE_BY_SIDE) --dist load tests/importing/test_applications.py

arm: $(READY)  ## Verify a matrix of bundles on an emulated ARM64 processor, by Debian's or Ubuntu's packages: five minutes
	@PIP=$(BIN)/python .ci/arm $(ARM)
	@$(BIN)/python benchmarks/arm.py $(ARM)

cookbook: $(READY)  ## Run the code of the manual's longer pages: three minutes
	@NNSPEC_FULL=1 $(BIN)/python -m pytest tests/docs/test_code_blocks.py

next-keras:  ## Run the core of the tests against the newest Keras and TensorFlow, in a fresh environment
	@PYTHON=$(PYTHON) .ci/next-keras

lint: $(READY)  ## Check style and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

format: $(READY)  ## Format the code
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

data: $(READY)  ## Make the example data again
	@$(BIN)/python examples/make_data.py

docs: $(READY)  ## Build the manual into docs/_build
	@$(BIN)/python docs/generate.py --site
	@$(BIN)/python -m sphinx -q -W -b html docs docs/_build
	@echo "docs/_build/index.html"

gallery: $(READY) $(DIGITS)  ## Make a site of the zoo, with each network to try; the first time it trains them, two hours
	@$(BIN)/python docs/gallery_site/build.py
	@echo "python -m http.server -d docs/_gallery"

vscode: $(READY)  ## Package the extension for Visual Studio Code into editors/vscode/dist; it takes Node.js and its registry
	@cd editors/vscode && npm ci --no-audit --no-fund --loglevel=error && npm run --silent package
	@cd editors/playground && npm ci --no-audit --no-fund --loglevel=error
	@$(BIN)/python editors/vscode/build_web.py
	@cd editors/vscode && npm run --silent package-web
	@echo "editors/vscode/dist/nnspec.vsix: code --install-extension editors/vscode/dist/nnspec.vsix"

playground: $(READY)  ## Make a page that checks, shows and draws specs in the browser, a static folder; it takes Node.js and its registry
	@cd editors/playground && npm ci --no-audit --no-fund --loglevel=error
	@$(BIN)/python editors/playground/build.py

$(DIGITS): | $(READY)
	@$(BIN)/python examples/make_data.py

env: $(READY)  ## Make the environment

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and \
	  "nnspec needs Python 3.11 or newer, but $(PYTHON) is %d.%d; name another: make PYTHON=python3.12" % sys.version_info[:2])'
	@echo "installing into $(VENV), a download of about 700 MB the first time: minutes without a line"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[tf,dev]'
	@touch $@

clean:  ## Remove caches and builds; the environment and the runs stay
	rm -rf build dist docs/_build .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +
