"""The built server as a child process on free ports, with a database of its own."""
import os
import subprocess
import tempfile
import threading
from pathlib import Path

import grpc

from actions_client import Client
from .upstream import PATIENCE, unused_port

ROOT = Path(__file__).resolve().parents[3]
CONFIGURATION = os.environ.get("CONFIGURATION", "Debug")
DLL = ROOT / "src/Actions.Server/bin" / CONFIGURATION / "net10.0/Actions.Server.dll"
SERVING = b"\x08\x01"  # A HealthCheckResponse with status = 1.


class Server:
    def __init__(self, database=None, **settings):
        self._folder = tempfile.TemporaryDirectory(prefix="actions-python-")
        self.database = database or str(Path(self._folder.name) / "actions.db")
        self.target = f"127.0.0.1:{unused_port()}"
        self._log = open(Path(self._folder.name) / "log", "w+b")
        self.process = subprocess.Popen(
            ["dotnet", str(DLL)], cwd=self._folder.name, stdin=subprocess.DEVNULL, stdout=self._log,
            stderr=subprocess.STDOUT, env={
                **os.environ,
                "Kestrel__Endpoints__Grpc__Url": f"http://{self.target}",
                "Kestrel__Endpoints__Web__Url": f"http://127.0.0.1:{unused_port()}",
                "Storage__Sqlite__Path": self.database,
                "Outbound__AllowedNetworks": "loopback",
                **settings,
            })
        try:
            self._wait_until_serving()
        except BaseException:
            self.stop()
            raise

    def client(self, **settings):
        # Each client a connection of its own: grpcio shares one between channels of the same target otherwise.
        return Client(self.target, options=[("grpc.use_local_subchannel_pool", 1)], **settings)

    def stop(self):
        self.process.terminate()  # Does nothing once the process is gone.
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        finally:
            self._log.close()
            self._folder.cleanup()

    def whole_log(self):
        """Ends the server, which writes what it has gathered of its log."""
        self.process.terminate()
        self.process.wait(PATIENCE)
        return self.log()

    def log(self):
        self._log.seek(0)
        return self._log.read().decode(errors="replace")

    def _wait_until_serving(self):
        with grpc.insecure_channel(self.target, [("grpc.initial_reconnect_backoff_ms", 50),
                                                 ("grpc.max_reconnect_backoff_ms", 100)]) as channel:
            # grpc.health.v1 by hand: an empty HealthCheckRequest asks for the server as a whole.
            watch = channel.unary_stream("/grpc.health.v1.Health/Watch")(b"", timeout=30, wait_for_ready=True)
            threading.Thread(target=lambda: (self.process.wait(), watch.cancel()), daemon=True).start()
            try:
                for status in watch:
                    if status == SERVING:
                        return
            except grpc.RpcError as error:
                raise RuntimeError(
                    f"The server did not start ({error.details()}, exit code {self.process.poll()}).\n{self.log()}"
                ) from None
