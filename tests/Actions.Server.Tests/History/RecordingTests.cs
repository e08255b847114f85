using Actions.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using HttpMethod = Actions.V1.HttpMethod;
using Kind = Actions.V1.RecordedEventKind;

namespace Actions.Server.Tests.History;

public sealed class RecordingTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Success_IsRecordedWithoutContent()
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("""{"a": "answered"}"""));
        await using var server = await RunningServer.StartAsync();
        var records = new Records(server);
        var action = AnAction.Calling($"{upstream.Url}/{{secretly}}?q={{secretly}}");
        action.Messages = new() { StartMessage = "Spoken {secretly}" };
        action.Results.Add(new ResultField { Variable = "a", JsonPath = "$.a" });
        var stored = await server.CreateAsync(action);

        var events = await server.ExecuteAsync(new()
        {
            Id = stored.Id,
            CallId = "call",
            ToolCallId = "tool",
            Variables = { ["secretly"] = Value.ForString("valuable") },
        });

        var record = await records.SingleAsync();
        (record.ActionId, record.ActionName, record.ActionRevision).ShouldBe((stored.Id, stored.Name, stored.Etag));
        (record.CallId, record.ToolCallId).ShouldBe(("call", "tool"));
        (record.State, record.StatusCode, record.ResponseContentType).ShouldBe(
            (ExecutionState.Succeeded, 200, "application/json"));
        record.Elapsed.ShouldBe(events[^1].Elapsed);
        record.Events.ShouldBe(
        [
            new RecordedEvent { Kind = Kind.Start, Sequence = 1, Elapsed = events[0].Elapsed },
            new RecordedEvent { Kind = Kind.Result, Sequence = 2, Elapsed = events[1].Elapsed },
        ]);
        record.ToString().ShouldNotContain("valuable");
        record.ToString().ShouldNotContain("Spoken");
        record.ToString().ShouldNotContain("answered");
    }

    [Fact]
    public async Task Failure_IsRecordedWithWhereAndWhy()
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("{}", status: "404 Not Found"));
        await using var server = await RunningServer.StartAsync();
        var stored = await server.CreateAsync(AnAction.Calling(upstream.Url));

        var failure = (await server.ExecuteAsync(new() { Id = stored.Id }))[^1].Failure;

        var record = await new Records(server).SingleAsync();
        record.State.ShouldBe(ExecutionState.Failed);
        (record.Reason, record.Stage, record.StatusCode, record.Detail).ShouldBe(
            (failure.Reason, failure.Stage, 404, failure.Detail));
        record.Events.Select(told => told.Kind).ShouldBe([Kind.Start, Kind.Failure]);
    }

    [Theory]
    [InlineData(HttpMethod.Post, Duplicates.Allow, ExecutionState.Unknown)]
    [InlineData(HttpMethod.Get, Duplicates.OncePerCall, ExecutionState.Unknown)]
    [InlineData(HttpMethod.Get, Duplicates.Allow, ExecutionState.Failed)]
    public async Task OpenOutcome_IsUnknownUnlessTheActionOnlyReads(
        HttpMethod method, Duplicates duplicates, ExecutionState state)
    {
        await using var upstream = RawUpstream.AnsweringOnce("");
        await using var server = await RunningServer.StartAsync();
        var config = AnAction.Calling(upstream.Url);
        config.Request.Method = method;
        config.Duplicates = duplicates;
        var stored = await server.CreateAsync(config);

        (await server.ExecuteAsync(new() { Id = stored.Id }))[^1].Failure.OutcomeUnknown.ShouldBeTrue();

        (await new Records(server).SingleAsync()).State.ShouldBe(state);
    }

    [Theory]
    [InlineData("")]
    [InlineData("call")]
    public async Task CancelledStream_IsAborted(string call)
    {
        await using var upstream = new RawUpstream(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.HoldAsync();
        });
        await using var server = await RunningServer.StartAsync();
        var stored = await server.CreateAsync(AnAction.Calling(upstream.Url));

        using (var stream = server.Actions.Execute(new() { Id = stored.Id, CallId = call }, cancellationToken: Token))
        {
            await stream.NextAsync();
            await upstream.NextRequestAsync(Token);
        }

        var record = await new Records(server).SingleAsync();
        record.State.ShouldBe(ExecutionState.Aborted);
        record.Events.Select(told => told.Kind).ShouldBe(
            call.Length == 0 ? [Kind.Start, Kind.Aborted] : [Kind.Start, Kind.ListenerLeft, Kind.Aborted]);
    }

    [Fact]
    public async Task WhatCallsNoApi_IsNotRecorded()
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("{}"));
        await using var server = await RunningServer.StartAsync();
        var stored = await server.CreateAsync(AnAction.Calling($"{upstream.Url}/{{needed}}"));
        var request = new ExecuteRequest { Id = stored.Id, Variables = { ["needed"] = Value.ForString("x") } };

        await server.ExecuteAsync(new(request) { DryRun = true });
        (await Refusal.OfAsync(server.Actions.Execute(new() { Id = stored.Id }, cancellationToken: Token)))
            .ShouldBeInvalid("ERROR_REASON_MISSING_VARIABLE", "variables.needed");
        await server.ExecuteAsync(new(request) { CallId = "last" });

        // What is recorded is so in its order.
        (await new Records(server).SingleAsync()).CallId.ShouldBe("last");
    }

    [Fact]
    public async Task HistoryThatIsOff_RecordsNothingAndSaysSo()
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("{}"));
        await using var server = await RunningServer.StartAsync(Records.At("off"));
        var stored = await server.CreateAsync(AnAction.Calling(upstream.Url));
        await server.ExecuteAsync(new() { Id = stored.Id });
        var history = new Records(server).Client;

        foreach (var refusal in (Refusal[])
            [
                await Refusal.OfAsync(history.ListExecutionsAsync(new(), cancellationToken: Token)),
                await Refusal.OfAsync(history.GetExecutionAsync(new() { ExecutionId = "x" }, cancellationToken: Token)),
                await Refusal.OfAsync(history.GetStatisticsAsync(new(), cancellationToken: Token)),
            ])
            refusal.ShouldBe(StatusCode.FailedPrecondition, "ERROR_REASON_HISTORY_OFF");
        File.Exists(server.DatabasePath.Replace(".db", "-history.db", StringComparison.Ordinal)).ShouldBeFalse();
    }

    [Fact]
    public async Task UnknownExecution_IsNotFound()
    {
        await using var server = await RunningServer.StartAsync();
        var history = new Records(server).Client;

        (await Refusal.OfAsync(history.GetExecutionAsync(new() { ExecutionId = "x" }, cancellationToken: Token)))
            .ShouldBe(StatusCode.NotFound, "ERROR_REASON_EXECUTION_NOT_FOUND", ("id", "x"));
        (await Refusal.OfAsync(history.GetExecutionAsync(new(), cancellationToken: Token)))
            .ShouldBeViolationOf("execution_id");
    }

    [Fact]
    public async Task RecordsOlderThanTheRetention_AreDeleted()
    {
        var clock = new FakeClock();
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("{}"));
        await using var server = await RunningServer.StartAsync(
            new() { ["History:Retention"] = "2.00:00:00", ["History:ContentRetention"] = "1.00:00:00" }, clock);
        var records = new Records(server, clock);
        var stored = await server.CreateAsync(AnAction.Calling(upstream.Url));
        await server.ExecuteAsync(new() { Id = stored.Id, ToolCallId = "first" });
        await records.ListAsync(1);

        clock.Advance(TimeSpan.FromDays(1.5));
        await server.ExecuteAsync(new() { Id = stored.Id, ToolCallId = "second" });
        await records.ListAsync(2);
        clock.Advance(TimeSpan.FromDays(0.6));
        clock.Advance(TimeSpan.FromMinutes(1));

        (await records.ListAsync(1))[0].ToolCallId.ShouldBe("second");
    }

    [Fact]
    public async Task StoppedServer_HasWrittenWhatEnded()
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("{}"));
        var database = Path.Combine(Directory.CreateTempSubdirectory("actions-history-").FullName, "actions.db");
        var settings = new Dictionary<string, string> { ["Storage:Sqlite:Path"] = database };
        await using (var first = await RunningServer.StartAsync(settings))
        {
            var stored = await first.CreateAsync(AnAction.Calling(upstream.Url));
            for (var i = 0; i < 20; i++)
                await first.ExecuteAsync(new() { Id = stored.Id });
        }

        await using (var second = await RunningServer.StartAsync(settings))
            (await new Records(second).Client.ListExecutionsAsync(new(), cancellationToken: Token))
                .Executions.Count.ShouldBe(20);
        Directory.Delete(Path.GetDirectoryName(database)!, recursive: true);
    }
}
