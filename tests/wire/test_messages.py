"""gRPC over HTTP/2 (PROTOCOL-HTTP2.md): each misuse has its status, with the server's own details."""
import gzip
import struct

from actions.v1.action_config_pb2 import ActionConfig
from .case import Case
from .connection import (
    CANCEL, DATA, END_HEADERS, HEADERS, INITIAL_WINDOW_SIZE, RST_STREAM, SETTINGS, frame, head, in_frames, message,
)

PROTOCOL = "INTERNAL ERROR_REASON_PROTOCOL"
CREATE = "/actions.v1.ActionConfigService/CreateActionConfig"
MIB = 1 << 20


class MessageTests(Case):
    def ask(self, body, **request):
        return self.connect().ask(body, **request)

    def test_compressed_flag_without_an_encoding(self):
        self.assert_answer(PROTOCOL, self.ask(message(self.request, compressed=True)))

    def test_compressed_flag_with_identity(self):
        self.assert_answer(PROTOCOL, self.ask(message(self.request, True), more=[("grpc-encoding", "identity")]))

    def test_unknown_encoding(self):
        answer = self.ask(message(self.request, True), more=[("grpc-encoding", "zip")])
        self.assert_answer("UNIMPLEMENTED ERROR_REASON_PROTOCOL", answer)
        self.assertEqual("identity,gzip,deflate", answer.headers["grpc-accept-encoding"])

    def test_gzip_that_is_none(self):
        self.assert_answer(PROTOCOL, self.ask(message(b"abc", True), more=[("grpc-encoding", "gzip")]))

    def test_answer_in_gzip_to_who_asks_in_gzip(self):
        for accepted, encoding in (("identity,gzip", "gzip"), ("identity", None)):
            with self.subTest(accepted):
                answer = self.ask(message(gzip.compress(self.request), True), more=[
                    ("grpc-encoding", "gzip"), ("grpc-accept-encoding", accepted)])
                self.assert_answer("OK", answer, f"gzip, of who accepts {accepted}")
                self.assertEqual(encoding, answer.headers.get("grpc-encoding"))
                compressed, length = struct.unpack(">?I", answer.data[:5])
                self.assertEqual(encoding is not None, compressed)
                start = answer.data[5:5 + length]
                self.assertIn(b"\x0a\x20", gzip.decompress(start) if compressed else start)  # execution_id, 32 characters.

    def test_error_to_who_asks_in_gzip(self):
        answer = self.ask(message(gzip.compress(b""), True), more=[("grpc-encoding", "gzip"), ("grpc-accept-encoding", "gzip")])
        self.assert_answer("INVALID_ARGUMENT ERROR_REASON_INVALID_FIELD", answer)

    def test_answer_without_gzip_to_who_does_not_ask_in_it(self):
        answer = self.ask(message(self.request), more=[("grpc-accept-encoding", "identity,gzip")])
        self.assert_answer("OK", answer)
        self.assertNotIn("grpc-encoding", answer.headers)

    def test_flag_that_is_neither_0_nor_1(self):
        self.assert_answer(PROTOCOL, self.ask(b"\x02" + message(self.request)[1:]))

    def test_wrong_content_type(self):
        for kind in ("text/plain", "application/json", "application/grpc-web", ""):
            with self.subTest(kind):
                self.assert_answer("HTTP 415", self.ask(message(self.request), content_type=kind), f"content-type '{kind}'")

    def test_content_type_with_the_codec(self):
        self.assert_answer("OK", self.ask(message(self.request), content_type="application/grpc+proto"))

    def test_GET(self):
        self.assert_answer("HTTP 404", self.ask(message(self.request), method="GET"))

    def test_message_cut_off(self):
        self.assert_answer(PROTOCOL, self.ask(message(self.request)[:-1]))

    def test_no_message(self):
        self.assert_answer(PROTOCOL, self.ask(b""))

    def test_message_that_is_no_proto(self):
        self.assert_answer(PROTOCOL, self.ask(message(b"\x0a\x7f\x01")))

    def test_two_messages_where_one_belongs(self):
        self.assert_answer(PROTOCOL, self.ask(message(self.request) * 2))

    def test_unknown_proto_field_is_ignored(self):
        self.assert_answer("OK", self.ask(message(self.request + b"\xfa\x3f\x03abc")))

    def test_string_not_UTF8(self):
        # Google.Protobuf refuses it, as the proto3 specification says; 3.25 read U+FFFD for each byte that is wrong: an id that
        # nothing has.
        self.assert_answer((PROTOCOL, "NOT_FOUND ERROR_REASON_ACTION_NOT_FOUND"), self.ask(message(b"\x0a\x02\xff\xfe")))

    def test_stored_string_not_UTF8(self):
        # What can't be read is never stored, so that every client can read what is.
        name = ActionConfig(name="x")
        body = name.SerializeToString().replace(b"x", b"\xff")
        answer = self.ask(message(b"\x0a" + bytes([len(body)]) + body), path=CREATE)
        self.assert_answer((PROTOCOL, "INVALID_ARGUMENT ERROR_REASON_INVALID_FIELD"), answer)

    def test_64_MiB_declared(self):
        self.assert_answer("RESOURCE_EXHAUSTED ERROR_REASON_LIMIT_REACHED", self.ask(message(self.request, length=64 * MIB)))

    def test_4_GiB_declared(self):
        # Beyond what the framework can count: it calls that unreadable.
        self.assert_answer(PROTOCOL, self.ask(message(self.request, length=(1 << 32) - 1)))

    def test_64_MiB_sent(self):
        connection = self.connect()
        connection.send(frame(HEADERS, END_HEADERS, 1, head()))
        sent = connection.send_body(1, message(b"x" * 64 * MIB))
        self.assert_answer("RESOURCE_EXHAUSTED ERROR_REASON_LIMIT_REACHED", connection.answer())
        # The rest was never asked for: the connection's window is all that comes.
        self.assertLess(sent, 2 * MIB)

    def test_64_MiB_packed_into_64_KiB(self):
        answer = self.ask(message(gzip.compress(b"\0" * 64 * MIB, 9)[:16_000], True), more=[("grpc-encoding", "gzip")])
        self.assert_answer("RESOURCE_EXHAUSTED ERROR_REASON_LIMIT_REACHED", answer)

    def test_headers_of_25_KiB(self):
        self.assert_answer("OK", self.ask(message(self.request), more=[("x-" + "a" * 20, "a" * 1_000)] * 24))

    def test_headers_of_35_KiB(self):
        self.assert_answer("HTTP 431", self.ask(message(self.request), more=[("x-" + "a" * 20, "a" * 1_000)] * 34))

    def test_headers_of_200_KiB(self):
        self.assert_answer("GOAWAY PROTOCOL_ERROR", self.ask(message(self.request), more=[("x-a", "a" * 1_000)] * 200))

    def test_101_headers(self):
        self.assert_answer("HTTP 431", self.ask(message(self.request), more=[(f"x-{n}", "a") for n in range(101)]))

    def test_streams_beyond_the_advertised_limit(self):
        connection = self.connect()
        limit = connection.settings[3]
        self.assertEqual(1_000, limit)
        streams = range(1, 2 * (limit + 10), 2)
        connection.send(*(frame(HEADERS, END_HEADERS, stream, head()) for stream in streams))
        for stream in streams[limit:]:
            answer = connection.answer(stream)
            self.assertEqual("RST_STREAM REFUSED_STREAM", str(answer))
        self.assert_answer("RST_STREAM REFUSED_STREAM", answer, "10 streams beyond the limit of 1,000")
        connection.send(*(frame(RST_STREAM, 0, stream, CANCEL) for stream in streams[:100]))
        connection.ping()
        last = streams[-1] + 2
        self.assert_answer("OK", connection.ask(message(self.request), stream=last), "one more after 100 have ended")

    def test_more_than_the_window_allows(self):
        # An answer that may not be written keeps the server from reading on: then the window is used up.
        connection = self.connect()
        connection.send(frame(SETTINGS, 0, 0, struct.pack(">HI", INITIAL_WINDOW_SIZE, 0)))
        list_services = message(b"\x3a\0")
        connection.send(*in_frames(1, head("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo")),
                        frame(DATA, 0, 1, list_services))
        connection.ping()
        connection.send(*(frame(DATA, 0, 1, b"\0" * 16_384) for _ in range(64)))
        self.assert_answer("GOAWAY FLOW_CONTROL_ERROR", connection.answer())
