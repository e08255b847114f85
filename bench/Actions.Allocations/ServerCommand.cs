using System.Reflection;
using System.Runtime.InteropServices;

namespace Actions.Allocations;

/// <summary>How a server is started. It prints <c>Grpc</c> and its address when its port is open.</summary>
/// <param name="File">The program.</param>
/// <param name="Settings">Added to its environment.</param>
internal sealed record ServerCommand(string File, string[] Arguments, Dictionary<string, string> Settings)
{
    /// <summary>For what measures the way of a call, not its limits.</summary>
    public static readonly IReadOnlyDictionary<string, string> Unlimited = new Dictionary<string, string>(
        StringComparer.Ordinal)
    {
        ["Limits__CallsPerSecond"] = "1000000",
        ["Limits__Burst"] = "1000000",
    };

    // What the image of Actions.Grpc sets (deploy/Dockerfile), for the bare handler as well.
    private static readonly Dictionary<string, string> Runtime = new(StringComparer.Ordinal)
    {
        ["DOTNET_GCgen0size"] = "2000000",
        ["DOTNET_TC_DelaySingleProcMultiplier"] = "1",
    };

    /// <summary>Whether the meter answers: .NET only.</summary>
    public bool IsMetered { get; init; }

    /// <summary>Its working directory. Null: a temporary one, which goes with it.</summary>
    public string? Folder { get; init; }

    /// <summary>Actions.Grpc itself.</summary>
    /// <param name="more">Settings beyond those that every run needs.</param>
    public static ServerCommand Actions(Dictionary<string, string>? more = null, string? assembly = null)
    {
        var settings = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["Kestrel__Endpoints__Grpc__Url"] = "http://127.0.0.1:0",
            ["Kestrel__Endpoints__Web__Url"] = "http://127.0.0.1:0",
            ["Storage__Sqlite__Path"] = "actions.db",
            ["Outbound__AllowedNetworks"] = "loopback",
        };
        foreach (var (name, value) in more ?? [])
            settings[name] = value;
        return Dotnet(assembly ?? Built("src/Actions.Server", "Actions.Server"), [], settings);
    }

    /// <summary>The bare handler on grpc-dotnet.</summary>
    public static ServerCommand Bare(Uri api, string? assembly = null) =>
        Dotnet(assembly ?? Built("bench/peers/csharp", "Actions.Peer"), [api.AbsoluteUri], []);

    /// <summary>The same server on these processors alone, in the words of <c>taskset</c>. Null: on any.</summary>
    public ServerCommand On(string? processors) =>
        processors is null ? this : this with { File = "taskset", Arguments = ["-c", processors, File, .. Arguments] };

    /// <summary>The meter, as a startup hook.</summary>
    public static string Meter => Built("bench/Actions.Meter", "Actions.Meter");

    /// <summary>The checkout.</summary>
    public static string Root => Path.GetFullPath(Metadata("Root"));

    private static ServerCommand Dotnet(string assembly, string[] arguments, Dictionary<string, string> settings)
    {
        // The one that runs this program: the PATH may have another one, or none.
        var dotnet = Path.GetFullPath(
            Path.Combine("..", "..", "..", "dotnet"), RuntimeEnvironment.GetRuntimeDirectory());
        foreach (var (name, value) in Runtime)
            settings[name] = value;
        return new ServerCommand(dotnet, [assembly, .. arguments], settings) { IsMetered = true };
    }

    private static string Built(string project, string assembly) =>
        Path.Combine(Root, project, Metadata("Output"), assembly + ".dll");

    private static string Metadata(string key) =>
        typeof(ServerCommand).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .Single(entry => entry.Key == key).Value!;
}
