using Actions.Server.Tests.Telemetry;
using Actions.V1;
using Google.Protobuf;
using Grpc.Core;
using Kind = Actions.V1.ExecutionEvent.EventOneofCase;

namespace Actions.Server.Tests.Execution;

/// <summary>ExecuteRequest.simulate, through the front door.</summary>
public sealed class SimulateTests
{
    [Fact]
    public async Task Simulated_MarkedAndNeitherSentNorCounted()
    {
        await using var server = await RunningServer.StartAsync();
        using var measured = new Measured(server);
        await using var api = RawUpstream.Answering(RawUpstream.Response("{}"));
        var action = AnAction.Calling(api.Url);
        action.RetryPolicy = new() { MaxAttempts = 2 };
        action.Results.Add(new ResultField { Variable = "status", JsonPath = "$.status" });
        var stored = await server.CreateAsync(action);

        var events = await server.ExecuteAsync(new()
        {
            Id = stored.Id,
            Simulate = new()
            {
                Attempts =
                {
                    new SimulatedAttempt { Fault = SimulatedFault.Reset },
                    new SimulatedAttempt
                    {
                        Response = new() { Body = ByteString.CopyFromUtf8("""{"status": "sent"}""") },
                    },
                },
            },
        });

        events.Select(told => told.EventCase).ShouldBe([Kind.Start, Kind.Retry, Kind.Result]);
        events.ShouldAllBe(told => told.Simulated);
        events[^1].Result.Variables["status"].StringValue.ShouldBe("sent");
        api.Requests.ShouldBeEmpty();
        server.Log.ShouldContain(line => line.Contains("status 200 (simulated)", StringComparison.Ordinal));

        (await server.ExecuteAsync(new() { Id = stored.Id })).ShouldAllBe(told => !told.Simulated);
        Counted(measured, "gen_ai.execute_tool.duration").ShouldBe(1);
        Counted(measured, "actions.attempt.duration").ShouldBe(1);
        Counted(measured, "actions.attempt.retries").ShouldBe(0);
    }

    [Fact]
    public async Task Impossible_RefusedWithTheFieldsPath()
    {
        await using var server = await RunningServer.StartAsync();
        var stored = await server.CreateAsync(AnAction.Any());
        var simulate = new V1.Simulation { Attempts = { new SimulatedAttempt { Response = new() { Status = 99 } } } };

        var impossible = await Refusal.OfAsync(server.Actions.Execute(
            new() { Id = stored.Id, Simulate = simulate }, cancellationToken: TestContext.Current.CancellationToken));
        var both = await Refusal.OfAsync(server.Actions.Execute(
            new() { Id = stored.Id, Simulate = new(), DryRun = true },
            cancellationToken: TestContext.Current.CancellationToken));

        (impossible.Code, both.Code).ShouldBe((StatusCode.InvalidArgument, StatusCode.InvalidArgument));
        impossible.Fields.ShouldBe(["simulate.attempts[0].response.status"]);
        both.Fields.ShouldBe(["simulate"]);
    }

    private static int Counted(Measured measured, string instrument) =>
        measured.Texts.Count(text => text.StartsWith(instrument, StringComparison.Ordinal));
}
