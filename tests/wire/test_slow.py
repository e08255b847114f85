"""Callers who begin and don't go on: each holds a connection or a call until the server's patience ends."""
import time

from .case import Case, start
from .connection import CONTINUATION, DATA, END_HEADERS, HEADERS, PREFACE, frame, head, message

PATIENT = 0.9  # Seconds that the server waits at least; it is told to wait 1, and looks at its clock each second.


class SlowTests(Case):
    def test_callers_who_do_not_go_on(self):
        impatient = start(Server__RequestHeadersTimeout="00:00:01")
        self.addCleanup(impatient.stop)
        slow = {}
        for abuse, hello, sent, expected in (
                ("connection without a word", False, b"", "connection closed"),
                ("half a preface", False, PREFACE[:10], "connection closed"),
                # To a port without.
                ("TLS instead of HTTP/2", False, b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03" + b"a" * 100, "connection closed"),
                # Kestrel may have the time to say so.
                ("headers without an end", True, frame(HEADERS, 0, 1, head()) + frame(CONTINUATION, 0, 1),
                 ("connection closed", "GOAWAY INTERNAL_ERROR", "GOAWAY NO_ERROR")),
                # Kestrel's own rule: 240 bytes per second, after 5 s of grace.
                ("half a message", True, frame(HEADERS, END_HEADERS, 1, head()) + frame(DATA, 0, 1, message(self.request)[:9]),
                 ("connection closed", "GOAWAY NO_ERROR"))):
            connection = self.connect(hello, impatient)
            connection.send(sent)
            slow[abuse] = connection, expected, time.monotonic()
        for abuse, (connection, expected, began) in slow.items():
            with self.subTest(abuse):
                self.assert_answer(expected, connection.end(), f"slow: {abuse}")
                self.assertGreater(time.monotonic() - began, PATIENT)
