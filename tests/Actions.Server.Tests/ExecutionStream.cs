using Actions.V1;
using Grpc.Core;
using Kind = Actions.V1.ExecutionEvent.EventOneofCase;

namespace Actions.Server.Tests;

/// <summary>Reads the stream of an execution and checks what is promised of every one.</summary>
internal static class ExecutionStream
{
    /// <summary>The rest of the events, the outcome included.</summary>
    public static async Task<IReadOnlyList<ExecutionEvent>> ReadToEndAsync(this AsyncServerStreamingCall<ExecuteResponse> call)
    {
        var responses = new List<ExecuteResponse>();
        while (await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken))
            responses.Add(call.ResponseStream.Current);
        call.GetStatus().StatusCode.ShouldBe(StatusCode.OK);
        responses.Select(response => response.ExecutionId).Distinct().ShouldHaveSingleItem().ShouldNotBeEmpty();

        var events = responses.ConvertAll(response => response.Event);
        events[^1].EventCase.ShouldBeOneOf(Kind.Result, Kind.Failure);
        for (var i = 0; i < events.Count; i++)
        {
            events[i].Sequence.ShouldBe(events[0].Sequence + i);
            (events[i].EventCase is Kind.Start).ShouldBe(events[i].Sequence == 1);
            (events[i].EventCase is Kind.Result or Kind.Failure).ShouldBe(i == events.Count - 1);
            if (i > 0)
                events[i].Elapsed.ShouldBeGreaterThanOrEqualTo(events[i - 1].Elapsed);
        }

        return events;
    }

    /// <summary>The next event.</summary>
    public static async Task<ExecutionEvent> NextAsync(this AsyncServerStreamingCall<ExecuteResponse> call)
    {
        (await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken)).ShouldBeTrue("the stream has ended");
        return call.ResponseStream.Current.Event;
    }
}
