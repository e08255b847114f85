using System.Collections.Immutable;
using Actions.Engine.Http;

namespace Actions.Engine.Response;

/// <summary>What counts as success and how much of an answer is read.</summary>
/// <param name="Rules">Asked in order, before the statuses.</param>
/// <param name="SuccessStatuses">Those that count as success where no rule fits.</param>
/// <param name="MaxBodyBytes">A longer body is a failure.</param>
/// <param name="MaxRedirects">How many are followed; 0: a redirect is an answer like any other.</param>
internal sealed record ResponsePlan(
    ImmutableArray<OutcomeRulePlan> Rules, StatusSet SuccessStatuses, int MaxBodyBytes, int MaxRedirects);
