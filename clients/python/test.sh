#!/usr/bin/env bash
# Tests the Python client against the built server. The last line is the sum: N passed, N failed[, N skipped].
# PYTHON selects another interpreter than Debian's; it needs grpcio, protobuf and the tools of generate.sh.
set -euo pipefail
cd "$(dirname "$0")"

export PYTHON=${PYTHON:-/usr/bin/python3}
export PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1

./prepare.sh || {
  echo "The Python client's tests are skipped."
  echo "0 passed, 0 failed, 1 skipped"
  exit 0
}
"$PYTHON" -m tests
