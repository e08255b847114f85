"""A thin client of actions.v1 for voice engines.

    with Client("127.0.0.1:5080") as client:
        with client.execute(name="Check Order Status", variables={"order_id": "A-17"}) as execution:
            execution.run(on_start=..., on_delay=..., on_result=..., on_failure=...)

Messages are generated, in `actions.v1`; variables are plain Python values.
"""
import sys
from pathlib import Path

import grpc
from google.protobuf import json_format, struct_pb2

_GENERATED = Path(__file__).resolve().parent / "gen"
if _GENERATED.is_dir():  # In a checkout; an installed package has the generated modules beside this one.
    sys.path.insert(0, str(_GENERATED))

from actions.rpc import error_details_pb2 as rpc  # noqa: E402
from actions.v1 import action_config_service_pb2 as configs  # noqa: E402
from actions.v1 import action_config_service_pb2_grpc, action_service_pb2_grpc, api_key_service_pb2_grpc  # noqa: E402
from actions.v1 import action_service_pb2 as executions  # noqa: E402
from actions.v1 import call_pb2, execution_service_pb2, execution_service_pb2_grpc, prepare_pb2  # noqa: E402


class ActionError(Exception):
    """An RPC that ended with an error status. Switch on `reason`, never on the text."""

    def __init__(self, error):
        super().__init__(f"{error.code().name}: {error.details()}")
        self.code = error.code()
        self.message = error.details()
        self.reason = self.domain = ""  # An ErrorReason's name; empty when the status is not the server's own.
        self.metadata = {}
        self.violations = {}  # Field path -> what is wrong with it.
        self.retry_delay = None  # Seconds, where the server names them.
        for key, value in error.trailing_metadata() or ():
            if key == "grpc-status-details-bin":
                for detail in rpc.Status.FromString(value).details:
                    self._take(detail.type_url.rpartition("/")[2], detail.value)

    def _take(self, kind, value):
        if kind == "google.rpc.ErrorInfo":
            info = rpc.ErrorInfo.FromString(value)
            self.reason, self.domain, self.metadata = info.reason, info.domain, dict(info.metadata)
        elif kind == "google.rpc.BadRequest":
            self.violations = {v.field: v.description for v in rpc.BadRequest.FromString(value).field_violations}
        elif kind == "google.rpc.RetryInfo":
            self.retry_delay = rpc.RetryInfo.FromString(value).retry_delay.ToTimedelta().total_seconds()


class Client:
    """A channel to one server, which reconnects by itself. Safe to share between threads.

    gRPC retries a call only if the server can't have seen it; this client retries nothing else.
    """

    def __init__(self, target, *, api_key=None, timeout=30.0, metadata=(), tls=False, ca=None, options=()):
        """`timeout` is the default deadline of a call in seconds. `ca` is a PEM in bytes: uses TLS with these roots."""
        if api_key:
            metadata = (*metadata, ("authorization", f"Bearer {api_key}"))
        self._channel = (grpc.secure_channel(target, grpc.ssl_channel_credentials(ca), options) if tls or ca
                         else grpc.insecure_channel(target, options))
        self.actions = action_service_pb2_grpc.ActionServiceStub(self._channel)
        self.configs = action_config_service_pb2_grpc.ActionConfigServiceStub(self._channel)
        self.keys = api_key_service_pb2_grpc.ApiKeyServiceStub(self._channel)
        self.history = execution_service_pb2_grpc.ExecutionServiceStub(self._channel)
        self._timeout, self._metadata = timeout, tuple(metadata)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._channel.close()

    def create(self, action_config, validate_only=False):
        return self.call(self.configs.CreateActionConfig, configs.CreateActionConfigRequest(
            action_config=action_config, validate_only=validate_only)).action_config

    def get(self, id):
        return self.call(self.configs.GetActionConfig, configs.GetActionConfigRequest(id=id)).action_config

    def list(self, **filters):
        """Yields every action that matches, page by page. Filters: name_prefix, labels, page_size."""
        request = configs.ListActionConfigsRequest(**filters)
        while True:
            page = self.call(self.configs.ListActionConfigs, request)
            yield from page.action_configs
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token

    def update(self, action_config, mask=(), validate_only=False):
        """Writes the fields in `mask`, or all fields that are set. Refused if an etag in `action_config` isn't the stored one."""
        return self.call(self.configs.UpdateActionConfig, configs.UpdateActionConfigRequest(
            action_config=action_config, update_mask={"paths": mask}, validate_only=validate_only)).action_config

    def delete(self, id, etag=""):
        self.call(self.configs.DeleteActionConfig, configs.DeleteActionConfigRequest(id=id, etag=etag))

    def initialize(self, variables=None, **target):
        """Calls the API once and returns a sample. Target: id or draft."""
        request = configs.InitializeRequest(variables=to_values(variables), **target)
        return self.call(self.configs.Initialize, request)

    def execute(self, variables=None, *, timeout=None, **request):
        """Starts an execution. Request: id or name, call_id, idempotency_key, body_view, dry_run, tool_call_id, simulate."""
        return self.stream(executions.ExecuteRequest(variables=to_values(variables), **request), timeout)

    def stream(self, request, timeout=None):
        """Starts an execution from an ExecuteRequest."""
        stream = self.actions.Execute(request, timeout=timeout or self._timeout, metadata=self._metadata)
        return Execution(stream)

    def attach(self, execution_id, after_sequence=0, timeout=None):
        """Follows an execution that has a call_id, from the event after `after_sequence` on, on any server."""
        request = call_pb2.AttachRequest(execution_id=execution_id, after_sequence=after_sequence)
        return Execution(self.actions.Attach(request, timeout=timeout or self._timeout, metadata=self._metadata))

    def prepare(self, ids=(), names=(), labels=None, call_id=""):
        """Makes ready what a conversation will probably need, without calling the APIs."""
        return self.call(self.actions.Prepare, prepare_pb2.PrepareRequest(
            ids=ids, names=names, labels=labels, call_id=call_id))

    def get_call(self, call_id):
        """What the call remembers, and what it has executed."""
        return self.call(self.actions.GetCall, call_pb2.GetCallRequest(call_id=call_id))

    def end_call(self, call_id):
        """Forgets the call: aborts what runs, and deletes its memory, its executions and their history."""
        self.call(self.actions.EndCall, call_pb2.EndCallRequest(call_id=call_id))

    def executions(self, **filters):
        """Yields the records of ended executions, the latest first. Filters: those of ListExecutionsRequest."""
        request = execution_service_pb2.ListExecutionsRequest(**filters)
        while True:
            page = self.call(self.history.ListExecutions, request)
            yield from page.executions
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token

    def call(self, method, request, timeout=None):
        """Calls any other method, such as `client.call(client.keys.ListApiKeys, ListApiKeysRequest())`."""
        try:
            return method(request, timeout=timeout or self._timeout, metadata=self._metadata)
        except grpc.RpcError as error:
            raise ActionError(error) from None


class Execution:
    """The stream of events of one execution. Leaving the `with` block early ends the stream; whether the HTTP call ends
    with it is for the action's `on_interruption` to say, if the execution has a call_id.
    """

    def __init__(self, stream):
        self._stream = stream
        self.id = ""  # Set with the first event.

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.cancel()

    def cancel(self):
        self._stream.cancel()

    def __iter__(self):
        try:
            for response in self._stream:
                self.id = response.execution_id
                yield response.event
        except grpc.RpcError as error:
            raise ActionError(error) from None

    def run(self, on_start=None, on_delay=None, on_retry=None, on_result=None, on_failure=None):
        """Calls the callback of each Start, Delay, Retry, Result or Failure, and returns the last one."""
        callbacks = {"start": on_start, "delay": on_delay, "retry": on_retry, "result": on_result, "failure": on_failure}
        last = None
        for event in self:
            kind = event.WhichOneof("event")  # None: an event of a newer server is ignored.
            if not kind:
                continue
            last = getattr(event, kind)
            if callbacks[kind]:
                callbacks[kind](last)
        return last


def to_values(variables):
    """Converts plain Python values to google.protobuf.Value; None, lists and dicts too."""
    return {name: json_format.ParseDict(value, struct_pb2.Value()) for name, value in (variables or {}).items()}


def from_values(values):
    """Converts a map of google.protobuf.Value to a dict of plain Python values."""
    return {name: json_format.MessageToDict(value) for name, value in values.items()}
