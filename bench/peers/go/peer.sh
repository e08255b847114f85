#!/usr/bin/env bash
# peer.sh setup     installs what is missing (Debian, as root), generates the code and builds
#                   (exit code 77: what is missing can't be had)
# peer.sh version   prints the versions of the runtime and of gRPC
# peer.sh run API   serves, and calls the API at that address
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$here/../../..
built=$root/artifacts/bench/peers/go

case $1 in
  setup)
    # Debian's packages are sources in a GOPATH, as for the client.
    "$root/clients/go/client.sh" setup || exit 77
    export GO111MODULE=off GOPATH=$root/clients/go/build:/usr/share/gocode GOFLAGS='' CGO_ENABLED=0
    mkdir -p "${built%/*}"
    cd "$here"
    # Without Debian's packages the client is built from Go's modules, which this peer isn't.
    go build -o "$built" . || exit 77
    ;;
  version) exec "$built" version ;;
  run) exec "$built" "$2" ;;
esac
