#!/usr/bin/env bash
# The .NET tests, one project after another: tests that measure time should not compete for the machine.
# The last line is the sum: N passed, N failed[, N skipped].
set -euo pipefail
cd "$(dirname "$0")/.."

configuration=${CONFIGURATION:-Debug}
results=artifacts/test/dotnet
rm -rf "$results"
mkdir -p "$results"

# Names each failed test of a results file with the first line of what it said.
failures() {
  awk '
    /<UnitTestResult [^>]*outcome="Failed"/ { name = $0; sub(/.* testName="/, "", name); sub(/".*/, "", name) }
    name != "" && /<Message>/ {
      message = $0
      sub(/.*<Message>/, "", message)
      sub(/<\/Message>.*/, "", message)
      printf "%s: %.300s\n", name, message
      name = ""
    }
    name != "" && /<\/UnitTestResult>/ { print name; name = "" }' "$1"
}

# Why tests of a results file were skipped, one line for each of them.
skips() {
  awk '
    /<UnitTestResult / { skipped = /outcome="NotExecuted"/ }
    skipped && /<Message>/ { sub(/.*<Message>/, ""); sub(/<\/Message>.*/, ""); print }' "$1"
}

passed=0 failed=0 skipped=0
for project in tests/*/*.csproj; do
  name=$(basename "$project" .csproj)
  status=0
  timeout --kill-after=10 "${PROJECT_SECONDS:-360}" \
    dotnet test "$project" --no-build --configuration "$configuration" --results-directory "$results" \
    --logger "trx;LogFileName=$name.trx" --logger "console;verbosity=minimal" </dev/null || status=$?

  # The counts come from the results file: the text on the console differs from one SDK to the next.
  counters=$(grep -o '<Counters [^>]*>' "$results/$name.trx" 2>/dev/null || true)
  count() { sed -n "s/.* $1=\"\([0-9]*\)\".*/\1/p" <<<"$counters"; }
  if [[ -z $counters || $(count total) -eq 0 ]]; then
    echo "$name: no results (exit code $status)"
    failed=$((failed + 1))
    continue
  fi
  bad=$(($(count executed) - $(count passed)))
  failures "$results/$name.trx" >>artifacts/test/failures
  skips "$results/$name.trx" >>"$results/skips"
  [[ $status -eq 0 || $bad -gt 0 ]] || { echo "$name: exit code $status with no failed test"; bad=1; }
  passed=$((passed + $(count passed)))
  failed=$((failed + bad))
  skipped=$((skipped + $(count total) - $(count executed)))
done

# What the tests have to show beside their outcome.
cat artifacts/test/*.md 2>/dev/null || true

[[ $skipped -eq 0 ]] || sort "$results/skips" | uniq -c | sed 's/^ *\([0-9]*\) /skipped, \1: /'
sum="$passed passed, $failed failed"
[[ $skipped -eq 0 ]] || sum+=", $skipped skipped"
echo "$sum"
[[ $failed -eq 0 ]]
