using Actions.V1;

namespace Actions.Engine.Tests.Faults;

/// <summary>Only TLS can go wrong in these ways.</summary>
internal static class TlsFaults
{
    private const string Before = "comes before TLS";
    private const string After = "TLS is what fails";

    public static IReadOnlyList<FaultRow> Rows { get; } =
    [
        Row("TLS expired", () => FaultUpstream.Tls(TestAuthority.Expired, ConnectionFaults.HoldAfter(""))),
        Row("TLS wrong name", () => FaultUpstream.Tls(TestAuthority.WrongName, ConnectionFaults.HoldAfter(""))),
        Row("TLS self-signed", () => FaultUpstream.Tls(TestAuthority.SelfSigned, ConnectionFaults.HoldAfter(""))),
        Row("plain HTTP where TLS was expected", () => FaultUpstream.InsteadOfTls(
            peer => peer.SendAsync("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"))),
    ];

    private static FaultRow Row(string fault, Func<IFault> play) =>
        new(fault, Before, new Case(fault, FailureReason.Tls, play), After, After);
}
