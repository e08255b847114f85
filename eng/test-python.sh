#!/usr/bin/env bash
# A Python package of tests/ against the built server: eng/test-python.sh <package> [<module that it needs>...].
# The last line is the sum: N passed, N failed[, N skipped].
set -euo pipefail
cd "$(dirname "$0")/.."
package=$1
shift

clients/python/prepare.sh "$@" || {
  echo "The tests of tests/$package are skipped."
  echo "0 passed, 0 failed, 1 skipped"
  exit 0
}
. clients/python/python.sh
cd tests
# They share the client and the server under test with the client's own tests.
PYTHONPATH=../clients/python "$PYTHON" -m "$package"
