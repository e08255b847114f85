using System.Text.Json;
using Actions.Engine.Extraction.Paths;
using Actions.Engine.Http;
using Actions.Engine.Outcomes;
using Actions.Engine.Syntax;
using Actions.Engine.Templates;
using Actions.V1;

namespace Actions.Engine.Response;

/// <summary>Decides the outcome of a response whose status alone isn't enough.</summary>
/// <param name="Statuses">Null: any status.</param>
/// <param name="Filter">Null: any body.</param>
/// <param name="Outcome">The outcome of a response that matches.</param>
/// <param name="Message">Null: the message used without the rule.</param>
internal sealed record OutcomeRulePlan(StatusSet? Statuses, Condition? Filter, Outcome Outcome, Template? Message)
{
    /// <param name="status">The response's status.</param>
    /// <param name="body">Null: the body isn't JSON.</param>
    /// <exception cref="UpstreamException">The filter visits too many nodes of the body.</exception>
    public bool Matches(int status, JsonElement? body, WorkBudget budget)
    {
        if (Statuses?.Contains(status) == false)
            return false;
        try
        {
            return Filter is null || (body is { } root && Filter.Matches(root, budget));
        }
        catch (NotUnicodeException)
        {
            // A string that isn't Unicode text matches nothing.
            return false;
        }
        catch (SyntaxException e)
        {
            throw new UpstreamException(new UpstreamFailure(
                FailureReason.InvalidResponse, $"The response can't be read: an outcome rule's filter {e.Message}."));
        }
    }
}
