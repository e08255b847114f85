#!/usr/bin/env python3
"""A voice engine in miniature: sets up an action, executes it and says what the events ask it to say.

    Outbound__AllowedNetworks=loopback make run            # one terminal: the server, which may call this machine
    python3 -m http.server 9000                            # another: something to call
    clients/python/example.py --url 'http://127.0.0.1:9000/{file}' file=README.md
"""
import argparse
import sys
import time

from actions_client import ActionError, Client, from_values
from actions.v1.action_config_pb2 import HTTP_METHOD_GET, ActionConfig
from actions.v1.execution_pb2 import FailureReason


def main():
    parser = argparse.ArgumentParser(description="Creates an action, executes it, deletes it.")
    parser.add_argument("--server", default="127.0.0.1:5080", help="host:port")
    parser.add_argument("--url", required=True, help="what to GET; {placeholders} are filled from the variables")
    parser.add_argument("variables", nargs="*", metavar="name=value")
    arguments = parser.parse_args()
    variables = dict(pair.split("=", 1) for pair in arguments.variables)

    with Client(arguments.server) as client:
        action = client.create(ActionConfig(
            name=f"Python example {time.time_ns()}",
            request={"method": HTTP_METHOD_GET, "url": arguments.url},
            messages={
                "start_message": "Let me look that up.",
                "delay_message": "One moment, this takes a little longer.",
                "failure_message": "I'm sorry, I couldn't find out.",
                "delay_threshold": {"seconds": 1},
                "delay_repeat_interval": {"seconds": 2},
            }))
        try:
            return speak(client, action.id, variables)
        finally:
            client.delete(action.id)


def speak(client, action_id, variables):
    """The call itself. In a voice engine, say() would go to text-to-speech."""
    began = time.monotonic()

    def say(what, text):
        print(f"{time.monotonic() - began:7.3f} s  {what:8} {text}", flush=True)

    with client.execute(variables, id=action_id) as execution:
        outcome = execution.run(
            on_start=lambda start: say("start", start.message),
            on_delay=lambda delay: say("delay", delay.message),
            on_result=lambda result: say(
                "result", f"status {result.status_code}, {len(result.body)} bytes, {from_values(result.variables)}"),
            on_failure=lambda failure: say(
                "failure", f"{failure.message} ({FailureReason.Name(failure.reason)}: {failure.detail})"))
    return 0 if outcome.DESCRIPTOR.name == "Result" else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except ActionError as error:
        sys.exit(f"{error} {error.reason} {error.violations or ''}")
