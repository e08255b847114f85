#!/usr/bin/env python3
"""The HTTP API of every conformance case: answers as the case's `upstream` in cases.json says.

    upstream.py cases.json
    upstream.py forget-keys STORE

The first prints its port and one where nobody listens, and runs until its input ends. A case calls /<case>/<run>/...: `run` is
different each time the case runs, so that each run begins with the first answer. The README beside this file tells what
an answer can be. The second takes the keys for secrets out of a store.
"""
import contextlib
import json
import socket
import sqlite3
import struct
import sys
import threading
import time

PATIENCE = 20  # Seconds that /report waits for the callers to hang up.


class Run:
    """One run of one case."""

    def __init__(self, answers):
        self._answers = answers
        self._changed = threading.Condition()
        self._requests = self._hung_up = 0

    def next_answer(self):
        with self._changed:
            self._requests += 1
            return self._answers[min(self._requests, len(self._answers)) - 1]

    def hang_up(self):
        with self._changed:
            self._hung_up += 1
            self._changed.notify_all()

    def report(self):
        """What came so far. Waits for those who got no answer to have hung up."""
        with self._changed:
            waiting = sum(self._answers[min(i, len(self._answers) - 1)].get("fault") == "hang"
                          for i in range(self._requests))
            self._changed.wait_for(lambda: self._hung_up >= waiting, PATIENCE)
            return {"requests": self._requests, "hung_up": self._hung_up}


class Upstream:
    def __init__(self, cases):
        self._scripts = {case["name"].replace("/", "~"): case.get("upstream") or [{}] for case in cases}
        self._runs = {}
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self._listener.getsockname()[1]

    def serve(self):
        while True:
            connection, _ = self._listener.accept()
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _run_of(self, target):
        _, case, run, rest = (target.split("?")[0] + "///").split("/", 3)
        with self._lock:
            return self._runs.setdefault((case, run), Run(self._scripts.get(case, [{}]))), rest.strip("/")

    def _talk(self, connection):
        with connection, connection.makefile("rb") as reader, contextlib.suppress(OSError):
            while (request := read_request(reader)) is not None:
                if request == "garbage":
                    # Somebody speaks TLS to us, or nothing we know.
                    return connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
                run, rest = self._run_of(request["target"])
                if rest == "report":
                    connection.sendall(response({"body": run.report()}, request))
                elif not perform(run, run.next_answer(), request, connection, reader):
                    return


def perform(run, answer, request, connection, reader):
    """Answers, or not. Returns whether the connection can be used again."""
    time.sleep(answer.get("latency_ms", 0) / 1000)
    fault = answer.get("fault")
    if fault == "hang":
        with contextlib.suppress(OSError):
            reader.read(1)  # Ends when the caller hangs up.
        run.hang_up()
    elif fault == "reset":
        # With no time to linger, closing sends RST instead of FIN.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    elif fault == "garbage":
        connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")
    elif fault == "truncate":
        connection.sendall(response(answer, request)[:-5])
    elif fault != "close":
        connection.sendall(response(answer, request))
        return True
    return False


def response(answer, request):
    body = answer.get("body", {})
    if answer.get("echo"):
        body = request
    text = body if isinstance(body, str) else json.dumps(body)
    payload = (text * answer.get("times", 1)).encode()
    status = answer.get("status", 200)
    headers = {"Content-Type": "application/json", **answer.get("headers", {}), "Content-Length": len(payload)}
    lines = [f"HTTP/1.1 {status} Status", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + payload


def read_request(reader):
    line = reader.readline(65536).decode("latin-1").rstrip("\r\n")
    if not line:
        return None
    if not line.endswith("HTTP/1.1"):
        return "garbage"
    method, target, _ = line.split(" ", 2)
    headers = {}
    while header := reader.readline(65536).decode("latin-1").rstrip("\r\n"):
        name, _, value = header.partition(":")
        headers[name.lower()] = value.strip()
    body = reader.read(int(headers.get("content-length", 0))).decode()
    # Header names with underscores: a JSONPath `$.headers.x_token` needs no quotes then.
    return {"method": method, "target": target, "path": "/" + target.split("/", 3)[-1], "body": body,
            "headers": {name.replace("-", "_"): value for name, value in headers.items()}}


def break_stores(locked, faulty):
    """Writes to the first wait in vain for another writer; a fault in the second is told by a new action's name."""
    writer = sqlite3.connect(locked, isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    with contextlib.closing(sqlite3.connect(faulty, isolation_level=None)) as store:
        # No time that the server's platform knows.
        store.execute("CREATE TRIGGER break_it AFTER INSERT ON actions BEGIN"
                      " UPDATE actions SET create_time = 9223372036854775807 WHERE id = NEW.id; END")
    return writer


def forget_keys(path):
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as store:
        # Where there is no such table, the keys are in a folder beside the store, which each server has for itself.
        if store.execute("SELECT 1 FROM sqlite_master WHERE name = 'key_ring'").fetchone():
            store.execute("DELETE FROM key_ring")


def main():
    if sys.argv[1] == "forget-keys":
        return forget_keys(sys.argv[2])
    with open(sys.argv[1], encoding="utf-8") as file:
        upstream = Upstream(json.load(file)["cases"])
    # Bound and not listening: connections are refused, and nobody else can get the port.
    refusing = socket.socket()
    refusing.bind(("127.0.0.1", 0))
    print(upstream.port, refusing.getsockname()[1], flush=True)
    threading.Thread(target=upstream.serve, daemon=True).start()
    held = []
    for line in sys.stdin:
        # "break LOCKED FAULTY": once the servers have made their stores.
        held.append(break_stores(*line.split()[1:]))
        print("broken", flush=True)


if __name__ == "__main__":
    main()
