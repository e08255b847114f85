using Actions.Engine.Executions;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Tests.Outbound.Attempts;

/// <summary>Executions of several workspaces.</summary>
internal static class Workspaces
{
    public static async Task<ExecutionEvent> OutcomeAsync(this EngineUnderTest engine, ActionConfig config, string workspace) =>
        await engine.Engine.ExecuteAsync(
            engine.Compile(config), new ExecutionInput(workspace, new Dictionary<string, Value>()), engine.Token).LastAsync(engine.Token);

    public static async Task<Failure> FailureAsync(this EngineUnderTest engine, ActionConfig config, string workspace)
    {
        var outcome = await engine.OutcomeAsync(config, workspace);
        return outcome.Failure.ShouldNotBeNull($"it succeeded: {outcome.Result}");
    }
}
