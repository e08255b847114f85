"""The cases of grpc/grpc's doc/interop-test-descriptions.md, named as there, with this server's methods."""
import atexit
import functools
import threading
import unittest

import grpc
from grpc import StatusCode

from actions.v1 import action_config_service_pb2 as configs
from actions.v1 import action_service_pb2 as executions
from actions.v1.action_config_service_pb2_grpc import ActionConfigServiceStub
from actions.v1.action_service_pb2_grpc import ActionServiceStub
from actions_client import ActionError
from tests.case import draft
from tests.server import Server
from tests.upstream import PATIENCE, Upstream, response

# Tab, line breaks, two bytes, three and four: all that grpc-message has to encode, and the sign it does so with.
SPECIAL = "\t\n100 % ä ☺ 😈 end"
# Control characters are escaped, so that a text can't drive the terminal that shows it. All else comes as it is.
SHOWN = "\\t\\n100 % ä ☺ 😈 end"
LARGE = 3_000_000


@functools.lru_cache(maxsize=None)
def shared_server():
    server = Server(Outbound__AllowedNetworks="loopback")  # The API is on loopback.
    atexit.register(server.stop)
    return server


class InteropTests(unittest.TestCase):
    def setUp(self):
        # A pool of its own: each test has a connection of its own.
        self.channel = grpc.insecure_channel(shared_server().target, [
            ("grpc.use_local_subchannel_pool", 1), ("grpc.max_receive_message_length", -1)])
        self.addCleanup(self.channel.close)
        self.configs, self.actions = ActionConfigServiceStub(self.channel), ActionServiceStub(self.channel)

    def action(self, answer=None, **fields):
        upstream = Upstream(answer)
        self.addCleanup(upstream.__exit__)
        created = self.configs.CreateActionConfig(configs.CreateActionConfigRequest(
            action_config=draft(upstream.url, **fields)), timeout=PATIENCE)
        return created.action_config, upstream

    def execute(self, action, timeout=PATIENCE, **call):
        return self.actions.Execute(executions.ExecuteRequest(id=action.id, **call.pop("request", {})), timeout=timeout, **call)

    def assert_refused(self, code, reason, call):
        with self.assertRaises(grpc.RpcError) as caught:
            call()
        error = ActionError(caught.exception)
        self.assertEqual((code, reason), (error.code, error.reason), error)
        return error

    def assert_cancelled(self, code, call):
        with self.assertRaises(grpc.RpcError) as caught:
            call()
        self.assertEqual(code, caught.exception.code())

    def kinds(self, execution):
        return [said.event.WhichOneof("event") for said in execution]

    def test_empty_unary(self):
        # An empty message is a message; what it lacks is the method's business.
        page = self.configs.ListActionConfigs(configs.ListActionConfigsRequest(), timeout=PATIENCE)
        self.assertIsInstance(page, configs.ListActionConfigsResponse)
        error = self.assert_refused(StatusCode.INVALID_ARGUMENT, "ERROR_REASON_INVALID_FIELD", lambda: list(
            self.actions.Execute(executions.ExecuteRequest(), timeout=PATIENCE)))
        self.assertEqual({"id"}, set(error.violations))

    def test_large_unary(self):
        text = "x" * LARGE
        action, upstream = self.action(response({"text": text}), method=2, request={"text_body": {
            "text": "{text}", "content_type": "text/plain"}}, response_policy={"max_body_bytes": 3 << 20})
        request = executions.ExecuteRequest(id=action.id)
        request.variables["text"].string_value = "y" * 200_000
        events = list(self.actions.Execute(request, timeout=PATIENCE))
        self.assertEqual("result", events[-1].event.WhichOneof("event"), events[-1])
        self.assertGreater(events[-1].ByteSize(), LARGE)
        self.assertEqual(b"y" * 200_000, upstream.next_request().body)

    def test_client_compressed_unary(self):
        name = "gzip " + "z" * 40
        action = draft("https://shop.example", description="d" * 1_000)
        action.name = name
        created = self.configs.CreateActionConfig(configs.CreateActionConfigRequest(
            action_config=action, validate_only=True), timeout=PATIENCE, compression=grpc.Compression.Gzip)
        self.assertEqual(name, created.action_config.name)

    def test_server_compressed_unary(self):
        # Who asks in gzip is answered in gzip.
        action, _ = self.action(description="d" * 1_000)
        answer = self.configs.GetActionConfig(configs.GetActionConfigRequest(id=action.id), timeout=PATIENCE,
                                              compression=grpc.Compression.Gzip)
        self.assertEqual("d" * 1_000, answer.action_config.description)

    def test_server_compressed_streaming(self):
        action, _ = self.action(messages={"start_message": "Looking."})
        self.assertEqual(["start", "result"], self.kinds(self.execute(action, compression=grpc.Compression.Gzip)))

    def test_server_streaming(self):
        action, _ = self.action(messages={"start_message": "Looking."})
        self.assertEqual(["start", "result"], self.kinds(self.execute(action)))

    def test_custom_metadata(self):
        # The server specifies none: it is taken, and nothing of it comes back.
        action, _ = self.action()
        sent = [("x-grpc-test-echo-initial", "test_initial_metadata_value"),
                ("x-grpc-test-echo-trailing-bin", b"\xab\xab\xab\0\xff"), ("x-list", "a"), ("x-list", "b")]
        execution = self.execute(action, metadata=sent)
        self.assertEqual(["start", "result"], self.kinds(execution))
        self.assertEqual(StatusCode.OK, execution.code())
        returned = {key for key, _ in (*execution.initial_metadata(), *execution.trailing_metadata())}
        self.assertEqual(set(), returned & {key for key, _ in sent})

    def test_special_status_message(self):
        # The name that isn't found stands in the status's text, and in its details.
        with self.assertRaises(grpc.RpcError) as caught:
            list(self.actions.Execute(executions.ExecuteRequest(name=SPECIAL), timeout=PATIENCE))
        error = ActionError(caught.exception)
        self.assertEqual((StatusCode.NOT_FOUND, SHOWN), (error.code, error.metadata["name"]))
        self.assertIn(SHOWN, error.message)

    def test_unimplemented_method(self):
        call = self.channel.unary_unary("/actions.v1.ActionService/UnimplementedCall")
        self.assert_refused(StatusCode.UNIMPLEMENTED, "ERROR_REASON_UNIMPLEMENTED", lambda: call(b"", timeout=PATIENCE))

    def test_unimplemented_service(self):
        call = self.channel.unary_unary("/actions.v1.UnimplementedService/UnimplementedCall")
        self.assert_refused(StatusCode.UNIMPLEMENTED, "ERROR_REASON_UNIMPLEMENTED", lambda: call(b"", timeout=PATIENCE))

    def test_cancel_after_begin(self):
        action, _ = self.action(Upstream.HANG)
        execution = self.execute(action)
        execution.cancel()
        self.assert_cancelled(StatusCode.CANCELLED, lambda: list(execution))

    def test_cancel_after_first_response(self):
        action, upstream = self.action(Upstream.HANG)
        execution = self.execute(action)
        self.assertTrue(next(execution).event.HasField("start"))
        request = upstream.next_request()
        execution.cancel()
        self.assert_cancelled(StatusCode.CANCELLED, lambda: next(execution))
        self.assertTrue(request.closed.wait(PATIENCE), "The API's call goes on.")

    def test_timeout_on_sleeping_server(self):
        action, upstream = self.action(Upstream.HANG)
        execution = self.execute(action, timeout=1)
        self.assertTrue(next(execution).event.HasField("start"))
        self.assert_cancelled(StatusCode.DEADLINE_EXCEEDED, lambda: next(execution))
        self.assertTrue(upstream.next_request().closed.wait(PATIENCE), "The API's call goes on.")

    def test_deadline_that_passes_before_the_first_message(self):
        # It has passed already: one that passes on the way is a race.
        action, upstream = self.action()
        self.assert_cancelled(StatusCode.DEADLINE_EXCEEDED, lambda: list(self.execute(action, timeout=-1)))
        self.assertTrue(upstream.requests.empty(), "The API was called.")

    def test_concurrent_streams(self):
        # All of them on one connection, all begun before the first one ends.
        together, number = threading.Barrier(100), 100

        def answer(_):
            together.wait(PATIENCE)
            return response({})

        action, _ = self.action(answer)
        begun = [self.execute(action) for _ in range(number)]
        self.assertEqual([["start", "result"]] * number, [self.kinds(execution) for execution in begun])

    def test_status_code_and_message_of_a_stream(self):
        action, _ = self.action()
        self.configs.DeleteActionConfig(configs.DeleteActionConfigRequest(id=action.id), timeout=PATIENCE)
        error = self.assert_refused(StatusCode.NOT_FOUND, "ERROR_REASON_ACTION_NOT_FOUND", lambda: list(self.execute(action)))
        self.assertIn(action.id, error.message)
