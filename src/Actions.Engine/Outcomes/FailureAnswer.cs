using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Outcomes;

/// <summary>What the API said in a response that counts as a failure. Secrets and sensitive values are
/// masked.</summary>
/// <param name="ContentType">The response's Content-Type.</param>
/// <param name="Body">Empty: not asked for, or not there.</param>
/// <param name="BodyTruncated">The body was longer.</param>
/// <param name="Variables">The action's error fields.</param>
internal sealed record FailureAnswer(
    string ContentType, ByteString Body, bool BodyTruncated, IDictionary<string, Value> Variables);
