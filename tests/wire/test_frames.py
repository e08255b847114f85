"""Frames that RFC 9113 forbids: each has its answer, for the stream where that is enough, else for the connection."""
import struct

from .case import Case
from .connection import (
    ACK, CANCEL, CONTINUATION, DATA, END_HEADERS, END_STREAM, HEADERS, PADDED, PING, PREFACE, PRIORITY, PUSH_PROMISE, RST_STREAM,
    SETTINGS, WINDOW_UPDATE, fields, frame, head, message,
)

MAX_FRAME_SIZE = 5
OPEN = frame(HEADERS, END_HEADERS, 1, head())


class FrameTests(Case):
    def send(self, *frames):
        """How the connection ends."""
        connection = self.connect()
        connection.send(*frames)
        return connection.end()

    def test_frames_of_the_wrong_length(self):
        for abuse, frames in (
                ("DATA beyond SETTINGS_MAX_FRAME_SIZE", (OPEN, frame(DATA, 0, 1, b"a" * 16_385))),
                ("RST_STREAM of 3 bytes", (OPEN, frame(RST_STREAM, 0, 1, b"abc"))),
                ("PING of 7 bytes", (frame(PING, 0, 0, b"1234567"),)),
                ("SETTINGS of 5 bytes", (frame(SETTINGS, 0, 0, b"12345"),)),
                ("SETTINGS acknowledged with a payload", (frame(SETTINGS, ACK, 0, b"123456"),)),
                ("WINDOW_UPDATE of 3 bytes", (frame(WINDOW_UPDATE, 0, 0, b"123"),)),
                ("PRIORITY of 4 bytes", (frame(PRIORITY, 0, 1, b"1234"),))):
            with self.subTest(abuse):
                self.assert_answer("GOAWAY FRAME_SIZE_ERROR", self.send(*frames), abuse)

    def test_frames_on_the_wrong_stream(self):
        for abuse, frames in (
                ("DATA on stream 0", (frame(DATA, 0, 0, b"a"),)),
                ("HEADERS on stream 0", (frame(HEADERS, END_HEADERS, 0, head()),)),
                ("HEADERS on an even stream", (frame(HEADERS, END_HEADERS, 2, head()),)),
                ("PING on a stream", (frame(PING, 0, 1, b"12345678"),)),
                ("DATA on an idle stream", (frame(DATA, 0, 1, b"a"),)),
                ("RST_STREAM on an idle stream", (frame(RST_STREAM, 0, 1, CANCEL),)),
                ("WINDOW_UPDATE on an idle stream", (frame(WINDOW_UPDATE, 0, 1, b"\0\0\0\1"),)),
                ("PUSH_PROMISE by a client", (frame(PUSH_PROMISE, END_HEADERS, 1, b"\0\0\0\2" + head()),)),
                ("CONTINUATION of nothing", (frame(CONTINUATION, END_HEADERS, 1, head()),)),
                ("PING between HEADERS and CONTINUATION", (frame(HEADERS, 0, 1, head()), frame(PING, 0, 0, b"12345678")))):
            with self.subTest(abuse):
                self.assert_answer("GOAWAY PROTOCOL_ERROR", self.send(*frames), abuse)

    def test_streams_that_were_closed(self):
        for abuse, frames in (
                ("DATA after END_STREAM", (frame(HEADERS, END_HEADERS | END_STREAM, 1, head()), frame(DATA, 0, 1, b"a"))),
                ("HEADERS on a lower stream", (frame(HEADERS, END_HEADERS, 5, head()), frame(HEADERS, END_HEADERS, 3, head())))):
            with self.subTest(abuse):
                self.assert_answer("GOAWAY STREAM_CLOSED", self.send(*frames), abuse)

    def test_values_out_of_range(self):
        for abuse, frames, expected in (
                ("SETTINGS_INITIAL_WINDOW_SIZE 2^31", (frame(SETTINGS, 0, 0, struct.pack(">HI", 4, 1 << 31)),), "FLOW_CONTROL_ERROR"),
                ("SETTINGS_MAX_FRAME_SIZE 1", (frame(SETTINGS, 0, 0, struct.pack(">HI", MAX_FRAME_SIZE, 1)),), "PROTOCOL_ERROR"),
                ("WINDOW_UPDATE by 0", (frame(WINDOW_UPDATE, 0, 0, b"\0" * 4),), "PROTOCOL_ERROR"),
                ("connection's window over 2^31 - 1", (frame(WINDOW_UPDATE, 0, 0, b"\x7f\xff\xff\xff"),), "FLOW_CONTROL_ERROR"),
                ("padding longer than its frame", (OPEN, frame(DATA, PADDED, 1, b"\x09abc")), "PROTOCOL_ERROR")):
            with self.subTest(abuse):
                self.assert_answer(f"GOAWAY {expected}", self.send(*frames), abuse)

    def test_stream_window_over_its_maximum(self):
        connection = self.connect()
        connection.send(OPEN, frame(WINDOW_UPDATE, 0, 1, b"\x7f\xff\xff\xff"))
        self.assert_answer("RST_STREAM FLOW_CONTROL_ERROR", connection.answer(), "stream's window over 2^31 - 1")

    def test_header_blocks_that_cannot_be_decoded(self):
        for abuse, block, expected in (
                ("header with an empty name", head("/a/b", ("", "a")), "COMPRESSION_ERROR"),
                ("HPACK table larger than allowed", b"\x3f\xff\xff\xff\x7f", "COMPRESSION_ERROR"),
                # RFC 7541 has COMPRESSION_ERROR for it; Kestrel doesn't.
                ("HPACK index 0", b"\x80", "INTERNAL_ERROR")):
            with self.subTest(abuse):
                self.assert_answer(f"GOAWAY {expected}", self.send(frame(HEADERS, END_HEADERS, 1, block)), abuse)

    def test_headers_that_are_malformed(self):
        for abuse, *headers in (
                ("header's value not UTF-8", (":path", "/a"), ("x-a", b"\xff\xfe")),
                ("header's name not UTF-8", (":path", "/a"), (b"x-\xff", "a")),
                ("header's name in upper case", (":path", "/a"), ("X-A", "a")),
                ("line break in a header", (":path", "/a"), ("x-a", "a\r\nb: c")),
                ("NUL in a header", (":path", "/a"), ("x-a", "a\0b")),
                ("connection-specific header", (":path", "/a"), ("connection", "close")),
                ("path twice", (":path", "/a"), (":path", "/b")),
                ("path not UTF-8", (":path", b"/\xff"))):
            with self.subTest(abuse):
                block = fields((":method", "POST"), (":scheme", "http"), *headers)
                self.assert_answer("GOAWAY PROTOCOL_ERROR", self.send(frame(HEADERS, END_HEADERS, 1, block)), abuse)

    def test_request_without_a_path(self):
        connection = self.connect()
        connection.send(frame(HEADERS, END_HEADERS | END_STREAM, 1, fields((":method", "POST"), (":scheme", "http"))))
        self.assert_answer("RST_STREAM PROTOCOL_ERROR", connection.answer())

    def test_body_longer_than_its_content_length(self):
        self.assert_answer("RST_STREAM PROTOCOL_ERROR", self.connect().ask(
            message(self.request), more=(("content-length", "3"),)))

    def test_unknown_frame_is_ignored(self):
        connection = self.connect()
        connection.send(frame(0x63, 0, 0, b"abc"))
        self.assert_answer("OK", connection.ask(message(self.request)))

    def test_calls_in_pieces_that_are_no_frames(self):
        for size in (1, 5, 8, 10, 13):
            with self.subTest(f"{size} bytes"):
                connection = self.connect(hello=False)
                hello = PREFACE + frame(SETTINGS, 0, 0)
                calls = b"".join(frame(PING, 0, 0, b"12345678") + frame(HEADERS, END_HEADERS, stream, head())
                                 + frame(DATA, END_STREAM, stream, message(self.request)) for stream in range(1, 40, 2))
                for at in range(0, len(hello + calls), size):
                    connection.send((hello + calls)[at:at + size])
                for stream in range(1, 40, 2):
                    self.assertEqual("OK", str(connection.answer(stream)), stream)

    def test_half_a_frame_then_the_end(self):
        for abuse, half in (("half a frame's header", b"\0\0"), ("half a HEADERS frame", frame(HEADERS, END_HEADERS, 1, head())[:40]),
                            ("half a DATA frame", OPEN + frame(DATA, 0, 1, b"abc", length=1_000))):
            with self.subTest(abuse):
                connection = self.connect()
                connection.send(half)
                connection.shut()
                # Kestrel may have the time to say goodbye.
                self.assert_answer(("connection closed", "GOAWAY NO_ERROR"), connection.end(), abuse)
