"""An HTTP/2 connection that sends whatever it is told, frames that nobody may send included, and says what came back."""
import base64
import socket
import struct
import time
from dataclasses import dataclass, field

import grpc
from h2.errors import ErrorCodes
from hpack import Decoder

from actions_client import rpc
from tests.upstream import PATIENCE

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
END_STREAM, ACK, END_HEADERS, PADDED = 0x1, 0x1, 0x4, 0x8
INITIAL_WINDOW_SIZE = 4  # The setting's id.
LARGE_WINDOW = 1 << 30
CANCEL = struct.pack(">I", ErrorCodes.CANCEL)
EXECUTE = "/actions.v1.ActionService/Execute"


def frame(kind, flags, stream, payload=b"", length=None):
    """`length` other than the payload's makes a frame that is cut off, or that lies."""
    return struct.pack(">I", len(payload) if length is None else length)[1:] + struct.pack(
        ">BBI", kind, flags, stream) + payload


def fields(*pairs):
    """Literals without indexing (RFC 7541, section 6.2.2): the same bytes wherever they are sent."""
    return b"".join(b"\0" + text(name) + text(value) for name, value in pairs)


def text(value):
    value = value if isinstance(value, bytes) else value.encode()
    if len(value) < 127:
        return bytes([len(value)]) + value
    length, rest = b"\x7f", len(value) - 127
    while rest >= 128:
        length, rest = length + bytes([rest % 128 | 128]), rest // 128
    return length + bytes([rest]) + value


def head(path=EXECUTE, *more, method="POST", content_type="application/grpc", scheme="http"):
    """The headers of a gRPC request."""
    return fields((":method", method), (":scheme", scheme), (":path", path), (":authority", "localhost"),
                  ("content-type", content_type), ("te", "trailers"), *more)


def in_frames(stream, block, size=16_384):
    """HEADERS, with CONTINUATION where one frame is too small."""
    parts = [block[at:at + size] for at in range(0, len(block), size)]
    for number, part in enumerate(parts):
        yield frame(CONTINUATION if number else HEADERS, END_HEADERS if number == len(parts) - 1 else 0, stream, part)


def message(payload=b"", compressed=False, length=None):
    """A gRPC message: flag, length, bytes. `length` lies, as in frame()."""
    return struct.pack(">?I", compressed, len(payload) if length is None else length) + payload


@dataclass
class Answer:
    """What came back on a stream, or what ended the connection before."""
    headers: dict = field(default_factory=dict)
    data: bytes = b""
    reset: int = None
    goaway: int = None
    closed: bool = False
    ended: bool = False

    @property
    def status(self):
        return self.headers.get("grpc-status")

    @property
    def reason(self):
        """The ErrorReason's name, out of the details that each error status of the server carries."""
        value = self.headers.get("grpc-status-details-bin", "")
        for detail in rpc.Status.FromString(base64.b64decode(value + "=" * (-len(value) % 4))).details:
            if detail.type_url.endswith("google.rpc.ErrorInfo"):
                return rpc.ErrorInfo.FromString(detail.value).reason
        return None

    def __str__(self):
        if self.goaway is not None:
            return f"GOAWAY {ErrorCodes(self.goaway).name}"
        if self.headers.get(":status", "200") != "200":
            return f"HTTP {self.headers[':status']}"
        if self.status is not None:
            code = next(code for code in grpc.StatusCode if code.value[0] == int(self.status))
            return " ".join(filter(None, (code.name, self.reason)))
        if self.reset is not None:
            return f"RST_STREAM {ErrorCodes(self.reset).name}"
        return "connection closed" if self.closed else "nothing"


class Connection:
    def __init__(self, target, hello=True, tls=None):
        host, port = target.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), timeout=PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            self.socket = tls.wrap_socket(self.socket)
        self.settings, self.pongs, self.acks = {}, 0, 0
        self.window, self.windows, self.initial_window = 65_535, {}, 65_535
        self.goaway, self.closed = None, False
        self._buffer, self._decoder, self._answers = b"", Decoder(), {}
        if hello:
            self.send(PREFACE, frame(SETTINGS, 0, 0, struct.pack(">HI", INITIAL_WINDOW_SIZE, LARGE_WINDOW)),
                      frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", LARGE_WINDOW)))
            self._read_until(lambda: self.settings)
            self.send(frame(SETTINGS, ACK, 0))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, *frames):
        """A server that has hung up has said why before: what counts is read, not what can no longer be written."""
        try:
            self.socket.sendall(b"".join(frames))
        except (BrokenPipeError, ConnectionResetError):
            pass

    def ask(self, body=b"", stream=1, path=EXECUTE, more=(), **request):
        """A whole request, and its answer."""
        self.send(*in_frames(stream, head(path, *more, **request)), frame(DATA, END_STREAM, stream, body))
        return self.answer(stream)

    def shut(self):
        """Sends nothing any more, and goes on reading."""
        self.socket.shutdown(socket.SHUT_WR)

    def answer(self, stream=1):
        """What the stream came to; the end of the connection is an answer too."""
        answer = self._answers.setdefault(stream, Answer())
        self._read_until(lambda: answer.ended or self.goaway is not None)
        answer.goaway, answer.closed = self.goaway, self.closed
        return answer

    def end(self):
        """How the server ended the connection."""
        answer = Answer()
        self._read_until(lambda: False)
        answer.goaway, answer.closed = self.goaway, self.closed
        return answer

    def ping(self):
        """Returns once the server has read everything before it."""
        before = self.pongs
        self.send(frame(PING, 0, 0, b"\0" * 8))
        self._read_until(lambda: self.pongs > before)

    def send_body(self, stream, body, end_stream=True):
        """As fast as the server's windows allow. Stops when the stream has been answered."""
        sent, answer = 0, self._answers.setdefault(stream, Answer())
        while sent < len(body) and not answer.ended:
            room = min(self.window, self.windows.setdefault(stream, self.initial_window), 16_384, len(body) - sent)
            if room <= 0:
                self._read_until(lambda: answer.ended or self.goaway is not None or min(
                    self.window, self.windows[stream]) > 0)
                if self.closed or self.goaway is not None:
                    return sent
                continue
            chunk = body[sent:sent + room]
            sent += room
            self.window, self.windows[stream] = self.window - room, self.windows[stream] - room
            self.send(frame(DATA, END_STREAM if end_stream and sent == len(body) else 0, stream, chunk))
        return sent

    def _read_until(self, done):
        until = time.monotonic() + PATIENCE
        while not done() and not self.closed:
            if time.monotonic() > until:
                raise TimeoutError("The server neither answered nor hung up.")
            try:
                received = self.socket.recv(65_536)
            except (ConnectionResetError, BrokenPipeError):
                received = b""
            if not received:
                self.closed = True
            self._buffer += received
            while len(self._buffer) >= 9 + (length := int.from_bytes(self._buffer[:3], "big")):
                kind, flags, stream = struct.unpack(">BBI", self._buffer[3:9])
                payload, self._buffer = self._buffer[9:9 + length], self._buffer[9 + length:]
                self._take(kind, flags, stream, payload)

    def _take(self, kind, flags, stream, payload):
        if kind == SETTINGS and flags & ACK:
            self.acks += 1
        elif kind == SETTINGS:
            self.settings.update(struct.iter_unpack(">HI", payload))
            self.initial_window = self.settings.get(INITIAL_WINDOW_SIZE, 65_535)
            self.settings.setdefault("received", True)
        elif kind == PING and flags & ACK:
            self.pongs += 1
        elif kind == PING:
            self.send(frame(PING, ACK, 0, payload))
        elif kind == GOAWAY:
            # A server that winds down says NO_ERROR first and the reason afterwards, or the other way round.
            self.goaway = max(self.goaway or 0, struct.unpack(">I", payload[4:8])[0])
        elif kind == WINDOW_UPDATE:
            increment = struct.unpack(">I", payload)[0]
            if stream:
                self.windows[stream] = self.windows.get(stream, self.initial_window) + increment
            else:
                self.window += increment
        elif kind in (HEADERS, DATA, RST_STREAM):
            answer = self._answers.setdefault(stream, Answer())
            if kind == HEADERS:
                answer.headers.update(self._decoder.decode(payload))
            elif kind == DATA:
                answer.data += payload
            else:
                answer.reset = struct.unpack(">I", payload)[0]
            answer.ended = kind == RST_STREAM or bool(flags & END_STREAM)
