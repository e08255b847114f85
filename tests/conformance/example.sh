#!/usr/bin/env bash
# A client's README shows its example, and the example works: example.sh <language>. Prints "ok …" or "not ok …: why".
set -euo pipefail
cd "$(dirname "$0")/../../clients/$1"

# The longest block of code in the README names its file in the line above: "`example.py`, all of it:".
file=$(sed -nE 's/^`([^`]+)`, all of it:$/\1/p' README.md)
if shown=$(sed -n '/, all of it:$/,/^```$/p' README.md | sed '1,3d;$d') && [[ $shown == "$(cat "$file")" ]]; then
  echo "ok example/is-in-the-readme"
else
  echo "not ok example/is-in-the-readme: README.md doesn't show $file as it is"
fi

told=$(./client.sh example "$CONFORMANCE_SERVER_DEFAULT" \
  "http://127.0.0.1:$CONFORMANCE_UPSTREAM_PORT/example/{order_id}" order_id=A-1 </dev/null 2>&1) || true
if [[ $told =~ start\ +Let\ me\ look\ that\ up\..*result\ +status\ 200,\ 2\ bytes ]]; then
  echo "ok example/tells-the-story"
else
  echo "not ok example/tells-the-story: ${told//$'\n'/ }"
fi
