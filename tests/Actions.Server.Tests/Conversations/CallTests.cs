using Actions.V1;
using Grpc.Core;

namespace Actions.Server.Tests.Conversations;

public sealed class CallTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private readonly RunningServer _server = fixture.Server;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task CallThatIsAskedFor_ListsItsExecutionsAndVariables()
    {
        await using var api = new HeldApi();
        api.Answer();
        var action = await _server.CreateAsync(Calling.Ordering(api.Url));
        var call = Calling.NewCall();
        var request = action.Of(call);
        request.ToolCallId = "tool-1";
        var (id, _) = await _server.RunAsync(request);
        var (stream, running) = await _server.BeginAsync(action.Of(call, "cake"));
        using var held = stream;

        var found = await _server.Actions.GetCallAsync(new() { CallId = call }, cancellationToken: Token);

        found.Executions.Select(one => (one.ExecutionId, one.State)).ShouldBe(
            [(id, ExecutionState.Succeeded), (running, ExecutionState.Running)]);
        found.Executions[0].ActionId.ShouldBe(action.Id);
        found.Executions[0].ToolCallId.ShouldBe("tool-1");
        found.Executions[0].LastSequence.ShouldBe(2);
        var variable = found.Variables.ShouldHaveSingleItem();
        (variable.Name, variable.Value.NumberValue, variable.ExecutionId).ShouldBe(("order", 1, id));
        found.ExpireTime.ToDateTimeOffset().ShouldBeGreaterThan(TimeProvider.System.GetUtcNow());
    }

    [Fact]
    public async Task EndedCall_IsForgottenAndAborted()
    {
        await using var api = new HeldApi();
        api.Answer();
        var action = await _server.CreateAsync(Calling.Ordering(api.Url));
        var call = Calling.NewCall();
        var (id, _) = await _server.RunAsync(action.Of(call));
        await api.CalledAsync();
        var (running, _) = await _server.BeginAsync(action.Of(call, "cake"));
        await api.CalledAsync();

        await _server.Actions.EndCallAsync(new() { CallId = call }, cancellationToken: Token);

        using (running)
            (await running.ReadToEndAsync())[^1].Failure.Reason.ShouldBe(FailureReason.Aborted);
        await api.ClosedAsync();
        (await Refusal.OfAsync(_server.Attach(id))).Code.ShouldBe(StatusCode.NotFound);
        (await Refusal.OfAsync(_server.Actions.GetCallAsync(new() { CallId = call }, cancellationToken: Token)))
            .Code.ShouldBe(StatusCode.NotFound);
        // A new conversation.
        api.Answer();
        (await _server.RunAsync(action.Of(call))).Last.Result.Replayed.ShouldBeFalse();
    }

    [Fact]
    public async Task CallThatNobodyKnows_MayBeEnded()
    {
        await _server.Actions.EndCallAsync(new() { CallId = Calling.NewCall() }, cancellationToken: Token);

        var refusal = await Refusal.OfAsync(_server.Actions.EndCallAsync(new(), cancellationToken: Token));
        refusal.ShouldBeViolationOf("call_id");
    }
}
