"""What gRPC's interop tests ask of every server, as far as it applies to this one, through grpcio."""
import os

# grpcio would take even a loopback call to the proxy that the environment may name.
os.environ["no_grpc_proxy"] = "127.0.0.1"

import actions_client  # noqa: E402, F401 - finds the generated modules, which every test imports.
