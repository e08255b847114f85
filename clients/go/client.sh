#!/usr/bin/env bash
# client.sh setup        installs what is missing (Debian, as root; elsewhere by go.mod), generates the code and builds
#                        (exit code 77: what is missing can't be had)
# client.sh example ...  runs the example
# client.sh conformance  runs tests/conformance, whose run.py calls this
set -euo pipefail
cd "$(dirname "$0")"

package=github.com/actions-grpc/actions-grpc/clients/go

build() {
  go vet "$package" "$package/example" "$package/conformance"
  go build -o build/example "$package/example"
  go build -o build/conformance "$package/conformance"
}

# Debian's packages are sources in a GOPATH.
build_with_packages() {
  ./generate.sh
  export GO111MODULE=off GOPATH=$PWD/build:/usr/share/gocode GOFLAGS='' CGO_ENABLED=0
  mkdir -p "build/src/${package%/*}"
  ln -sfn "$PWD" "build/src/$package"
  build
}

# go.mod names the same versions. protoc has to be there; Go brings its plugins.
build_with_modules() {
  command -v go >/dev/null && command -v protoc >/dev/null || { echo "Missing: go and protoc"; exit 77; }
  export GO111MODULE=on GOBIN=$PWD/build/bin CGO_ENABLED=0
  go install github.com/golang/protobuf/protoc-gen-go@v1.3.5 &&
    go install google.golang.org/grpc/cmd/protoc-gen-go-grpc@v1.1.0 || { echo "Go's module proxy can't be reached."; exit 77; }
  PROTOC=protoc PATH=$GOBIN:$PATH ./generate.sh
  go mod tidy || { echo "Go's module proxy can't be reached."; exit 77; }
  build
}

command=$1
shift
case $command in
  setup)
    if ../../eng/apt.sh golang-go golang-google-grpc-dev golang-google-genproto-dev golang-goprotobuf-dev \
      protoc-gen-go-grpc protobuf-compiler libprotobuf-dev; then
      build_with_packages
    else
      build_with_modules
    fi
    ;;
  example) exec build/example "$@" ;;
  conformance) exec build/conformance ;;
esac
