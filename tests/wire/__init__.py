"""Abuse of HTTP/2 and gRPC, byte by byte, against the built server."""
import os

# grpcio would take even a loopback call to the proxy that the environment may name.
os.environ["no_grpc_proxy"] = "127.0.0.1"

import actions_client  # noqa: E402, F401 - finds the generated modules, which every test imports.
