# What a person types. Everything here can be run on a fresh clone; nothing else has to be typed first.
SHELL := /bin/bash
CONFIGURATION ?= Debug
export CONFIGURATION
export DOTNET_CLI_TELEMETRY_OPTOUT := 1
export DOTNET_NOLOGO := 1

.PHONY: build demo run key copy test clients fuzz soak bench format clean

# The first target: plain `make` builds.
build:
	dotnet build Actions.Grpc.sln --configuration $(CONFIGURATION)

# A voice engine's call from end to end: a sample API, the server, three actions, their events as a timeline. Built
# without the analyzers: whoever types this wants to see it, and `make` has them.
demo:
	dotnet build samples/Actions.Demo --configuration $(CONFIGURATION) \
	  -p:RunAnalyzers=false -p:EnforceCodeStyleInBuild=false
	dotnet run --no-build --configuration $(CONFIGURATION) --project samples/Actions.Demo

# The server in the foreground, on its default ports, with data/actions.db in this folder.
run: build
	dotnet src/Actions.Server/bin/$(CONFIGURATION)/net10.0/Actions.Server.dll

# Prints a new API key, once: make key WORKSPACE=default ROLE=admin (or editor, engine). For the store of `make run`, or
# the one that the settings in the environment name.
key: build
	@dotnet src/Actions.Server/bin/$(CONFIGURATION)/net10.0/Actions.Server.dll key create --workspace "$(WORKSPACE)" --role "$(ROLE)"

# Brings all that one store holds into another: make copy FROM=sqlite:data/actions.db TO=mongodb://host/actions, or back.
copy: build
	@dotnet src/Actions.Server/bin/$(CONFIGURATION)/net10.0/Actions.Server.dll copy --from "$(FROM)" --to "$(TO)"

# Everything. With MONGODB_URI=mongodb://... what needs MongoDB is tested on that server too. The last line is the sum: N passed, N failed[, N skipped].
test:
	@eng/test.sh

# Generates and builds the clients whose languages' tools are there or can be installed.
clients: build
	for client in clients/*/client.sh; do \
	  $$client setup || { [[ $$? -eq 77 ]] && echo "$$client: skipped"; } || exit 1; \
	done

# The faults of the fault matrix, over and over: nothing may stay behind; and that memory is given back. Some minutes.
soak: build
	ACTIONS_SOAK=100000 dotnet test tests/Actions.Engine.Tests --no-build --configuration $(CONFIGURATION) \
	  --filter FullyQualifiedName~SoakTests
	ACTIONS_SOAK=100000 dotnet test tests/Actions.Server.Tests --no-build --configuration $(CONFIGURATION) \
	  --filter FullyQualifiedName~SoakTests
	cat artifacts/test/soak.md

# Inputs that are almost right, for parsers and peers: SECONDS for each of them, and from another SEED each time. An input
# that fails is kept in artifacts/fuzz.
fuzz: SECONDS ?= 120
fuzz: SEED ?= $(shell date +%s)
fuzz: build
	for project in tests/Actions.Engine.Tests tests/Actions.Server.Tests; do \
	  ACTIONS_FUZZ_SECONDS=$(SECONDS) ACTIONS_FUZZ_SEED=$(SEED) dotnet test $$project --no-build \
	    --configuration $(CONFIGURATION) --filter FullyQualifiedName~Fuzz || exit; \
	done
	cat artifacts/test/fuzz-*.md

# What a voice engine sees on the wire, beside direct calls of the same API; then what it sees of a workspace beyond its
# quota, and of floods. Some minutes, on a machine that does nothing else.
bench: build
	dotnet run --configuration Release --project bench/Actions.Bench
	ACTIONS_WIRE_RATIO=1.5 eng/test-python.sh wire h2

format:
	eng/npm-ci.sh
	node_modules/.bin/buf format --write
	dotnet format Actions.Grpc.sln

# Leaves data/ alone: that is where `make run` keeps its actions.
clean:
	rm -rf artifacts node_modules clients/*/gen clients/*/build clients/go/actions clients/node/node_modules
	find $(wildcard src tests samples bench eng clients/csharp) -type d \( -name bin -o -name obj \) -prune -exec rm -rf {} +
