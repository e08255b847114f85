#!/usr/bin/env python3
"""The conformance cases in every language, or in those named: tests/conformance/run.py go java.

Starts the servers and the API they call once, hands their addresses to each language's runner, and prints the table.
The last line is the sum: N passed, N failed[, N skipped].
"""
import json
import os
import pathlib
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "eng"))
from limit import run  # noqa: E402

HERE = ROOT / "tests/conformance"
RESULTS = ROOT / "artifacts/test/conformance"
CONFIGURATION = os.environ.setdefault("CONFIGURATION", "Debug")
SERVER = ROOT / f"src/Actions.Server/bin/{CONFIGURATION}/net10.0/Actions.Server.dll"
SETUP_SECONDS = int(os.environ.get("CONFORMANCE_SETUP_SECONDS", 240))
RUN_SECONDS = int(os.environ.get("CONFORMANCE_SECONDS", 90))
EXAMPLE_CASES = ["example/is-in-the-readme", "example/tells-the-story"]
SUMMARY = re.compile(r"(\d+) passed, (\d+) failed(?:, (\d+) skipped)?")


class Servers:
    """Each on ports of the system's choice, with a store and a key ring of its own."""

    def __init__(self, folder):
        self._folder, self._processes = folder, {}

    def start(self, group, **settings):
        folder = self._folder / group
        folder.mkdir(exist_ok=True)
        defaults = {
            "Outbound__AllowedNetworks": "loopback",
            "Kestrel__Endpoints__Grpc__Url": "http://127.0.0.1:0",
            "Kestrel__Endpoints__Web__Url": "http://127.0.0.1:0",
            "Storage__Sqlite__Path": str(folder / "actions.db"),
        }
        with open(folder / "log", "wb") as log:
            self._processes[group] = subprocess.Popen(
                ["dotnet", str(SERVER)], cwd=folder, env={**os.environ, **defaults, **settings},
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)

    def wait(self, *groups):
        """Until they serve. Their addresses, which the banner names, are in the environment from then on."""
        for group in groups:
            log, end = self._folder / group / "log", time.monotonic() + 60
            while not (banner := re.search(r"^Grpc +https?://(\S+)$", log.read_text(encoding="utf-8"), re.MULTILINE)):
                if time.monotonic() > end or self._processes[group].poll() is not None:
                    sys.exit(f"The server of group {group} did not start:\n{log.read_text(encoding='utf-8')}")
                time.sleep(0.1)
            os.environ[f"CONFORMANCE_SERVER_{group.upper()}"] = banner[1]

    def stop(self):
        for process in self._processes.values():
            process.terminate()
        for process in self._processes.values():
            process.wait()


def start_all(servers, folder):
    certificate = [f"-keyout={folder}/key.pem", f"-out={folder}/ca.pem"]
    # A certificate for this run only.
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=conformance", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost",
         *(word for option in certificate for word in option.split("=", 1))], check=True, stderr=subprocess.DEVNULL)
    servers.start("default")
    servers.wait("default")
    servers.start("keyed", Access__AdminKey=os.environ["CONFORMANCE_ADMIN_KEY"])
    servers.start("small", Server__MaxRequestBytes="1024", Engine__CircuitMinimumAttempts="2",
                  Engine__CircuitBreakDuration="00:01:00")
    servers.start("limited", Limits__CallsPerSecond="1", Limits__Burst="1")
    servers.start("locked", Storage__Sqlite__BusyTimeout="00:00:00.1")
    servers.start("faulty")
    servers.start("tls", Kestrel__Endpoints__Grpc__Url="https://127.0.0.1:0",
                  Kestrel__Endpoints__Grpc__Certificate__Path=f"{folder}/ca.pem",
                  Kestrel__Endpoints__Grpc__Certificate__KeyPath=f"{folder}/key.pem")
    # A second server on the default's store that doesn't find the keys which the first has in memory, and makes its own.
    subprocess.run([sys.executable, HERE / "upstream.py", "forget-keys", folder / "default/actions.db"], check=True)
    (folder / "resealed").mkdir()
    (folder / "resealed/actions.db").symlink_to(folder / "default/actions.db")
    servers.start("resealed")
    servers.wait("keyed", "small", "limited", "locked", "faulty", "tls", "resealed")


def start_upstream(folder):
    upstream = subprocess.Popen([sys.executable, HERE / "upstream.py", HERE / "cases.json"], text=True,
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    ports = upstream.stdout.readline().split()
    os.environ["CONFORMANCE_UPSTREAM_PORT"], os.environ["CONFORMANCE_REFUSED_PORT"] = ports
    print(f"break {folder}/locked/actions.db {folder}/faulty/actions.db", file=upstream.stdin, flush=True)
    upstream.stdout.readline()
    return upstream


def example(language):
    """A client's README shows its example, and the example works."""
    client = ROOT / "clients" / language
    # The README names the file in the line above the block: "`example.py`, all of it:".
    shown = re.search(r"^`([^`]+)`, all of it:\n\n```\w*\n(.*?)^```$", (client / "README.md").read_text(encoding="utf-8"),
                      re.MULTILINE | re.DOTALL)
    if shown and shown[2].rstrip("\n") == (client / shown[1]).read_text(encoding="utf-8").rstrip("\n"):
        yield f"ok {EXAMPLE_CASES[0]}"
    else:
        yield f"not ok {EXAMPLE_CASES[0]}: README.md doesn't show {shown[1] if shown else 'a file'} as it is"

    log = RESULTS / f"{language}.log.output"
    run(60, [str(client / "client.sh"), "example", os.environ["CONFORMANCE_SERVER_DEFAULT"],
             f"http://127.0.0.1:{os.environ['CONFORMANCE_UPSTREAM_PORT']}/example/{{order_id}}", "order_id=A-1"], log, show=False)
    output = log.read_text(encoding="utf-8", errors="replace")
    if re.search(r"start +Let me look that up\..*result +status 200, 2 bytes", output, re.DOTALL):
        yield f"ok {EXAMPLE_CASES[1]}"
    else:
        yield f"not ok {EXAMPLE_CASES[1]}: {' '.join(output.split())}"


def play(language, outcomes):
    """Returns passed, failed, skipped, and notes each case's outcome."""
    client, log = str(ROOT / "clients" / language / "client.sh"), RESULTS / f"{language}.log"
    began = time.monotonic()
    print(f"-- {language}", flush=True)
    setup = RESULTS / f"{language}.log.setup"
    status = run(SETUP_SECONDS, [client, "setup"], setup, show=False)
    if status != 0:
        end = setup.read_text(encoding="utf-8", errors="replace").splitlines()[-3 if status == 77 else -20:]
        print(*end, sep="\n")
        print(f"clients/{language} " + ("is skipped: its tools could not be had." if status == 77
                                        else f"could not be built (exit code {status})"))
        return (0, 0, 1) if status == 77 else (0, 1, 0)
    ready = time.monotonic()
    examples = list(example(language))
    run(RUN_SECONDS, [client, "conformance"], log, show=False)
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    for line in examples + lines:
        if found := re.match(r"(ok|not ok|gap) ([a-z-]+/[a-z0-9-]+)(:|$)", line):
            outcomes[found[2], language] = {"ok": "ok", "not ok": "FAILED", "gap": "gap"}[found[1]]
        if not line.startswith(("ok ", "gap ")):
            print(line)
    passed = sum(line.startswith("ok ") for line in examples)
    counts = [passed, len(examples) - passed, 0]
    if summary := SUMMARY.fullmatch(lines[-1]) if lines else None:
        counts = [count + int(more or 0) for count, more in zip(counts, summary.groups())]
    else:
        print(f"clients/{language} did not get to the end")
        counts[1] += 1
    print(f"({ready - began:.0f} s to set up, {time.monotonic() - ready:.0f} s to run)")
    return counts


def main(languages):
    languages = languages or ["csharp", "python", "node", "go", "java"]
    if not shutil.which("openssl") and subprocess.run([ROOT / "eng/apt.sh", "openssl"], check=False).returncode != 0:
        print("The conformance cases are skipped.", "0 passed, 0 failed, 1 skipped", sep="\n")
        return 0
    shutil.rmtree(RESULTS, ignore_errors=True)
    RESULTS.mkdir(parents=True)
    folder = pathlib.Path(tempfile.mkdtemp())
    os.environ.update(CONFORMANCE_ADMIN_KEY=secrets.token_hex(32), CONFORMANCE_CA=str(folder / "ca.pem"),
                      CONFORMANCE_CASES=str(HERE / "cases.json"), CONFORMANCE_GAPS=str(HERE / "known-gaps.json"))
    servers, upstream, outcomes, sums = Servers(folder), None, {}, [0, 0, 0]
    try:
        start_all(servers, folder)
        upstream = start_upstream(folder)
        for language in languages:
            sums = [total + count for total, count in zip(sums, play(language, outcomes))]
    finally:
        if upstream:
            upstream.kill()
        servers.stop()
        shutil.rmtree(folder)

    cases = [case["name"] for case in json.loads((HERE / "cases.json").read_text(encoding="utf-8"))["cases"]]
    print(f"{'case':48}" + "".join(f"{language:>8}" for language in languages))
    for case in EXAMPLE_CASES + cases:
        print(f"{case:48}" + "".join(f"{outcomes.get((case, language), '-'):>8}" for language in languages))
    print(f"{sums[0]} passed, {sums[1]} failed" + (f", {sums[2]} skipped" if sums[2] else ""))
    return sums[1] > 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
