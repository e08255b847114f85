#!/usr/bin/env python3
"""Builds, then runs every part of the tests, each within a time limit.

The last line, alone, is the sum over all parts: N passed, N failed[, N skipped]. It is also in artifacts/test/summary.
"""
import collections
import os
import pathlib
import re
import shutil
import sys
import time
import xml.etree.ElementTree as xml

from limit import run

ROOT = pathlib.Path(__file__).resolve().parent.parent
RESULTS = ROOT / "artifacts/test"
CONFIGURATION = os.environ.setdefault("CONFIGURATION", "Debug")
SUMMARY = re.compile(r"(\d+) passed, (\d+) failed(?:, (\d+) skipped)?")
DOTNET = ["dotnet", "test", "Actions.Grpc.sln", "--no-build", "--nologo", "--configuration", CONFIGURATION,
          "--results-directory", "artifacts/test/dotnet", "--logger", "trx;LogFilePrefix=dotnet"]

# Name, limit in seconds, command. With the build's limit the sum stays below an hour; a run takes some minutes.
PARTS = [
    ("dotnet", 900, DOTNET),
    # Builds the server once more, as it ships.
    ("allocations", 300, ["eng/bench-check.sh"]),
    ("python", 150, ["clients/python/test.sh"]),
    ("wire", 200, ["eng/test-python.sh", "wire", "h2"]),
    ("interop-python", 60, ["eng/test-python.sh", "interop"]),
    ("buf", 100, ["eng/test-node.sh", "buf"]),
    ("deploy", 300, ["eng/test-deploy.sh"]),
    ("interop-node", 60, ["eng/test-node.sh", "interop"]),
    # Most of it is for installing five languages' tools where there are none; the cases themselves take a minute.
    ("conformance", 480, [sys.executable, "tests/conformance/run.py"]),
]


def text(passed, failed, skipped):
    return f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else "")


def dotnet_counts(failures):
    """The counts of all results files, and one more failure for a test project that left none."""
    space = "{http://microsoft.com/schemas/VisualStudio/TeamTest/2010}"
    passed = failed = skipped = 0
    reasons = collections.Counter()
    files = list((RESULTS / "dotnet").glob("*.trx"))
    for file in files:
        for test in xml.parse(file).iter(space + "UnitTestResult"):
            message = next((part.text or "" for part in test.iter(space + "Message")), "").strip()
            if test.get("outcome") == "Passed":
                passed += 1
            elif test.get("outcome") == "NotExecuted":
                skipped += 1
                reasons[message] += 1
            else:
                failed += 1
                failures.append(f"{test.get('testName')}: {message.splitlines()[0][:300] if message else ''}")
    projects = len(list(ROOT.glob("tests/*.Tests/*.csproj")))
    if len(files) < projects:
        failures.append(f"dotnet: {projects - len(files)} test projects left no results")
        failed += projects - len(files)
    # What the tests have to show beside their outcome.
    for report in sorted(RESULTS.glob("*.md")):
        print(report.read_text(encoding="utf-8"), end="")
    for reason, count in sorted(reasons.items()):
        print(f"skipped, {count}: {reason}")
    return passed, failed, skipped


def part(name, limit, command, failures):
    """A part says how it went in its last line; one that doesn't, because it crashed or took too long, is one failure."""
    print(f"== {name}", flush=True)
    log = RESULTS / f"{name}.log"
    status = run(limit, command, log)
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    summary = SUMMARY.fullmatch(lines[-1]) if lines else None
    if name == "dotnet":
        counts = dotnet_counts(failures)
    else:
        counts = tuple(int(count or 0) for count in summary.groups()) if summary else (0, 1, 0)
        # The words of unittest, bench-check and node:test.
        failures += [f"{name}: {line.strip()}" for line in lines if re.match(r"(FAIL|ERROR): |\s*✖ ", line)][:5]
    passed, failed, skipped = counts
    if status != 0 and failed == 0:
        failed = 1
    if failed:
        print(f"{name}: " + (f"stopped after {limit} s" if status == 124 else f"exit code {status}"))
    return passed, failed, skipped


def main():
    os.chdir(ROOT)
    for name in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL"):  # `make build` below is a make of its own.
        os.environ.pop(name, None)
    # Build servers would outlive the tests and hold their output open.
    os.environ.update(DOTNET_CLI_TELEMETRY_OPTOUT="1", DOTNET_NOLOGO="1", MSBUILDDISABLENODEREUSE="1",
                      DOTNET_CLI_USE_MSBUILD_SERVER="0")
    shutil.rmtree(RESULTS, ignore_errors=True)
    RESULTS.mkdir(parents=True)

    sums, lines, failures = [0, 0, 0], [], []
    print("== build", flush=True)
    if run(420, ["make", "--no-print-directory", "build"], RESULTS / "build.log") != 0:
        sums[1] = 1  # What can't be built can't be tested.
    else:
        for name, limit, command in PARTS:
            began = time.monotonic()
            counts = part(name, limit, command, failures)
            sums = [total + count for total, count in zip(sums, counts)]
            lines.append(f"{name}: {counts[0]} passed, {counts[1]} failed, {counts[2]} skipped ({time.monotonic() - began:.0f} s)")

    (RESULTS / "summary").write_text(text(*sums) + "\n", encoding="utf-8")
    print("== sum")
    # The end of the log names the failed tests.
    print(*failures[:15], *lines, text(*sums), sep="\n", flush=True)
    return sums[1] > 0


if __name__ == "__main__":
    sys.exit(main())
