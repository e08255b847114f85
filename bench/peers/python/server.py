"""What a team writes by hand on grpc.aio: one call, one HTTP request, two events. No limits, no guard, no store."""
import asyncio
import json
import pathlib
import platform
import resource
import sys
import time
import urllib.parse
import uuid

import aiohttp
import grpc

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "clients/python/gen"))
from actions.v1 import action_service_pb2, action_service_pb2_grpc, execution_pb2  # noqa: E402

TIMEOUT = 10
THRESHOLD = 2


def select_small(answer, variables):
    order = answer["order"]
    variables["status"].string_value = order["status"]
    variables["eta"].string_value = order["eta"]


def select_large(answer, variables):
    orders = answer["orders"]
    variables["count"].number_value = answer["count"]
    variables["first"].string_value = orders[0]["status"]
    variables["tenth"].string_value = orders[10]["customer"]["name"]
    variables["total"].number_value = orders[100]["total"]
    variables["next"].string_value = answer["page"]["next"]


def fail(reason, status=0):
    failure = execution_pb2.Failure(
        message="I can't reach the shop now.", reason=reason, status_code=status, attempts=1)
    return execution_pb2.ExecutionEvent(failure=failure)


class ActionService(action_service_pb2_grpc.ActionServiceServicer):
    def __init__(self, api, session):
        self.api = api
        self.session = session

    async def Execute(self, request, context):  # noqa: N802 (gRPC's name)
        """The same visible work: Start, the call within the time-out, a Delay beyond a threshold, Result or Failure."""
        execution_id = str(uuid.uuid4())
        began = time.monotonic_ns()
        sequence = 0

        def response(event):
            nonlocal sequence
            sequence += 1
            event.sequence = sequence
            event.elapsed.FromNanoseconds(time.monotonic_ns() - began)
            return action_service_pb2.ExecuteResponse(execution_id=execution_id, event=event)

        start = execution_pb2.Start(message="Let me look that up.")
        yield response(execution_pb2.ExecutionEvent(start=start))
        call = asyncio.create_task(self.call(request))
        try:
            done, _ = await asyncio.wait({call}, timeout=THRESHOLD)
            if not done:
                delay = execution_pb2.Delay(message="One moment.", ordinal=1)
                yield response(execution_pb2.ExecutionEvent(delay=delay))
            yield response(await call)
        finally:
            call.cancel()

    async def call(self, request):
        """GETs /{name} or /{name}/{order}. The outcome is always an event."""
        path = urllib.parse.quote(request.name, safe="")
        if "order" in request.variables:
            path += "/" + urllib.parse.quote(request.variables["order"].string_value, safe="")
        try:
            async with self.session.get(self.api + path) as response:
                if not 200 <= response.status <= 299:
                    return fail(execution_pb2.FAILURE_REASON_HTTP_STATUS, response.status)
                body = await response.read()
                content_type = response.headers.get("Content-Type", "")
                status = response.status
        except asyncio.TimeoutError:
            return fail(execution_pb2.FAILURE_REASON_TIMEOUT)
        except aiohttp.ClientError:
            return fail(execution_pb2.FAILURE_REASON_CONNECTION)
        result = execution_pb2.Result(status_code=status, content_type=content_type, attempts=1)
        try:
            answer = json.loads(body)
        except ValueError:
            return fail(execution_pb2.FAILURE_REASON_INVALID_RESPONSE, status)
        try:
            (select_large if request.name == "large" else select_small)(answer, result.variables)
        except (KeyError, IndexError, TypeError):
            return fail(execution_pb2.FAILURE_REASON_MISSING_RESULT, status)
        return execution_pb2.ExecutionEvent(result=result)


async def main(api):
    # A connection for each call in flight: as many files as the system allows. .NET, Go and Node ask for that themselves.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    # By default aiohttp has 100 connections, and keeps cookies.
    async with aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0), cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=TIMEOUT)) as session:
        server = grpc.aio.server()
        action_service_pb2_grpc.add_ActionServiceServicer_to_server(ActionService(api, session), server)
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        print(f"Grpc http://127.0.0.1:{port}", flush=True)
        await server.wait_for_termination()


if sys.argv[1] == "version":
    print(f"Python {platform.python_version()}, grpcio {grpc.__version__}, aiohttp {aiohttp.__version__}")
else:
    asyncio.run(main(sys.argv[1]))
