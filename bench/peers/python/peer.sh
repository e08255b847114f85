#!/usr/bin/env bash
# peer.sh setup     installs what is missing (Debian, as root) and generates the code
#                   (exit code 77: what is missing can't be had)
# peer.sh version   prints the versions of the runtime and of gRPC
# peer.sh run API   serves, and calls the API at that address
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
client=$here/../../../clients/python
. "$client/python.sh"

case $1 in
  setup) "$client/prepare.sh" aiohttp ;;
  version) exec "$PYTHON" "$here/server.py" version ;;
  run) exec "$PYTHON" "$here/server.py" "$2" ;;
esac
