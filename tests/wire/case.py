"""What the tests share: one server, one action, connections to abuse, and the tables of what came back."""
import atexit
import functools
import unittest

from actions_client import executions
from tests.case import draft
from tests.server import Server
from tests.upstream import Upstream
from .caller import Caller
from .connection import Connection

ANSWERS, FLOODS = [], []


@functools.lru_cache(maxsize=None)
def shared():
    """The server, a request that executes an action, and a caller who executes one of his own."""
    server, upstream = start(), Upstream()
    atexit.register(upstream.__exit__)
    with server.client() as client:
        caller = Caller(server.target)
        atexit.register(caller.close)
        caller.request = execution_of(client.create(draft(caller.url)))
        return server, execution_of(client.create(draft(upstream.url))), caller


def start(**settings):
    # The API is on loopback, as is everything here.
    # What is tried here is the server's own limits, not a workspace's.
    server = Server(Outbound__AllowedNetworks="loopback", Limits__CallsPerSecond="1000000", Limits__Burst="1000000",
                    Limits__ConcurrentCalls="1000000", **settings)
    atexit.register(server.stop)
    return server


def execution_of(action):
    return executions.ExecuteRequest(id=action.id).SerializeToString()


class Case(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.server, self.request, self.caller = shared()

    def connect(self, hello=True, server=None):
        connection = Connection((server or self.server).target, hello)
        self.addCleanup(connection.socket.close)
        return connection

    def assert_answer(self, expected, answer, abuse=None):
        """Exactly this (or one of these) came back, and the server still serves somebody else."""
        ANSWERS.append((abuse or self.abuse, str(answer)))
        self.assertIn(str(answer), (expected,) if isinstance(expected, str) else expected, answer)
        self.assertIsNone(self.server.process.poll(), "The server is gone.")
        self.caller.call()

    @property
    def abuse(self):
        return self.id().rpartition(".")[2][len("test_"):].replace("_", " ")


def print_tables():
    print_table(("abuse", "answer"), ANSWERS)
    print_table(("flood", "sent", "per second", "answers", "p99 quiet", "p99 loud", "ratio", "memory before", "after"), FLOODS)


def print_table(head, rows):
    rows = [[str(cell) for cell in row] for row in (head, *rows)]
    widths = [max(map(len, column)) for column in zip(*rows)]
    print()
    for number, row in enumerate(rows):
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())
        if not number:
            print("  ".join("-" * width for width in widths))
    print()
