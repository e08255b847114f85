#!/usr/bin/env bash
# Makes ready what Python's tests need: grpcio, the generated modules in gen/, and the Python modules named, which are
# Debian packages called python3-<name>. Fails where it can't. PYTHON names another interpreter than Debian's.
set -euo pipefail
cd "$(dirname "$0")"
export PYTHON=${PYTHON:-/usr/bin/python3}

modules=$(printf ', %s' google.protobuf grpc "$@")
if ! "$PYTHON" -c "import ${modules:2}" 2>/dev/null || ! ./generate.sh 2>/dev/null; then
  ../../eng/apt.sh python3 python3-grpcio protobuf-compiler protobuf-compiler-grpc libprotobuf-dev "${@/#/python3-}"
  ./generate.sh
fi
