namespace Actions.Engine.Http;

/// <summary>The headers that a request gets unless its action has them.</summary>
internal static class OwnHeaders
{
    public const string Accept = "application/json, */*;q=0.8";

    /// <summary>W3C Trace Context.</summary>
    public const string Traceparent = "traceparent";

    public static string UserAgent { get; } = $"Actions.Grpc/{typeof(OwnHeaders).Assembly.GetName().Version!.ToString(2)}";
}
