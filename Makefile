# Every target works on a fresh clone. `dotnet build` and `dotnet test` do too: make adds what isn't .NET.
SHELL := /bin/bash
CONFIGURATION ?= Debug
export CONFIGURATION
export DOTNET_CLI_TELEMETRY_OPTOUT := 1
export DOTNET_NOLOGO := 1

.PHONY: build demo run key copy test clients fuzz soak bench bench-check bench-parts bench-memory bench-start bench-peers format clean

# The first target: plain `make` builds.
build:
	dotnet build Actions.Grpc.sln --configuration $(CONFIGURATION)

# A voice engine's call from end to end: a sample API, the server, four actions, their events as a timeline. Built
# without the analyzers, to be quick.
demo:
	dotnet build samples/Actions.Demo --configuration $(CONFIGURATION) \
	  -p:RunAnalyzers=false -p:EnforceCodeStyleInBuild=false
	dotnet run --no-build --configuration $(CONFIGURATION) --project samples/Actions.Demo

# The server in the foreground, on its default ports, with data/actions.db in this folder. Collects garbage half as often as by
# default, as the image does.
run: build
	DOTNET_GCgen0size=2000000 dotnet src/Actions.Server/bin/$(CONFIGURATION)/net10.0/Actions.Server.dll

# Prints a new API key, once: make key WORKSPACE=default ROLE=admin (or editor, engine). It is for the store of `make run`,
# or for the one that the settings in the environment name.
key: build
	@dotnet src/Actions.Server/bin/$(CONFIGURATION)/net10.0/Actions.Server.dll key create --workspace "$(WORKSPACE)" --role "$(ROLE)"

# Copies everything in one store into another: make copy FROM=sqlite:data/actions.db TO=mongodb://host/actions, or back.
copy: build
	@dotnet src/Actions.Server/bin/$(CONFIGURATION)/net10.0/Actions.Server.dll copy --from "$(FROM)" --to "$(TO)"

# All tests. MONGODB_URI=mongodb://... names a server for those that need MongoDB. The last line is the sum:
# N passed, N failed[, N skipped].
test:
	@command -v python3 >/dev/null || eng/apt.sh python3
	@python3 eng/test.py

# Generates and builds the clients. Those whose languages' tools are missing and can't be installed are skipped.
clients: build
	for client in clients/*/client.sh; do \
	  $$client setup || { [[ $$? -eq 77 ]] && echo "$$client: skipped"; } || exit 1; \
	done

# Repeats the fault matrix and checks that no connection, timer or memory is left behind. Takes some minutes.
soak: build
	ACTIONS_SOAK=100000 dotnet test tests/Actions.Engine.Tests --no-build --configuration $(CONFIGURATION) \
	  --filter FullyQualifiedName~SoakTests
	ACTIONS_SOAK=100000 dotnet test tests/Actions.Server.Tests --no-build --configuration $(CONFIGURATION) \
	  --filter FullyQualifiedName~SoakTests
	ACTIONS_CHAOS_CALLS=20000 ACTIONS_CHAOS_SEEDS=500 dotnet test tests/Actions.Server.Tests --no-build \
	  --configuration $(CONFIGURATION) --filter "FullyQualifiedName~KilledServersTests|FullyQualifiedName~AnyOrderTests"
	cat artifacts/test/soak.md

# Fuzzes the parsers and peers for SECONDS each, with another SEED each time. An input that fails is kept in
# artifacts/fuzz.
fuzz: SECONDS ?= 120
fuzz: SEED ?= $(shell date +%s)
fuzz: build
	for project in tests/Actions.Engine.Tests tests/Actions.Server.Tests; do \
	  ACTIONS_FUZZ_SECONDS=$(SECONDS) ACTIONS_FUZZ_SEED=$(SEED) dotnet test $$project --no-build \
	    --configuration $(CONFIGURATION) --filter FullyQualifiedName~Fuzz || exit; \
	done
	cat artifacts/test/fuzz-*.md

# Latency of Execute beside direct calls of the same API; then under another workspace's load and under floods. Takes some
# minutes, on an idle machine.
bench: build
	dotnet run --configuration Release --project bench/Actions.Bench
	ACTIONS_WIRE_RATIO=1.5 eng/test-python.sh wire h2

# Bytes that the server allocates for an execution, beside the bare handler. Fails if bench/allocations.json is exceeded by
# more than 5 %. A part of `make test`.
bench-check:
	@eng/bench-check.sh

# Time and allocations of the parts of an execution: make bench-parts FILTER='*Path*' for some of them. Takes two minutes.
bench-parts: FILTER ?= *
bench-parts:
	dotnet build bench/Actions.Parts --configuration Release -p:RunAnalyzers=false -p:EnforceCodeStyleInBuild=false
	bench/Actions.Parts/bin/Release/net10.0/Actions.Parts --filter '$(FILTER)'

# Memory of 100,000 actions in the store, 10,000 of them called. Takes some minutes; most of them fill the store.
bench-memory:
	dotnet build bench/Actions.Memory --configuration Release -p:RunAnalyzers=false -p:EnforceCodeStyleInBuild=false
	bench/Actions.Memory/bin/Release/net10.0/Actions.Memory 100000 10000

# Time from the start of the process to the first event, as built and compiled ahead of time, beside the bare handler.
bench-start:
	$(MAKE) --no-print-directory bench-peers PEERS="actions csharp" SCENARIOS=first ROUNDS=11

# Actions.Grpc beside servers written by hand in C#, Go, Node and Python, in one run: bench/README.md. Some 15 minutes, on an
# idle machine. A part: make bench-peers PEERS="actions csharp" SCENARIOS="closed half" ROUNDS=3 SECONDS=2. Those whose
# languages' tools are missing and can't be installed are skipped.
bench-peers:
	dotnet build bench/Actions.Load --configuration Release -p:RunAnalyzers=false -p:EnforceCodeStyleInBuild=false
	BENCH_PEERS="$(PEERS)" BENCH_SCENARIOS="$(SCENARIOS)" BENCH_ROUNDS="$(ROUNDS)" BENCH_SECONDS="$(SECONDS)" \
	  bench/Actions.Load/bin/Release/net10.0/Actions.Load

format:
	eng/npm-ci.sh
	node_modules/.bin/buf format --write
	dotnet format Actions.Grpc.sln

# Keeps data/, the store of `make run`.
clean:
	rm -rf artifacts node_modules clients/*/gen clients/*/build clients/go/actions clients/node/node_modules
	find $(wildcard src tests samples bench eng clients/csharp) -type d \( -name bin -o -name obj \) -prune -exec rm -rf {} +
