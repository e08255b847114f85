using Actions.Engine.Outbound.Guard;

namespace Actions.Engine.Tests.Outbound.Guard;

/// <summary>Guards as operators' settings make them.</summary>
internal static class Guards
{
    /// <summary>APIs on this machine, and names that no test looks up, without TLS.</summary>
    public static SsrfGuard Local { get; } = With(new OutboundOptions { AllowedNetworks = "loopback", AllowHttp = true });

    public static SsrfGuard With(OutboundOptions options) => new(options, static () => [], TimeProvider.System);
}
