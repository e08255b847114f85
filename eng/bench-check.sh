#!/usr/bin/env bash
# Bytes that the server allocates for an execution, beside the committed numbers. The last line is the sum.
set -euo pipefail
cd "$(dirname "$0")/.."

# What ships is measured, whatever else is built. Its analyzers run in the other builds.
dotnet build bench/Actions.Allocations --configuration Release --nologo --verbosity quiet \
  -p:RunAnalyzers=false -p:EnforceCodeStyleInBuild=false
exec bench/Actions.Allocations/bin/Release/net10.0/Actions.Allocations bench/allocations.json
