# Everything that a newcomer needs; `make help` lists it. Tests/Scripts/install brings what is missing.

# `make check` keeps a build folder of its own: its flags differ, and one folder would be built anew
# at every change of mind.
STRICT = --scratch-path .build-check -Xswiftc -warnings-as-errors

.PHONY: help run test check interop bench fuzz clean

help: ## list the commands
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 16

run: ## a demo: gateway, issuer and legacy back end, with three curl commands to try
	Tests/Scripts/install run
	swift build -c release --product gatehouse
	exec .build/release/gatehouse demo

# One test after the other: some hold real peers to real times, and would starve each other of two cores.
test: ## every test, the fuzz corpora replayed
	Tests/Scripts/install test
	swift build --build-tests $(FLAGS)
	Tests/Scripts/test --skip-build --no-parallel $(FLAGS)

check: ## before a commit: format, warnings as errors, budgets, tests
	Tests/Scripts/install test
	swift format lint --strict --recursive --parallel Sources Tests Package.swift
	swift build -c release --product gatehouse $(STRICT)
	GATEHOUSE=.build-check/release/gatehouse Tests/Bench/budget
	$(MAKE) test FLAGS="$(STRICT)"

interop: ## real clients and servers, OpenID providers and a browser against the gateway
	Tests/Scripts/install interop
	swift build -c release --product gatehouse
	GATEHOUSE=.build/release/gatehouse Tests/Interop/run $(ONLY)

bench: ## CPU time per request beside nginx, HAProxy, nghttpx; tokens a second
	Tests/Scripts/install bench
	swift build -c release --product gatehouse
	Tests/Bench/bench
	Tests/Bench/tokens

fuzz: ## each fuzzer for SECONDS (60), after the canary
	Tests/Scripts/install run
	Tests/Fuzz/run all $(or $(SECONDS),60)

clean: ## remove every build folder
	rm -rf .build .build-*
