#!/usr/bin/env bash
# client.sh setup        installs missing packages (Debian, as root), generates the code and builds
#                        (exit code 77: a package can't be installed)
# client.sh example ...  runs the example
# client.sh conformance  runs the cases of tests/conformance; its run.sh calls this
set -euo pipefail
cd "$(dirname "$0")"

# Debian's packages are sources in a GOPATH. go.mod has the same versions for modules.
prepare() {
  export GO111MODULE=off GOPATH=$PWD/build:/usr/share/gocode GOFLAGS= CGO_ENABLED=0
  local package=github.com/actions-grpc/actions-grpc/clients/go
  mkdir -p "build/src/${package%/*}"
  ln -sfn "$PWD" "build/src/$package"
  go vet "$package" "$package/example" "$package/conformance"
  go build -o build/example "$package/example"
  go build -o build/conformance "$package/conformance"
}

command=$1
shift
case $command in
  setup)
    ../../eng/apt.sh golang-go golang-google-grpc-dev golang-google-genproto-dev golang-goprotobuf-dev protoc-gen-go-grpc \
      protobuf-compiler libprotobuf-dev || exit 77
    ./generate.sh
    prepare
    ;;
  example) exec build/example "$@" ;;
  conformance) exec build/conformance ;;
esac
