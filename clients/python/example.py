#!/usr/bin/env python3
"""A minimal voice engine: creates an action, executes it and prints the text of each event."""
import sys
import time

from actions_client import ActionError, Client, from_values
from actions.v1.action_config_pb2 import HTTP_METHOD_GET, ActionConfig
from actions.v1.execution_pb2 import FailureReason


def main():
    if len(sys.argv) < 3:
        sys.exit("Arguments: SERVER URL [NAME=VALUE]..., such as 127.0.0.1:5080 'http://127.0.0.1:9000/{file}' file=README.md")
    server, url, *pairs = sys.argv[1:]
    variables = dict(pair.split("=", 1) for pair in pairs)

    with Client(server) as client:
        action = client.create(ActionConfig(
            name=f"Python example {time.time_ns()}",
            request={"method": HTTP_METHOD_GET, "url": url},
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
    """Executes the action. In a voice engine, say() would go to text-to-speech."""
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
