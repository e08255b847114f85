#!/usr/bin/env bash
# client.sh setup        installs what is missing (Debian, as root) and generates the code
#                        (exit code 77: what is missing can't be had)
# client.sh example ...  runs the example
# client.sh conformance  runs tests/conformance, whose run.py calls this
# PYTHON names another interpreter; it needs grpcio and protobuf, and generate.sh's tools.
set -euo pipefail
cd "$(dirname "$0")"
. ./python.sh

command=$1
shift
case $command in
  setup) exec ./prepare.sh ;;
  example) exec "$PYTHON" example.py "$@" ;;
  conformance) exec "$PYTHON" conformance.py ;;
esac
