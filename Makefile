# Everything runs from .venv, which the first target that needs it makes from requirements.lock.
# A machine needs python3 (3.11 or later) with pip and venv, and make.

# 3.11 is the one that was tested.
PYTHON ?= $(shell command -v python3.11 || echo python3)
BIN := .venv/bin
READY := .venv/.ready

.DEFAULT_GOAL := help
.PHONY: help demo dist test live record lint format type notebooks benchmark compare versions

help: ## list the targets
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

demo: $(READY) ## hold a conversation in the terminal, with the emulator or, given a key, with Gemini
	$(BIN)/python -m langchain_genai_chat.demo

test: $(READY) ## run the tests, on several processors, then those that want the machine for themselves
	@$(BIN)/python -m pytest -rs -n auto --maxprocesses 4 --dist loadfile -m "not serial"; shared=$$?; \
	$(BIN)/python -m pytest -rs -m serial; exit $$((shared | $$?))

live: $(READY) ## probe Google's service with the key of the environment, beside the emulator; ARGS="--help" for more
	$(BIN)/python -m tests.live $(ARGS)

record: $(READY) ## record cassettes/ anew: on Google's service where a key is set, else on the emulator
	$(BIN)/python -m pytest tests/standard/test_integration.py --record-mode=rewrite

lint: $(READY) ## check style and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(READY) ## reformat, and mend what can be mended
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

type: $(READY) ## check types
	$(BIN)/mypy

notebooks: $(READY) ## run every notebook in notebooks/ from top to bottom
	$(BIN)/python -m pytest --timeout=600 --nbmake --nbmake-timeout=300 notebooks

dist: $(READY) ## build the wheel and the sdist into dist/, with what the lock has and no network
	$(BIN)/python -m build --no-isolation

versions: $(READY) ## run a part of the tests, or TESTS, on the lowest and the newest versions of the dependencies
	$(BIN)/python tests/release/versions.py $(TESTS)

benchmark: $(READY) ## measure this package and what it is compared with; draws tests/benchmarks/chart.png
	$(BIN)/python -m pytest tests/benchmarks -s

compare: $(READY) ## print README's table against langchain-google-genai, or one ROW of it; takes some minutes
	$(BIN)/python -m tests.compare $(ROW)

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --require-hashes --requirement requirements.lock
	$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@
