#!/usr/bin/env bash
# client.sh setup        installs missing packages (Debian, as root) and generates the code
#                        (exit code 77: a package can't be installed)
# client.sh example ...  runs the example
# client.sh conformance  runs the cases of tests/conformance; its run.sh calls this
# PYTHON selects another interpreter than Debian's; it needs grpcio, protobuf and the tools of generate.sh.
set -euo pipefail
cd "$(dirname "$0")"
export PYTHON=${PYTHON:-/usr/bin/python3} PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1

command=$1
shift
case $command in
  setup)
    if ! "$PYTHON" -c 'import google.protobuf, grpc' 2>/dev/null || ! ./generate.sh 2>/dev/null; then
      ../../eng/apt.sh python3 python3-grpcio protobuf-compiler protobuf-compiler-grpc libprotobuf-dev || exit 77
      ./generate.sh
    fi
    ;;
  example) exec "$PYTHON" example.py "$@" ;;
  conformance) exec "$PYTHON" conformance.py ;;
esac
