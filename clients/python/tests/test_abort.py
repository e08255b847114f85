import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

import grpc
from grpc import StatusCode

from actions_client import ActionError
from .case import Case, StreamRecord, draft
from .server import SERVING, Server
from .upstream import PATIENCE, Upstream, response

EXAMPLE = Path(__file__).resolve().parents[1] / "example.py"
# The server aborts within 0.1 s; the rest is for this process to notice on a busy machine.
QUICKLY = 0.5


class AbortTests(Case):
    def setUp(self):
        super().setUp()
        self.upstream = Upstream(Upstream.HANG)
        self.addCleanup(self.upstream.__exit__)

    def assert_hangs_up(self, request, since=None):
        self.assertTrue(request.closed.wait(PATIENCE), "The server kept the connection to the API open.")
        self.assertLess(time.monotonic() - (since or time.monotonic()), QUICKLY)

    def test_cancelling_the_stream_aborts_the_call(self):
        execution = self.client.execute(id=self.create(self.upstream.url, timeout=60).id)
        events = iter(execution)
        self.assertTrue(next(events).HasField("start"))
        request = self.upstream.next_request()
        self.assertFalse(request.closed.is_set())

        cancelled = time.monotonic()
        execution.cancel()
        self.assert_hangs_up(request, cancelled)
        with self.assertRaises(ActionError) as caught:
            next(events)
        self.assertEqual(StatusCode.CANCELLED, caught.exception.code)

    def test_leaving_the_block_aborts_the_call(self):
        with self.client.execute(id=self.create(self.upstream.url, timeout=60).id) as execution:
            next(iter(execution))
            request = self.upstream.next_request()
        self.assert_hangs_up(request, time.monotonic())

    def test_passing_the_deadline_aborts_the_call(self):
        record = StreamRecord()
        execution = self.client.execute(id=self.create(self.upstream.url, timeout=60).id, timeout=0.7)
        with self.assertRaises(ActionError) as caught:
            record.read(execution)
        self.assertEqual(StatusCode.DEADLINE_EXCEEDED, caught.exception.code)
        self.assertEqual(["start"], record.kinds)
        self.assert_hangs_up(self.upstream.next_request(), record.began + 0.7)

    def test_losing_the_connection_aborts_the_call(self):
        caller = subprocess.Popen([sys.executable, str(EXAMPLE), self.server.target,
                                   self.upstream.url], stdout=subprocess.DEVNULL)
        self.addCleanup(caller.wait)
        self.addCleanup(caller.kill)
        request = self.upstream.next_request()
        caller.kill()
        self.assert_hangs_up(request, time.monotonic())

    def test_server_serves_others_after_aborts(self):
        action = self.create(self.upstream.url, timeout=60)
        for _ in range(20):
            with self.client.execute(id=action.id) as execution:
                next(iter(execution))
                request = self.upstream.next_request()
            self.assert_hangs_up(request)
        with Upstream() as healthy:
            self.assertEqual(["start", "result"], self.execute(self.create(healthy.url)).kinds)


class LifetimeTests(unittest.TestCase):
    def start(self, **settings):
        server = Server(**settings)
        self.addCleanup(server.stop)
        client = server.client()
        self.addCleanup(client.close)
        return server, client

    def test_terminated_server_finishes_what_runs_and_refuses_what_is_new(self):
        server, client = self.start()
        refusals = []

        def answer(_):
            """While the API is being called: terminate the server, wait until it says so, then try a new call."""
            with grpc.insecure_channel(server.target) as channel:
                for status in channel.unary_stream("/grpc.health.v1.Health/Watch")(b"", timeout=PATIENCE):
                    if status != SERVING:
                        break
                    server.process.terminate()
            try:
                client.get(action.id)
            except ActionError as error:
                refusals.append((error.code, error.reason))
            return response({})

        with Upstream(answer) as upstream:
            action = client.create(draft(upstream.url))
            with client.execute(id=action.id) as execution:
                record = StreamRecord().read(execution)
        self.assertEqual(["start", "result"], record.kinds)
        self.assertEqual([(StatusCode.UNAVAILABLE, "ERROR_REASON_DRAINING")], refusals)
        self.assertEqual(0, server.process.wait(PATIENCE))

    def test_killed_server_has_kept_every_acknowledged_write(self):
        with tempfile.TemporaryDirectory() as folder:
            database = str(Path(folder) / "actions.db")
            server, client = self.start(database=database)
            created = [client.create(draft("http://127.0.0.1:9009/")) for _ in range(20)]
            server.process.kill()
            server.process.wait(PATIENCE)

            _, client = self.start(database=database)
            self.assertEqual(created, [client.get(action.id) for action in created])
