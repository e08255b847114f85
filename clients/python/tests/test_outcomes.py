from actions.v1.action_service_pb2 import BODY_VIEW_FULL, BODY_VIEW_NONE
from actions.v1.execution_pb2 import FailureReason
from actions_client import from_values
from .case import Case
from .upstream import Upstream, response, unused_port

ORDER = {"order": {"status": "shipped", "lines": [{"sku": "A-1", "price": 12.5}, {"sku": "B-2"}], "paid": True,
                   "note": None, "number": 9007199254740993}}


class ResultTests(Case):
    def test_selected_fields_become_variables(self):
        results = [{"variable": name, "json_path": path} for name, path in {
            "status": "$.order.status", "price": "$.order.lines[0].price", "line": "$['order']['lines'][1]",
            "paid": "$.order.paid", "nothing": "$.order.note", "number": "$.order.number", "absent": "$.order.nothing",
        }.items()]
        results.append({"variable": "note", "json_path": "$.order.note", "keep_null": True})
        results.append({"variable": "carrier", "json_path": "$.order.carrier",
                        "default_value": {"string_value": "unknown"}})
        with Upstream(response(ORDER)) as upstream:
            record = self.execute(self.create(upstream.url, results=results))

        self.assertEqual(["start", "result"], record.kinds)
        # `absent` is optional and left out, and so is `nothing`, which is null; 2^53 + 1 would lose its last digit as a double.
        self.assertEqual({"status": "shipped", "price": 12.5, "line": {"sku": "B-2"}, "paid": True, "note": None,
                          "number": "9007199254740993", "carrier": "unknown"}, from_values(record.last.variables))
        self.assertEqual((200, 1, b""), (record.last.status_code, record.last.attempts, record.last.body))

    def test_body_comes_as_it_is_when_it_is_asked_for_or_nothing_is_selected(self):
        body = b'{ "a" : 1 }'
        selecting = [{"variable": "a", "json_path": "$.a"}]
        with Upstream(response(body, content_type="application/json; charset=utf-8")) as upstream:
            for results, view, expected in (([], 0, body), ([], BODY_VIEW_NONE, b""), (selecting, 0, b""),
                                            (selecting, BODY_VIEW_FULL, body)):
                record = self.execute(self.create(upstream.url, results=results), body_view=view)
                self.assertEqual(expected, record.last.body)
                self.assertTrue(record.last.content_type.startswith("application/json"))

    def test_success_statuses_decide_what_counts(self):
        with Upstream(response({"known": False}, status="404 Not Found")) as upstream:
            record = self.execute(self.create(upstream.url, response_policy={"success_statuses": ["2xx", "404"]}))
        self.assertEqual(("result", 404), (record.kinds[-1], record.last.status_code))

    def test_execute_by_name_regardless_of_case(self):
        with Upstream() as upstream:
            action = self.create(upstream.url)
            with self.client.execute(name=action.name.upper()) as execution:
                self.assertEqual(200, execution.run().status_code)

    def test_messages_are_filled_in_and_handed_to_the_callbacks(self):
        said = []
        with Upstream(lambda request: response({}, "200 OK" if request.path == "/good" else "503 Busy")) as upstream:
            for path in ("good", "bad"):
                action = self.create(f"{upstream.url}/{path}", messages={
                    "start_message": "Looking for {{who}}.", "failure_message": "No answer for <who>."})
                with self.client.execute({"who": "Zoë & \"Co\""}, id=action.id) as execution:
                    execution.run(on_start=lambda start: said.append(start.message),
                                  on_delay=lambda delay: said.append(delay.message),
                                  on_result=lambda result: said.append(result.status_code),
                                  on_failure=lambda failure: said.append(failure.message))
        start = 'Looking for Zoë & "Co".'
        self.assertEqual([start, 200, start, 'No answer for Zoë & "Co".'], said)

    def test_speak_naturally_leaves_the_wording_open(self):
        with Upstream() as upstream:
            record = self.execute(self.create(upstream.url, messages={"speak_naturally": True}))
        self.assertEqual(("", True), (record.events[0].start.message, record.events[0].start.speak_naturally))


class FailureTests(Case):
    def assert_fails(self, reason, url, status_code=0, **fields):
        fields.setdefault("timeout", 5)
        record = self.execute(self.create(url, messages={"failure_message": "Sorry."}, **fields))
        self.assertEqual(["start", "failure"], record.kinds)
        failure = record.last
        self.assertEqual((f"FAILURE_REASON_{reason}", status_code, "Sorry.", 1),
                         (FailureReason.Name(failure.reason), failure.status_code, failure.message, failure.attempts),
                         failure.detail)
        self.assertNotEqual("", failure.detail)
        return record

    def test_status_outside_of_success(self):
        for status, retryable in ((400, False), (404, False), (302, False), (500, None), (503, True)):
            with self.subTest(status), Upstream(response({}, status=f"{status} Some Reason")) as upstream:
                failure = self.assert_fails("HTTP_STATUS", upstream.url, status_code=status).last
                if retryable is not None:
                    self.assertEqual(retryable, failure.retryable)

    def test_timeout_before_the_answer_closes_the_connection(self):
        with Upstream(Upstream.HANG) as upstream:
            record = self.assert_fails("TIMEOUT", upstream.url, timeout=0.5)
            self.assertTrue(upstream.next_request().closed.wait(1), "The connection stayed open.")
        self.assertGreaterEqual(record.events[-1].elapsed.ToMilliseconds(), 500)
        self.assertLess(record.seen[-1], 1.5)
        self.assertTrue(record.last.retryable)

    def test_connection_refused(self):
        self.assert_fails("CONNECTION", f"http://127.0.0.1:{unused_port()}/")

    def test_connection_closed_in_the_middle_of_an_answer(self):
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
        for answer in (b"", head, head + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{\"a\":"):
            with self.subTest(answer=answer), Upstream(answer) as upstream:
                # Once the status line is there, either is right for the status code.
                record = self.execute(self.create(upstream.url, results=[{"variable": "a", "json_path": "$.a"}]))
                self.assertEqual("FAILURE_REASON_CONNECTION", FailureReason.Name(record.last.reason), record.last.detail)

    def test_name_that_does_not_exist(self):
        # RFC 6761 reserves .invalid: no resolver may ever find it. Some take their time to say so.
        self.assert_fails("NAME_RESOLUTION", "https://nothere.invalid/", timeout=60)

    def test_tls_spoken_to_a_server_that_speaks_none(self):
        with Upstream(greeting=b"HTTP/1.1 400 Bad Request\r\n\r\n") as upstream:
            self.assert_fails("TLS", upstream.url.replace("http:", "https:"))

    def test_answer_longer_than_the_limit(self):
        limit = {"response_policy": {"max_body_bytes": 1000}}
        with Upstream(response(b"x" * 1000, content_type="text/plain")) as upstream:
            self.assertEqual(1000, len(self.execute(self.create(upstream.url, **limit)).last.body))
        chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"200\r\n" + b"x" * 0x200 + b"\r\n"
        for answer in (response(b"x" * 1001, content_type="text/plain"),
                       chunked + b"200\r\n" + b"x" * 0x200 + b"\r\n0\r\n\r\n"):
            with Upstream(answer) as upstream:
                self.assert_fails("RESPONSE_TOO_LARGE", upstream.url, status_code=200, **limit)

    def test_answer_that_is_not_http(self):
        with Upstream(greeting=b"SSH-2.0-OpenSSH_9.2\r\n") as upstream:
            self.assert_fails("INVALID_RESPONSE", upstream.url)

    def test_answer_that_is_not_the_json_it_claims_to_be(self):
        with Upstream(response(b"<html>Oops</html>")) as upstream:
            self.assert_fails("INVALID_RESPONSE", upstream.url, status_code=200,
                      results=[{"variable": "a", "json_path": "$.a", "required": True}])

    def test_required_result_that_is_missing(self):
        with Upstream(response({"b": 1})) as upstream:
            self.assert_fails("MISSING_RESULT", upstream.url, status_code=200,
                      results=[{"variable": "a", "json_path": "$.a", "required": True}])


class InitializeTests(Case):
    def test_sample_of_a_stored_action_is_kept_with_it(self):
        with Upstream(response(ORDER)) as upstream:
            action = self.create(upstream.url + "/{order_id}", request={
                "headers": [{"name": "X-Order", "value": "{order_id}"}]}, response_policy={"keep_bodies": True})
            answer = self.client.initialize({"order_id": "A-17"}, id=action.id)
            request = upstream.next_request()
        self.assertEqual("/A-17", request.path)
        self.assertEqual(upstream.url + "/A-17", answer.request.url)
        self.assertEqual(200, answer.sample.status_code)
        self.assertEqual(response(ORDER).partition(b"\r\n\r\n")[2], answer.sample.body)
        self.assertEqual(answer.sample.body, self.client.get(action.id).sample.body)
