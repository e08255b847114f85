import json
from urllib.parse import parse_qsl, unquote

from actions.v1 import action_config_pb2 as config
from .case import Case
from .upstream import Upstream

NASTY = "a/b c&d=e?f#g%h+ü\"\\\\'\r\n{x}"


class RequestTests(Case):
    """The request that the API receives, byte for byte."""

    def setUp(self):
        super().setUp()
        self.upstream = Upstream()
        self.addCleanup(self.upstream.__exit__)

    def arrived(self, path="/", variables=None, call=None, **fields):
        record = self.execute(self.create(self.upstream.url + path, **fields), variables, **(call or {}))
        self.assertEqual(["start", "result"], record.kinds, record.events[-1])
        return self.upstream.next_request()

    def test_all_methods(self):
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
            with self.subTest(method):
                request = self.arrived(f"/{method}", method=f"HTTP_METHOD_{method}")
                self.assertEqual((method, f"/{method}", b""), (request.method, request.path, request.body))
                self.assertEqual(f"127.0.0.1:{self.upstream.port}", request.headers["host"])

    def test_body_with_each_method_that_has_one(self):
        for method in ("POST", "PUT", "PATCH"):
            with self.subTest(method):
                request = self.arrived(method=f"HTTP_METHOD_{method}", request={"json_body": '{"a":"{a}"}'},
                                       variables={"a": method})
                self.assertEqual((method, {"a": method}), (request.method, json.loads(request.body)))

    def test_all_notations_in_all_places_keep_the_structure(self):
        request = self.arrived(
            "/orders/<id>/{id}/{{id}}?own=<id>", {"id": NASTY}, method=config.HTTP_METHOD_POST, request={
                "query_parameters": [{"name": "q", "value": "{{id}}"}, {"name": "q", "value": "twice"}],
                "json_body": '{"whole":"<id>","within":["is {id}","{{id}}!"]}'})
        segments = request.path.split("/")
        self.assertEqual(["", "orders"], segments[:2])
        self.assertEqual(3, len(segments[2:]))
        self.assertEqual({NASTY}, {unquote(segment) for segment in segments[2:]})
        self.assertEqual([("own", NASTY), ("q", NASTY), ("q", "twice")], request.query)
        self.assertEqual({"whole": NASTY, "within": [f"is {NASTY}", f"{NASTY}!"]}, json.loads(request.body))
        self.assertEqual("application/json", request.headers["content-type"].partition(";")[0])

    def test_headers(self):
        request = self.arrived(variables={"token": "T-1", "who": "x"}, request={"headers": [
            {"name": "X-Token", "value": "Token {token}"}, {"name": "Accept", "value": "application/json"},
            {"name": "User-Agent", "value": "voice/<who>"}]})
        self.assertEqual(("Token T-1", "application/json", "voice/x"),
                         tuple(request.headers[name] for name in ("x-token", "accept", "user-agent")))

    def test_escaped_placeholder_stays_literal(self):
        request = self.arrived(request={"headers": [{"name": "X-Literal", "value": r"\{not} {is}"}]},
                               variables={"is": "filled"})
        self.assertEqual("{not} filled", request.headers["x-literal"])

    def test_values_in_a_json_body_keep_their_type(self):
        values = {"text": "5", "number": 2.5, "integer": 7, "flag": False, "nothing": None,
                  "list": [1, "two", None], "map": {"a": {"b": []}}}
        body = json.dumps({name: f"{{{name}}}" for name in values})
        request = self.arrived(method=config.HTTP_METHOD_PUT, variables=values, request={"json_body": body})
        self.assertEqual(values, json.loads(request.body))

    def test_form_body(self):
        request = self.arrived(method=config.HTTP_METHOD_POST, variables={"v": NASTY}, request={"form_body": {
            "fields": [{"name": "a", "value": "{v}"}, {"name": "b", "value": "plain"}, {"name": "a", "value": ""}]}})
        self.assertEqual("application/x-www-form-urlencoded", request.headers["content-type"])
        self.assertEqual([("a", NASTY), ("b", "plain"), ("a", "")],
                         parse_qsl(request.body.decode("ascii"), keep_blank_values=True))

    def test_text_body(self):
        request = self.arrived(method=config.HTTP_METHOD_POST, variables={"id": "Zoë"}, request={"text_body": {
            "text": "<![CDATA[{id}]]>", "content_type": "application/xml"}})
        self.assertEqual("application/xml", request.headers["content-type"].partition(";")[0])
        self.assertEqual("<![CDATA[Zoë]]>".encode(), request.body)

    def test_idempotency_key(self):
        request = self.arrived(method=config.HTTP_METHOD_POST, call={"idempotency_key": "key-1", "call_id": "call-1"})
        self.assertEqual("key-1", request.headers["idempotency-key"])

    def test_call_values_win_over_defaults(self):
        declared = [{"name": "day", "default_value": {"string_value": "today"}}]
        action = self.create(self.upstream.url + "/{day}", variables=declared)
        for variables, path in (({}, "/today"), ({"day": "friday"}, "/friday")):
            self.execute(action, variables)
            request = self.upstream.next_request()
            self.assertEqual(path, request.path)
            self.assertNotIn("idempotency-key", request.headers)
