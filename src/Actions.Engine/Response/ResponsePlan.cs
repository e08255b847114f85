using System.Collections.Immutable;
using Actions.Engine.Http;

namespace Actions.Engine.Response;

/// <summary>The criteria of success and the limits for reading a response.</summary>
/// <param name="Rules">Evaluated in order, before the statuses.</param>
/// <param name="SuccessStatuses">The statuses that count as success if no rule matches.</param>
/// <param name="MaxBodyBytes">A longer body is a failure.</param>
/// <param name="MaxRedirects">How many redirects are followed; 0: a redirect is an ordinary response.</param>
internal sealed record ResponsePlan(
    ImmutableArray<OutcomeRulePlan> Rules, StatusSet SuccessStatuses, int MaxBodyBytes, int MaxRedirects);
