using Actions.Engine.Outbound.Attempts;
using Actions.Engine.Outbound.Authentication;
using Actions.Engine.Request;
using Actions.Engine.Response;
using Actions.Engine.SpokenMessages;
using Actions.Engine.Variables;

namespace Actions.Engine.Executions;

/// <summary>What a plan is made of, in the order in which an execution needs it.</summary>
/// <param name="Authentication">Null: the API needs none.</param>
/// <param name="Variables">Step 1.</param>
/// <param name="Request">Step 2.</param>
/// <param name="Messages">Step 2.</param>
/// <param name="Retry">Step 5.</param>
/// <param name="Response">Steps 6 and 7.</param>
/// <param name="Results">Step 8.</param>
internal sealed record ActionParts(
    VariableBinder Variables,
    RequestPlan Request,
    MessagePlan Messages,
    AuthenticationPlan? Authentication,
    RetryPlan Retry,
    ResponsePlan Response,
    ResultPlan Results);
