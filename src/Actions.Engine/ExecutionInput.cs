using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine;

/// <summary>What one call brings to an action.</summary>
/// <param name="Variables">Values over the defaults.</param>
/// <param name="IdempotencyKey">Sent to the API as Idempotency-Key when not empty.</param>
/// <param name="BodyView">Whether the result carries the body.</param>
public sealed record ExecutionInput(IReadOnlyDictionary<string, Value> Variables, string IdempotencyKey, BodyView BodyView);
