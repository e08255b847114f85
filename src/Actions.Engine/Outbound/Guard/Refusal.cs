namespace Actions.Engine.Outbound.Guard;

/// <summary>The reason for refusing a URL or an address.</summary>
/// <param name="Detail">For the event stream: reveals nothing about the internal network.</param>
/// <param name="Explanation">For the operator and the action's author: the reason and the remedy.</param>
internal sealed record Refusal(string Detail, string Explanation)
{
    public static Refusal NotPublic(string explanation) =>
        new("The address may not be called: it isn't public.", explanation);

    public static Refusal Denied(string host) =>
        new("The address may not be called: its host is denied.", $"{host} is denied by Outbound__DeniedHosts");
}

/// <summary>A request that was refused during an execution.</summary>
/// <param name="Origin">Scheme, host and port.</param>
/// <param name="Explanation">The reason with addresses and settings: for the log, not for the event stream.</param>
public sealed record OutboundRefusal(string Origin, string Explanation);
