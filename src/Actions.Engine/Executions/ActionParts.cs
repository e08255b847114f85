using Actions.Engine.Outbound.Attempts;
using Actions.Engine.Outbound.Authentication;
using Actions.Engine.Request;
using Actions.Engine.Response;
using Actions.Engine.SpokenMessages;
using Actions.Engine.Variables;

namespace Actions.Engine.Executions;

/// <summary>The parts of a plan, in the order in which an execution needs them.</summary>
/// <param name="Authentication">Null: the API needs no authentication.</param>
/// <param name="Variables">Bound in step 1.</param>
/// <param name="Request">Rendered in step 2.</param>
/// <param name="Messages">Rendered in step 2.</param>
/// <param name="Retry">Limits the retries of step 5.</param>
/// <param name="Reading">Applied in steps 6 to 8.</param>
internal sealed record ActionParts(
    VariableBinder Variables,
    RequestPlan Request,
    MessagePlan Messages,
    AuthenticationPlan? Authentication,
    RetryPlan Retry,
    ActionReading Reading)
{
    public ResponsePlan Response => Reading.Policy;

    public ResultPlan Results => Reading.Results;
}
