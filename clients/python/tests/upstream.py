"""An HTTP API on a raw socket. It records the bytes of a request, and can send any response, HTTP or not."""
import contextlib
import json
import queue
import socket
import threading
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

PATIENCE = 15  # Seconds until a test gives up waiting; nothing takes that long unless it is broken.


@dataclass
class Request:
    method: str
    target: str
    headers: dict  # Names in lower case.
    body: bytes
    closed: threading.Event = field(default_factory=threading.Event)  # The caller has hung up.

    @property
    def path(self):
        return urlsplit(self.target).path

    @property
    def query(self):
        return parse_qsl(urlsplit(self.target).query, keep_blank_values=True)


def response(body=b"", status="200 OK", content_type="application/json"):
    """The bytes of an answer; anything but bytes is written as JSON."""
    if not isinstance(body, bytes):
        body = json.dumps(body).encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


class Upstream:
    """Answers every request with `answer`: bytes, a function of the request, or HANG: nothing, ever.

    With a `greeting` it isn't an HTTP server: it sends the greeting to each connection and closes it.
    """

    HANG = object()

    def __init__(self, answer=None, greeting=None):
        self.answer = response({}) if answer is None else answer
        self.greeting = greeting
        self.requests = queue.Queue()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        # shutdown() wakes the accepting thread; close() alone leaves it, and the port, behind.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def next_request(self):
        return self.requests.get(timeout=PATIENCE)

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            talk = self._serve if self.greeting is None else self._greet
            threading.Thread(target=talk, args=(connection,), daemon=True).start()

    def _greet(self, connection):
        with connection, contextlib.suppress(OSError):
            connection.sendall(self.greeting)
            connection.shutdown(socket.SHUT_WR)
            # Read to the end: closing with unread data resets the connection, and the greeting may get lost.
            while connection.recv(65536):
                pass

    def _serve(self, connection):
        with connection, connection.makefile("rb") as reader:
            while True:
                try:
                    request = read_request(reader)
                    if request is None:
                        return
                    self.requests.put(request)
                    if self.answer is Upstream.HANG:
                        reader.read(1)
                        return request.closed.set()
                    answer = self.answer(request) if callable(self.answer) else self.answer
                    connection.sendall(answer)
                    if b"Content-Length" not in answer:  # Only the end of the connection ends this answer.
                        return
                except OSError:
                    return request.closed.set()


def read_request(reader):
    line = reader.readline().decode("latin-1").rstrip("\r\n")
    if " " not in line:
        return None
    method, target, _ = line.split(" ", 2)
    headers = {}
    while (line := reader.readline().decode("utf-8").rstrip("\r\n")):
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    return Request(method, target, headers, reader.read(int(headers.get("content-length", 0))))


def unused_port():
    """Returns a closed port of this machine."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
