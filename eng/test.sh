#!/usr/bin/env bash
# Builds, then runs every part of the tests, each within a time limit. The last line, alone, is the sum over all
# parts: N passed, N failed[, N skipped]; it is also left in artifacts/test/summary.
set -euo pipefail
cd "$(dirname "$0")/.."
unset MAKEFLAGS MFLAGS MAKELEVEL # `make build` below is a make of its own.

export CONFIGURATION=${CONFIGURATION:-Debug}
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
# Build servers left running would outlive the tests, and keep the pipe to tee open.
export MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0

results=artifacts/test
rm -rf "$results"
mkdir -p "$results"

passed=0 failed=0 skipped=0 lines=()
summary='^([0-9]+) passed, ([0-9]+) failed(, ([0-9]+) skipped)?$'

# part <name> <seconds> <command...>: a part says how it went in its last line; one that doesn't, because it crashed or
# took too long, is one failure.
part() {
  local name=$1 limit=$2 began=$SECONDS status=0 last ok=0 bad=0 left=0
  shift 2
  echo "== $name"
  timeout --kill-after=15 "$limit" "$@" </dev/null 2>&1 | tee "$results/$name.log" || status=$?
  last=$(tail -n 1 "$results/$name.log")
  if [[ $last =~ $summary ]]; then
    ok=${BASH_REMATCH[1]} bad=${BASH_REMATCH[2]} left=${BASH_REMATCH[4]:-0}
  fi
  if [[ $status -ne 0 && $bad -eq 0 ]] || [[ ! $last =~ $summary ]]; then
    bad=$((bad + 1))
    [[ $status -ne 124 ]] || echo "$name: stopped after $limit s"
    echo "$name: exit code $status"
  fi
  # The .NET part names its failed tests itself; unittest and node:test do so in their own words.
  [[ $bad -eq 0 || $name == dotnet ]] || { grep -E '^(FAIL|ERROR): |^ *✖ ' "$results/$name.log" || true; } | sed "s/^/$name: /" | head -n 5 >>"$results/failures"
  passed=$((passed + ok)) failed=$((failed + bad)) skipped=$((skipped + left))
  lines+=("$name: $ok passed, $bad failed, $left skipped ($((SECONDS - began)) s)")
}

finish() {
  local sum="$passed passed, $failed failed"
  [[ $skipped -eq 0 ]] || sum+=", $skipped skipped"
  echo "$sum" >"$results/summary"
  echo "== sum"
  # Who reads only the end of a log has to see which tests failed.
  head -n 15 "$results/failures" 2>/dev/null || true
  [[ ${#lines[@]} -eq 0 ]] || printf '%s\n' "${lines[@]}"
  echo "$sum"
  [[ $failed -eq 0 ]]
  exit
}

# What can't be built can't be tested: that is the one failure then.
echo "== build"
if ! timeout --kill-after=15 420 make --no-print-directory build </dev/null 2>&1 | tee "$results/build.log"; then
  failed=1
  finish
fi

# Together with the build's limit these stay well below an hour, and a run takes some minutes.
part dotnet 720 eng/test-dotnet.sh
part python 150 clients/python/test.sh
part wire 200 eng/test-python.sh wire h2
part interop-python 60 eng/test-python.sh interop
part buf 100 eng/test-node.sh buf
part deploy 300 eng/test-deploy.sh
part interop-node 60 eng/test-node.sh interop
# Most of it is for installing five languages' tools where there are none; the cases themselves take a minute.
part conformance 480 tests/conformance/run.sh
finish
