"""Tests of the server with the gRPC of another language: the built server is a child process, with real sockets."""
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
# grpcio would send even a loopback call to a proxy in the environment.
os.environ["no_grpc_proxy"] = "127.0.0.1"

import actions_client  # noqa: E402, F401 - finds the generated modules, which every test imports.
