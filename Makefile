# make run   set up what is missing, start the workbench, print its address
# make test  set up everything, run every check
# PORT and WORKSPACE choose where: make run PORT=8080 WORKSPACE=/srv/plant
PORT ?=
WORKSPACE ?=

port = $(if $(PORT),--port $(PORT))
workspace = $(if $(WORKSPACE),--workspace "$(WORKSPACE)")

.PHONY: run test setup lab doctor clean

run:
	@scripts/setup run
	@exec .venv/bin/workbench serve $(port) $(workspace)

test:
	@scripts/setup test
	@scripts/check

setup:
	@scripts/setup test

lab:
	@scripts/setup run
	@exec .venv/bin/workbench lab $(workspace)

doctor:
	@scripts/setup run
	@exec .venv/bin/workbench doctor

clean:
	rm -rf .venv .uv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache artefacts
