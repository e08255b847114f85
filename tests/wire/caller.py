"""A well-behaved caller who executes an action, and the API that the action calls: one thread for both, so that the only
other process that its times depend on is the server."""
import select
import socket
import struct
import time

from hpack import Decoder

from tests.upstream import PATIENCE, response
from .connection import (
    ACK, DATA, END_HEADERS, END_STREAM, HEADERS, INITIAL_WINDOW_SIZE, LARGE_WINDOW, PING, PREFACE, SETTINGS, WINDOW_UPDATE,
    frame, head, message,
)

ANSWER = response({"status": "shipped"})


class Caller:
    def __init__(self, target):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        host, port = target.rsplit(":", 1)
        self._server = socket.create_connection((host, int(port)))
        self._server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._server.sendall(PREFACE + frame(SETTINGS, 0, 0, struct.pack(">HI", INITIAL_WINDOW_SIZE, LARGE_WINDOW))
                             + frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", LARGE_WINDOW)))
        self._sockets, self._buffer, self._decoder, self._stream = {self._server, self._listener}, b"", Decoder(), -1
        self._ended, self._trailers = False, {}
        self.request = b""  # Executes an action that calls `url`; to be set once there is one.

    def close(self):
        for each in self._sockets:
            each.close()

    def call(self):
        """Executes once. Returns the seconds that it took."""
        self._stream += 2
        self._ended, self._trailers = False, {}
        began = time.monotonic()
        self._server.sendall(frame(HEADERS, END_HEADERS, self._stream, head())
                             + frame(DATA, END_STREAM, self._stream, message(self.request)))
        while not self._ended:
            self._wait(began + PATIENCE)
        if self._trailers.get("grpc-status") != "0":
            raise AssertionError(f"The call failed: {self._trailers}")
        return time.monotonic() - began

    def measure(self, calls, interval):
        """The seconds that each of the calls took; they begin `interval` seconds apart, or later when one takes longer."""
        times, due = [], time.monotonic()
        for _ in range(calls):
            due = max(due + interval, time.monotonic())
            times.append(self.call())
            time.sleep(max(0, due - time.monotonic()))
        return times

    def _wait(self, until):
        ready = select.select(self._sockets, [], [], max(0, until - time.monotonic()))[0]
        if not ready:
            raise TimeoutError("The call took too long.")
        for each in ready:
            if each is self._listener:
                self._sockets.add(each.accept()[0])
                continue
            received = each.recv(65_536)
            if each is self._server:
                if not received:
                    raise ConnectionError("The server hung up.")
                self._take(received)
            elif not received:
                self._sockets.remove(each)
                each.close()
            elif received.endswith(b"\r\n\r\n"):  # A GET: a few hundred bytes, nothing after them.
                each.sendall(ANSWER)

    def _take(self, received):
        self._buffer += received
        while len(self._buffer) >= 9 + (length := int.from_bytes(self._buffer[:3], "big")):
            kind, flags, stream = struct.unpack(">BBI", self._buffer[3:9])
            payload, self._buffer = self._buffer[9:9 + length], self._buffer[9 + length:]
            if kind in (SETTINGS, PING) and not flags & ACK:
                self._server.sendall(frame(kind, ACK, 0, payload if kind == PING else b""))
            if kind == HEADERS:
                self._trailers.update(self._decoder.decode(payload))
            if kind in (HEADERS, DATA) and flags & END_STREAM and stream == self._stream:
                self._ended = True
