using System.Collections.Immutable;
using Actions.Engine.Limits;

namespace Actions.Engine.Request;

/// <summary>
/// The header by which an API recognizes the attempts of one execution: written by hand in the action, brought by the
/// client, or made up where a request that isn't idempotent may be sent again.
/// </summary>
internal static class IdempotencyKey
{
    public const string Header = "Idempotency-Key";

    public static bool IsHeader(string name) => name.Equals(Header, StringComparison.OrdinalIgnoreCase);

    /// <param name="plan">Its hand-written header is used where the client brings no key.</param>
    /// <param name="brought">Empty: none.</param>
    /// <param name="needed">The request may be sent twice, and must not be done twice.</param>
    /// <returns>The key to send; empty: none beside a hand-written one.</returns>
    public static string For(RequestPlan plan, string brought, bool needed) =>
        needed && brought.Length == 0 && !plan.HasIdempotencyKeyHeader ? Guid.NewGuid().ToString() : brought;

    /// <summary>Sets the header, in place of a hand-written one.</summary>
    public static void Write(ImmutableArray<KeyValuePair<string, string>>.Builder headers, string key, Violations violations)
    {
        if (key.Length > ContractLimits.MaxIdempotencyKeyLength || key.Any(c => c is < ' ' or > '~'))
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
