namespace Actions.Engine.Outbound.Guard;

/// <summary>Why something may not be called.</summary>
/// <param name="Detail">For whoever executes the action: tells nothing about the network inside.</param>
/// <param name="Explanation">For the operator, and for whoever wrote the address down: with what to do.</param>
internal sealed record Refusal(string Detail, string Explanation)
{
    public static Refusal NotPublic(string explanation) => new("The address may not be called: it isn't public.", explanation);

    public static Refusal Denied(string host) =>
        new("The address may not be called: its host is denied.", $"{host} is denied by Outbound__DeniedHosts");
}

/// <summary>A call that was refused when it was about to be made.</summary>
/// <param name="Origin">Scheme, host and port.</param>
/// <param name="Explanation">Why, with addresses and settings: for the log, not for the conversation.</param>
public sealed record OutboundRefusal(string Origin, string Explanation);
