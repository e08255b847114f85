using Actions.Engine.Masking;
using Actions.Engine.Outbound.Attempts;
using Actions.Engine.Outcomes;
using Actions.Engine.Request;
using Actions.Engine.SpokenMessages;
using Actions.Engine.Variables;
using Actions.V1;

namespace Actions.Engine.Executions;

/// <summary>One execution, bound and rendered: everything that is fixed before the first attempt.</summary>
/// <param name="Request">The rendered request, without a credential.</param>
/// <param name="Texts">The rendered messages.</param>
/// <param name="Variables">The values used for rendering.</param>
/// <param name="Input">The client's input.</param>
/// <param name="Started">The clock's timestamp from which the timeout counts.</param>
/// <param name="Recent">Of the same plan.</param>
internal sealed record Execution(
    ActionParts Plan, UpstreamRequest Request, SpokenTexts Texts, VariableValues Variables, ExecutionInput Input,
    long Started, RecentDurations Recent)
{
    public TimeSpan Timeout => Plan.Request.Timeout;

    public HostKey Host => new(Input.Workspace, Plan.Request.Authority);

    public bool WantsBody =>
        Input.BodyView == BodyView.Full || (Input.BodyView == BodyView.Unspecified && Plan.Results.IsEmpty);

    /// <summary>Names that are already used and that a sample's fields therefore can't have.</summary>
    public IEnumerable<string> TakenNames => Plan.Variables.Names.Concat(Plan.Results.Variables);

    /// <summary>
    /// Masks the action's secrets, the sensitive variables and the access tokens in what the API answered. The names of
    /// a sensitive object's members are values, too.
    /// </summary>
    public SecretMask MaskOfAnswer(IEnumerable<string> tokens) => Mask(tokens, withMembers: true);

    /// <summary>
    /// Masks them in a text of the action's author or of the server, which may contain common words such as "status".
    /// </summary>
    public SecretMask MaskOfText(IEnumerable<string> tokens) => Mask(tokens, withMembers: false);

    public UpstreamFailure TimedOut(ExecutionProgress progress) => new UpstreamFailure(
        FailureReason.Timeout, $"The API took longer than the timeout of {Timeout.TotalMilliseconds:0} ms.")
        .At(progress.Stage, progress.StatusCode);

    private SecretMask Mask(IEnumerable<string> tokens, bool withMembers) => new(
        [.. Plan.Authentication?.Secrets ?? [], .. tokens, .. Variables.SensitiveTexts(withMembers)]);
}
