#!/usr/bin/env bash
# Makes ready what Python's tests need: grpcio, the generated modules in gen/, and the Python modules named, which are
# Debian packages called python3-<name>. Exit code 77: what is missing can't be had.
set -euo pipefail
cd "$(dirname "$0")"
. ./python.sh

modules="google.protobuf, grpc" packages=
for module in "$@"; do
  modules+=", $module"
  packages+=" python3-$module"
done
if ! "$PYTHON" -c "import $modules" 2>/dev/null || ! ./generate.sh 2>/dev/null; then
  # shellcheck disable=SC2086 # Words.
  ../../eng/apt.sh python3 python3-grpcio protobuf-compiler protobuf-compiler-grpc libprotobuf-dev $packages || exit 77
  . ./python.sh # Its interpreter may be new.
  "$PYTHON" -c "import $modules" || exit 77
  ./generate.sh
fi
