#!/usr/bin/env python3
"""Runs tests/conformance/cases.json with this client. The README there describes the format; its run.py starts this program."""
import json
import os
import random
import sys
import time
from pathlib import Path

from google.protobuf import json_format, symbol_database

from actions_client import ActionError, Client
from actions.v1 import action_config_service_pb2, action_service_pb2, api_key_service_pb2  # noqa: F401
from actions.v1 import call_pb2, execution_service_pb2, prepare_pb2  # noqa: F401

ENV = os.environ
MESSAGES = symbol_database.Default()
ONES_OWN_CONNECTION = [("grpc.use_local_subchannel_pool", 1)]


class Mismatch(Exception):
    pass


def match(expected, actual, saved, path="$"):
    """Raises Mismatch where `actual` isn't as expected. Absent: the string "$unset" on either side."""
    def fail():
        raise Mismatch(f"{path}: expected {json.dumps(expected)}, got {json.dumps(actual)}")

    if isinstance(expected, str):
        rule, _, argument = expected.partition(":")
        if rule == "$unset" or actual == "$unset":
            return expected == actual or fail()
        if rule == "$any":
            return
        if rule == "$save":
            saved[argument] = actual
        elif rule == "$contains":
            return isinstance(actual, str) and fill(argument, saved) in actual or fail()
        elif rule == "$at_least":
            return float(actual.rstrip("s")) >= float(argument.rstrip("s")) or fail()
        elif fill(expected, saved) != actual:
            fail()
    elif isinstance(expected, dict) and isinstance(actual, dict):
        rules = {key: value for key, value in expected.items() if key not in ("$only", "$repeat")}
        for key, value in rules.items():
            match(value, actual.get(key, "$unset"), saved, f"{path}.{key}")
        if "$only" in expected and set(actual) - set(rules):
            fail()
    elif isinstance(expected, list) and isinstance(actual, list):
        match_list(expected, actual, saved, path, fail)
    elif expected != actual or isinstance(expected, bool) != isinstance(actual, bool):
        fail()


def match_list(expected, actual, saved, path, fail):
    at = 0
    for i, item in enumerate(expected):
        if at >= len(actual):
            fail()
        match(item, actual[at], saved, f"{path}[{i}]")
        at += 1
        while isinstance(item, dict) and "$repeat" in item and at < len(actual) and matches(item, actual[at], saved):
            at += 1
    if at != len(actual):
        fail()


def matches(*arguments):
    try:
        match(*arguments)
        return True
    except Mismatch:
        return False


def fill(value, saved):
    if isinstance(value, str):
        for name, text in saved.items():
            value = value.replace("${" + name + "}", str(text))
        return value
    if isinstance(value, list):
        return [fill(item, saved) for item in value]
    if isinstance(value, dict):
        return {fill(key, saved): fill(item, saved) for key, item in value.items()}
    return value


def to_json(message):
    return json_format.MessageToDict(message, preserving_proto_field_name=True)


def error_to_json(error):
    described = {"code": error.code.name, "reason": error.reason, "domain": error.domain, "metadata": error.metadata,
            "violations": error.violations, "retry_delay": error.retry_delay}
    return {key: value for key, value in described.items() if value not in ("", {}, None)}


def perform(client, step, saved):
    """The outcome of a step, in the shape of its `expect`."""
    service, method = step["rpc"].split(".")
    request = MESSAGES.GetSymbol(f"actions.v1.{method}Request")()
    json_format.ParseDict(fill(step["request"], saved), request)
    came = {}
    try:
        if method == "Execute":
            follow(client.stream(request, step.get("timeout")), 0, step, came)
        elif method == "Attach":
            stream = client.attach(request.execution_id, request.after_sequence, step.get("timeout"))
            follow(stream, request.after_sequence, step, came)
        else:
            stubs = {"ActionService": client.actions, "ActionConfigService": client.configs,
                     "ApiKeyService": client.keys, "ExecutionService": client.history}
            stub = stubs[service]
            came["response"] = to_json(client.call(getattr(stub, method), request, step.get("timeout")))
    except ActionError as error:
        came["error"] = error_to_json(error)
    return came


def follow(execution, after, step, came):
    with execution:
        for event in execution:
            events = came.setdefault("events", [])
            events.append(to_json(event))
            came["execution_id"] = execution.id
            if event.sequence != after + len(events) or not execution.id:
                raise Mismatch(f"event {len(events)} has the sequence {event.sequence}, execution '{execution.id}'")
            if len(events) == step.get("cancel_after"):
                return


def run(case, clients):
    run_id = f"{random.getrandbits(48):012x}"
    saved = {
        "run": run_id,
        "upstream": f"http://127.0.0.1:{ENV['CONFORMANCE_UPSTREAM_PORT']}/{case['name'].replace('/', '~')}/{run_id}",
        "upstream_port": ENV["CONFORMANCE_UPSTREAM_PORT"],
        "refused_port": ENV["CONFORMANCE_REFUSED_PORT"],
        "lonely_host": ".".join(["127", *(str(random.randint(1, 254)) for _ in range(3))]),
        "admin_key": ENV["CONFORMANCE_ADMIN_KEY"],
    }
    for i, step in enumerate(case["steps"], 1):
        server = step.get("server", case.get("server", "default"))
        client = clients(server, fill(step.get("key", ""), saved))
        expected = {"response": "$unset", "events": "$unset", "error": "$unset", **step["expect"]}
        for tries_left in reversed(range(step.get("tries", 1))):
            came = perform(client, step, saved)
            try:
                match(expected, came, saved, f"step {i}")
                break
            except Mismatch as mismatch:
                if not tries_left:
                    raise Mismatch(f"{mismatch} in {json.dumps(came)[:600]}") from None
                time.sleep(0.02)


def main():
    made = {}

    def clients(server, key):
        if (server, key) not in made:
            ca = Path(ENV["CONFORMANCE_CA"]).read_bytes() if server == "tls" else None
            made[server, key] = Client(ENV[f"CONFORMANCE_SERVER_{server.upper()}"], api_key=key, ca=ca,
                                       options=ONES_OWN_CONNECTION)
        return made[server, key]

    gaps = json.loads(Path(ENV["CONFORMANCE_GAPS"]).read_text(encoding="utf-8"))
    count = {"ok": 0, "not ok": 0, "gap": 0}
    for case in json.loads(Path(ENV["CONFORMANCE_CASES"]).read_text(encoding="utf-8"))["cases"]:
        outcome, why = "ok", ""
        if case["name"] in gaps["every client"] or case["name"] in gaps["python"]:
            outcome = "gap"
        else:
            try:
                run(case, clients)
            except Exception as error:
                outcome, why = "not ok", f": {error}"
        count[outcome] += 1
        print(f"{outcome} {case['name']}{why}", flush=True)
    for client in made.values():
        client.close()
    skipped = f", {count['gap']} skipped" if count["gap"] else ""
    print(f"{count['ok']} passed, {count['not ok']} failed{skipped}")
    return 1 if count["not ok"] else 0


if __name__ == "__main__":
    sys.exit(main())
