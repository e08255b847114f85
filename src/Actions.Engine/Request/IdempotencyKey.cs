using System.Collections.Immutable;
using Actions.Engine.Limits;
using Actions.Engine.Variables;

namespace Actions.Engine.Request;

/// <summary>
/// The header by which an API recognizes the attempts of one execution. The key comes from the action's own header or
/// from the client, or is derived from the call, or is generated if a request that isn't idempotent may be sent again.
/// </summary>
internal static class IdempotencyKey
{
    public const string Header = "Idempotency-Key";

    public static bool IsHeader(string name) => name.Equals(Header, StringComparison.OrdinalIgnoreCase);

    /// <param name="plan">The request; its own header is used if the client sent no key.</param>
    /// <param name="variables">Decide whether that header is sent.</param>
    /// <param name="brought">The client's key; empty if there is none.</param>
    /// <param name="derived">Of the call and the arguments; empty if there is none.</param>
    /// <param name="needed">The request may be sent twice but must be processed only once.</param>
    /// <returns>The key to send; empty if the header of the action is sent, or none.</returns>
    public static string For(RequestPlan plan, VariableValues variables, string brought, string derived, bool needed)
    {
        if (brought.Length > 0 || !(needed || derived.Length > 0))
            return brought;
        foreach (var header in plan.Headers)
        {
            if (IsHeader(header.Name) && RequestHeaders.IsSent(header, variables))
                return "";
        }

        return derived.Length > 0 ? derived : Guid.NewGuid().ToString();
    }

    /// <summary>Sets the header, replacing the action's own one.</summary>
    public static void Write(ImmutableArray<KeyValuePair<string, string>>.Builder headers, string key, Violations violations)
    {
        if (key.Length > ContractLimits.MaxIdempotencyKeyLength || key.AsSpan().ContainsAnyExceptInRange(' ', '~'))
        {
            violations.Add("idempotency_key", $"must be at most {ContractLimits.MaxIdempotencyKeyLength} visible ASCII characters.");
            return;
        }

        if (key.Length == 0)
            return;
        headers.RemoveAll(header => IsHeader(header.Key));
        headers.Add(KeyValuePair.Create(Header, key));
    }
}
