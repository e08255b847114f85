#!/usr/bin/env bash
# The Python client against the built server. The last line is the sum: N passed, N failed[, N skipped].
# PYTHON names another interpreter; it needs grpcio and protobuf, and generate.sh's tools.
set -euo pipefail
cd "$(dirname "$0")"

./prepare.sh || {
  echo "The Python client's tests are skipped."
  echo "0 passed, 0 failed, 1 skipped"
  exit 0
}
. ./python.sh
"$PYTHON" -m tests
