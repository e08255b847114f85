#!/usr/bin/env bash
# peer.sh setup     installs the npm packages of the checkout (exit code 77: what is missing can't be had)
# peer.sh version   prints the versions of the runtime and of gRPC
# peer.sh run API   serves, and calls the API at that address
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

case $1 in
  setup) "$here/../../../eng/npm-ci.sh" || exit 77 ;;
  version) exec node "$here/server.mjs" version ;;
  run) exec node "$here/server.mjs" "$2" ;;
esac
