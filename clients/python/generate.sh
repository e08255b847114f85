#!/usr/bin/env bash
# Generates gen/ from protos/. Takes protoc and gRPC's plugin where they are installed together (Debian:
# protobuf-compiler-grpc, libprotobuf-dev), else the ones that pip's grpcio-tools brings.
set -euo pipefail
cd "$(dirname "$0")"

# The tools of an installation fit its runtime; another protoc on the PATH may be too new for it.
if [[ -x /usr/bin/protoc && -x /usr/bin/grpc_python_plugin ]]; then
  protoc=(/usr/bin/protoc --plugin=protoc-gen-grpc_python=/usr/bin/grpc_python_plugin)
else
  protoc=("${PYTHON:-python3}" -m grpc_tools.protoc)
fi

rm -rf gen
mkdir gen
"${protoc[@]}" --proto_path=../../protos --proto_path=../protos --python_out=gen --grpc_python_out=gen \
  ../../protos/actions/v1/*.proto actions/rpc/error_details.proto
