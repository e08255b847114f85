"""The server seen through another language's gRPC: the built server as a child process, real sockets all the way."""
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
# grpcio would take even a loopback call to the proxy that the environment may name.
os.environ["no_grpc_proxy"] = "127.0.0.1"

import actions_client  # noqa: E402, F401 - finds the generated modules, which every test imports.
