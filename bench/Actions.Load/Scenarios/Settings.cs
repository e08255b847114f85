using Actions.Allocations;

namespace Actions.Load.Scenarios;

/// <summary>The settings of Actions.Grpc beyond those that every run has. All of them are here.</summary>
internal static class Settings
{
    /// <summary>Without the limits of a workspace's rate: everything comes from one.</summary>
    public static Dictionary<string, string> Default => new(ServerCommand.Unlimited);

    /// <summary>For 10,000 in flight: one setting.</summary>
    public static Dictionary<string, string> Large => new(StringComparer.Ordinal) { ["Server__Profile"] = "large" };
}
