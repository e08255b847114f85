import secrets

from grpc import StatusCode

from actions.v1.action_config_pb2 import VARIABLE_TYPE_INTEGER, ActionConfig
from .case import Case, draft
from .server import Server
from .upstream import Upstream


class RefusalTests(Case):
    """Calls that end with an error status: the API was not called."""

    def setUp(self):
        super().setUp()
        self.upstream = Upstream()
        self.addCleanup(self.upstream.__exit__)

    def assert_execute_refused(self, code, reason, variables=None, violations=None, target=None, **metadata):
        def call():
            with self.client.execute(variables, **target) as execution:
                execution.run()

        error = self.assert_refused(code, reason, call, violations, **metadata)
        self.assertTrue(self.upstream.requests.empty(), "The API was called.")
        return error

    def test_missing_variables_are_all_named(self):
        action = self.create(self.upstream.url + "/{order_id}/<line>", messages={"start_message": "For {{who}}."})
        self.assert_execute_refused(
            StatusCode.INVALID_ARGUMENT, "ERROR_REASON_MISSING_VARIABLE", {"line": "1"},
            ["variables.order_id", "variables.who"], {"id": action.id})

    def test_variable_of_the_wrong_type(self):
        action = self.client.create(draft(self.upstream.url + "/{n}", variables=[
            {"name": "n", "type": VARIABLE_TYPE_INTEGER}]))
        self.assert_execute_refused(StatusCode.INVALID_ARGUMENT, "ERROR_REASON_INVALID_FIELD", {"n": "seven"},
                                    ["variables.n"], {"id": action.id})

    def test_value_that_is_not_allowed(self):
        action = self.client.create(draft(self.upstream.url + "/{size}", variables=[
            {"name": "size", "allowed_values": ["small", "large"]}]))
        self.assert_execute_refused(StatusCode.INVALID_ARGUMENT, "ERROR_REASON_INVALID_FIELD", {"size": "huge"},
                                    ["variables.size"], {"id": action.id})

    def test_line_break_in_a_header(self):
        action = self.create(self.upstream.url, request={"headers": [{"name": "X-A", "value": "{a}"}]})
        for value in ("a\r\nX-Evil: 1", "a\nb", "a\0b"):
            error = self.assert_execute_refused(StatusCode.INVALID_ARGUMENT, "ERROR_REASON_INVALID_FIELD",
                                                {"a": value}, target={"id": action.id})
            self.assertTrue(error.violations)

    def test_unknown_action(self):
        for target in ({"id": "nosuchaction"}, {"name": "No such action"}):
            self.assert_execute_refused(StatusCode.NOT_FOUND, "ERROR_REASON_ACTION_NOT_FOUND", target=target, **target)

    def test_no_target(self):
        self.assert_execute_refused(StatusCode.INVALID_ARGUMENT, "ERROR_REASON_INVALID_FIELD", target={})

    def test_request_that_is_too_large(self):
        action = self.create(self.upstream.url)
        error = self.assert_execute_refused(
            StatusCode.RESOURCE_EXHAUSTED, "ERROR_REASON_LIMIT_REACHED", {"text": "x" * 5_000_000},
            target={"id": action.id})
        self.assertIn("limit", error.metadata)
        self.assertGreater(error.retry_delay, 0)

    def test_disabled_action(self):
        action = self.create(self.upstream.url)
        self.client.update(ActionConfig(id=action.id, disabled=True), mask=["disabled"])
        self.assert_execute_refused(StatusCode.FAILED_PRECONDITION, "ERROR_REASON_ACTION_DISABLED",
                                    target={"id": action.id}, id=action.id)
        self.client.update(ActionConfig(id=action.id), mask=["disabled"])
        self.assertEqual("result", self.execute(action).kinds[-1])

    def test_change_is_in_force_at_once(self):
        action = self.create(self.upstream.url + "/before")
        self.execute(action)
        self.client.update(ActionConfig(id=action.id, request={"url": self.upstream.url + "/after"}),
                           mask=["request.url"])
        self.execute(action)
        self.assertEqual(["/before", "/after"], [self.upstream.next_request().path for _ in range(2)])
        self.client.delete(action.id)
        self.assert_execute_refused(StatusCode.NOT_FOUND, "ERROR_REASON_ACTION_NOT_FOUND", target={"id": action.id})


class CredentialTests(Case):
    """A server that has a key refuses calls without a key."""

    KEY = secrets.token_hex(32)

    @classmethod
    def setUpClass(cls):
        cls.keyed = Server(Access__AdminKey=cls.KEY)
        cls.addClassCleanup(cls.keyed.stop)

    def test_no_key(self):
        with self.keyed.client() as client:
            self.assert_refused(StatusCode.UNAUTHENTICATED, "ERROR_REASON_CREDENTIALS_MISSING", lambda: list(client.list()))

    def test_wrong_key(self):
        with self.keyed.client(api_key="ak_nobody") as client:
            self.assert_refused(StatusCode.UNAUTHENTICATED, "ERROR_REASON_CREDENTIALS_INVALID", lambda: list(client.list()))

    def test_right_key(self):
        with self.keyed.client(api_key=self.KEY) as client:
            self.assertEqual([], list(client.list()))
