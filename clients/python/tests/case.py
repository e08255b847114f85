"""Shared by all tests: one server, and functions that create an action and record the events of an execution."""
import atexit
import functools
import time
import unittest
import uuid

from google.protobuf.duration_pb2 import Duration

from actions.v1.action_config_pb2 import HTTP_METHOD_GET, ActionConfig
from actions_client import ActionError
from .server import Server


@functools.lru_cache(maxsize=None)
def start_once():
    try:
        server = Server()
    except RuntimeError as error:
        return None, error
    atexit.register(server.stop)
    return server, None


def shared_server():
    """Started by the first test that needs it. If the server doesn't start, all tests fail at once, not one by one."""
    server, error = start_once()
    if error:
        raise error
    return server


def seconds(value):
    duration = Duration()
    duration.FromMilliseconds(round(value * 1000))
    return duration


def unique_name(text="Action"):
    return f"{text} {uuid.uuid4().hex[:12]}"


def draft(url, method=HTTP_METHOD_GET, timeout=None, request=None, **fields):
    """Returns a configuration that GETs `url`, unless `fields` override that."""
    request = {"method": method, "url": url, **(request or {})}
    if timeout is not None:
        request["timeout"] = seconds(timeout)
    return ActionConfig(**{"name": unique_name(), "request": request, **fields})


class StreamRecord:
    """The events of one execution, with the times at which this client received them, in seconds since the call."""

    def __init__(self):
        self.began = time.monotonic()
        self.events, self.seen, self.ids = [], [], set()

    def read(self, execution, on_event=None):
        for event in execution:
            self.events.append(event)
            self.seen.append(time.monotonic() - self.began)
            self.ids.add(execution.id)
            if on_event:
                on_event(event)
        return self

    @property
    def kinds(self):
        return [event.WhichOneof("event") for event in self.events]

    @property
    def last(self):
        return getattr(self.events[-1], self.kinds[-1])

    def of(self, kind):
        """Returns each event of this kind with the time at which it was received."""
        return [(event, seen) for event, seen in zip(self.events, self.seen) if event.WhichOneof("event") == kind]


class Case(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.server = shared_server()
        self.client = self.server.client()
        self.addCleanup(self.client.close)

    def create(self, *arguments, **fields):
        return self.client.create(draft(*arguments, **fields))

    def execute(self, action, variables=None, on_event=None, **request):
        """Executes to the end and checks that the stream is well-formed, whatever its outcome."""
        record = StreamRecord()
        with self.client.execute(variables, id=action.id, **request) as execution:
            record.read(execution, on_event)
        self.assert_well_formed(record)
        return record

    def assert_well_formed(self, record):
        kinds, elapsed = record.kinds, [event.elapsed.ToNanoseconds() for event in record.events]
        self.assertEqual("start", kinds[0])
        self.assertEqual(["delay"] * (len(kinds) - 2), kinds[1:-1])
        self.assertIn(kinds[-1], ("result", "failure"))
        self.assertEqual(list(range(1, len(kinds) + 1)), [event.sequence for event in record.events])
        self.assertEqual(sorted(elapsed), elapsed)
        self.assertEqual(1, len(record.ids))
        self.assertNotEqual("", record.ids.pop())

    def assert_refused(self, code, reason, call, violations=None, **metadata):
        """Returns the error, after checking that it has the details of the contract."""
        with self.assertRaises(ActionError) as caught:
            call()
        error = caught.exception
        self.assertEqual((code, reason), (error.code, error.reason), error)
        self.assertEqual("actions.v1", error.domain)
        self.assertEqual(metadata, {key: error.metadata.get(key) for key in metadata})
        if violations is not None:
            self.assertEqual(sorted(violations), sorted(error.violations), error.violations)
            self.assertTrue(all(error.violations.values()), error.violations)
        return error
