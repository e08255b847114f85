using Actions.Engine.Variables;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Executions;

/// <summary>The input of one call of an action.</summary>
/// <param name="Workspace">The client's workspace: circuit breakers and limits are separate for each workspace.</param>
/// <param name="Variables">Values that override the defaults.</param>
/// <param name="IdempotencyKey">Sent to the API as Idempotency-Key unless empty.</param>
/// <param name="BodyView">Whether the result includes the body.</param>
/// <param name="DryRun">Nothing is sent.</param>
/// <param name="Traceparent">The trace of the client's call (W3C Trace Context), valid or empty: for the hosts that the
/// operator names.</param>
public sealed record ExecutionInput(
    string Workspace,
    IReadOnlyDictionary<string, Value> Variables,
    string IdempotencyKey = "",
    BodyView BodyView = BodyView.Unspecified,
    bool DryRun = false,
    string Traceparent = "")
{
    /// <summary>Filled by the execution. Null: nobody wants to know.</summary>
    public ExecutionJournal? Journal { get; init; }

    /// <summary>What the call remembers of <see cref="ActionPlan.WantedFromMemory"/>: used where
    /// <see cref="Variables"/> have no value, before the defaults. Null: nothing.</summary>
    public IReadOnlyDictionary<string, RememberedValue>? Remembered { get; init; }

    /// <summary>Sent as Idempotency-Key if neither the client nor the action has one. Empty: none.</summary>
    public string DerivedIdempotencyKey { get; init; } = "";

    /// <summary>Stands in for the API. Null: the API is called.</summary>
    public Simulation? Simulation { get; init; }
}
