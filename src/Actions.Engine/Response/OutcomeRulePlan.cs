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
    /// <exception cref="UpstreamException">The filter visits too many nodes of the body.</exception>
    public bool Matches(UpstreamResponse response)
    {
        if (Statuses?.Contains(response.Status) == false)
            return false;
        try
        {
            return Filter is null || (response.Body.Json is { } root && Filter.Matches(root, response.Budget));
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
