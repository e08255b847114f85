#!/usr/bin/env bash
# Tests of tests/ that Node runs, tests/<name>/*.test.mjs: eng/test-node.sh <name> [<option of node>...].
# The last line is the sum: N passed, N failed[, N skipped].
set -euo pipefail
cd "$(dirname "$0")/.."
name=$1
shift

eng/npm-ci.sh || {
  echo "The $name tests are skipped: npm packages could not be installed."
  echo "0 passed, 0 failed, 1 skipped"
  exit 0
}

mkdir -p artifacts/test
tap=artifacts/test/$name.tap
status=0
node --test "$@" --test-reporter=spec --test-reporter-destination=stdout \
  --test-reporter=tap --test-reporter-destination="$tap" "tests/$name"/*.test.mjs || status=$?

count() { sed -n "s/^# $1 \([0-9]*\)$/\1/p" "$tap"; }
failed=$(($(count fail) + $(count cancelled)))
skipped=$(count skipped)
sum="$(count pass) passed, $failed failed"
[[ $skipped -eq 0 ]] || sum+=", $skipped skipped"
echo "$sum"
exit "$status"
