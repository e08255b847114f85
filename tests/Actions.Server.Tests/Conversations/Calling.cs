using Actions.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Actions.Server.Tests.Conversations;

/// <summary>What a client does with a server during a conversation.</summary>
internal static class Calling
{
    private static int _calls;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static string NewCall() => $"call-{Interlocked.Increment(ref _calls)}";

    /// <summary>Executed once per call, goes on alone.</summary>
    public static ActionConfig Ordering(string url) => new()
    {
        Name = AnAction.FreeName(),
        Request = new() { Method = V1.HttpMethod.Post, Url = url, JsonBody = """{"item": "{item}"}""" },
        Variables = { new Variable { Name = "item", DefaultValue = Value.ForString("tea") } },
        Results = { new ResultField { Variable = "order", JsonPath = "$.order" } },
    };

    public static ExecuteRequest Of(this ActionConfig action, string call, string? item = null)
    {
        var request = new ExecuteRequest { Id = action.Id, CallId = call };
        if (item is not null)
            request.Variables["item"] = Value.ForString(item);
        return request;
    }

    /// <summary>Executes until the first event is there.</summary>
    public static async Task<(AsyncServerStreamingCall<ExecuteResponse> Stream, string Id)> BeginAsync(
        this RunningServer server, ExecuteRequest request)
    {
        var stream = server.Actions.Execute(request, cancellationToken: Token);
        (await stream.NextAsync()).Start.ShouldNotBeNull();
        return (stream, stream.ResponseStream.Current.ExecutionId);
    }

    /// <summary>All of an execution that is executed until it ends.</summary>
    public static async Task<(string Id, ExecutionEvent Last)> RunAsync(
        this RunningServer server, ExecuteRequest request)
    {
        var (stream, id) = await server.BeginAsync(request);
        using (stream)
            return (id, (await stream.ReadToEndAsync())[^1]);
    }

    public static AsyncServerStreamingCall<AttachResponse> Attach(
        this RunningServer server, string id, int after = 0) =>
        server.Actions.Attach(new() { ExecutionId = id, AfterSequence = after }, cancellationToken: Token);

    /// <summary>The rest of the events, numbered without a gap.</summary>
    public static async Task<IReadOnlyList<ExecutionEvent>> ReadToEndAsync(
        this AsyncServerStreamingCall<AttachResponse> stream)
    {
        var events = new List<ExecutionEvent>();
        using (stream)
        {
            while (await stream.ResponseStream.MoveNext(Token))
                events.Add(stream.ResponseStream.Current.Event);
        }

        for (var i = 1; i < events.Count; i++)
            events[i].Sequence.ShouldBe(events[i - 1].Sequence + 1);
        return events;
    }

    /// <summary>Cancels a stream, and returns when the server has noticed.</summary>
    public static async Task InterruptAsync(
        this RunningServer server, AsyncServerStreamingCall<ExecuteResponse> stream, string id)
    {
        stream.Dispose();
        await Eventually.TrueAsync(() => Task.FromResult(server.Log.Any(
            line => line.Contains(id) && (line.Contains("goes on") || line.Contains("was cancelled")))));
    }
}
