using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Executions;

/// <summary>What one call brings to an action.</summary>
/// <param name="Workspace">Whose call it is: circuits and limits are kept apart by it.</param>
/// <param name="Variables">Values over the defaults.</param>
/// <param name="IdempotencyKey">Sent to the API as Idempotency-Key when not empty.</param>
/// <param name="BodyView">Whether the result carries the body.</param>
/// <param name="DryRun">Nothing is sent.</param>
public sealed record ExecutionInput(
    string Workspace,
    IReadOnlyDictionary<string, Value> Variables,
    string IdempotencyKey = "",
    BodyView BodyView = BodyView.Unspecified,
    bool DryRun = false);
