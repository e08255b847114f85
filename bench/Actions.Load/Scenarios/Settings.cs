namespace Actions.Load.Scenarios;

/// <summary>The settings of Actions.Grpc beyond those that every run has. All of them are here.</summary>
internal static class Settings
{
    /// <summary>Its defaults.</summary>
    public static Dictionary<string, string> Default => [];

    /// <summary>For 10,000 in flight. They have to be raised together.</summary>
    public static Dictionary<string, string> Large => new(StringComparer.Ordinal)
    {
        ["Engine__MaxCallsPerHost"] = "20000",
        ["Engine__MaxConnectionsPerHost"] = "20000",
        ["Limits__ConcurrentCalls"] = "20000",
        ["Limits__CallsPerSecond"] = "20000",
        ["Limits__Burst"] = "20000",
    };
}
