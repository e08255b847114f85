#!/usr/bin/env bash
# Generates actions/v1, where its import path has it, from protos/ with Debian's protoc and plugins, which fit Debian's
# runtimes, or with the protoc that PROTOC names and the plugins on the PATH.
set -euo pipefail
cd "$(dirname "$0")"

# Where this runtime keeps what google/protobuf/*.proto declares.
types=github.com/golang/protobuf/ptypes
known=Mgoogle/protobuf/any.proto=$types/any,Mgoogle/protobuf/duration.proto=$types/duration
known+=,Mgoogle/protobuf/struct.proto=$types/struct,Mgoogle/protobuf/timestamp.proto=$types/timestamp
known+=,Mgoogle/protobuf/field_mask.proto=google.golang.org/genproto/protobuf/field_mask

module=github.com/actions-grpc/actions-grpc/clients/go
rm -rf actions generated
mkdir generated
"${PROTOC:-/usr/bin/protoc}" --proto_path=../../protos --go_out="$known:generated" --go-grpc_out="$known:generated" \
  ../../protos/actions/v1/*.proto
mv "generated/$module/actions" actions
rm -rf generated
