using System.Collections.Frozen;
using Actions.Engine.Http;
using Actions.Engine.Limits;
using Actions.V1;

namespace Actions.Engine.Compilation;

/// <summary>Checks what a client says that stands in for the API.</summary>
internal static class SimulationCheck
{
    private static readonly TimeSpan LongestLatency = TimeSpan.FromSeconds(300);

    // HTTP's framing follows from the body, as it does for the requests of actions.
    private static readonly FrozenSet<string> Framing =
        new[] { "Content-Length", "Transfer-Encoding" }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <exception cref="InvalidFieldsException">The simulation is no possible course of events.</exception>
    public static void ThrowIfInvalid(Simulation simulation, bool isDryRun, EngineOptions options)
    {
        var violations = new Violations("simulate");
        if (isDryRun)
            throw new InvalidFieldsException("simulate", "can't be combined with dry_run, which makes no attempt.");
        if (simulation.Attempts.Count is 0 or > ContractLimits.MaxAttempts)
            violations.Add("attempts", $"must have 1 to {ContractLimits.MaxAttempts} elements.");
        for (var i = 0; i < Math.Min(simulation.Attempts.Count, ContractLimits.MaxAttempts); i++)
            Check(simulation.Attempts[i], $"attempts[{i}]", options, violations);
        violations.ThrowIfAny();
    }

    private static void Check(SimulatedAttempt attempt, string field, EngineOptions options, Violations violations)
    {
        Durations.Read(attempt.Latency, $"{field}.latency", TimeSpan.Zero, LongestLatency, violations);
        switch (attempt.OutcomeCase)
        {
            case SimulatedAttempt.OutcomeOneofCase.Fault
                when attempt.Fault == SimulatedFault.Unspecified || !Enum.IsDefined(attempt.Fault):
                violations.Add($"{field}.fault", "must be one of the faults that this server knows.");
                break;
            case SimulatedAttempt.OutcomeOneofCase.Response:
                Check(attempt.Response, $"{field}.response", options, violations);
                break;
        }
    }

    private static void Check(SimulatedResponse response, string field, EngineOptions options, Violations violations)
    {
        if (response.Status is not (0 or (>= 200 and <= 599)))
            violations.Add($"{field}.status", "must be 200 to 599, or 0 for 200.");
        violations.CheckLimit($"{field}.headers", response.Headers.Count, options.MaxHeaders, "headers");
        for (var i = 0; i < Math.Min(response.Headers.Count, options.MaxHeaders); i++)
        {
            var (header, at) = (response.Headers[i], $"{field}.headers[{i}]");
            if (!HeaderRules.IsName(header.Name))
                violations.Add($"{at}.name", "must be letters, digits and !#$%&'*+-.^_`|~, and at least one.");
            if (Framing.Contains(header.Name))
                violations.Add($"{at}.name", $"'{header.Name}' follows from the body; it can't be simulated.");
            violations.CheckLimit($"{at}.name", header.Name.Length, options.MaxHeaderNameLength, "characters");
            violations.CheckLimit($"{at}.value", header.Value.Length, options.MaxHeaderValueLength, "characters");
            if (!HeaderRules.IsAllowedValue(header.Value))
                violations.Add($"{at}.value", "must not contain CR, LF or NUL.");
        }
    }
}
