using System.Diagnostics;
using Actions.Allocations;

namespace Actions.Load.Peers;

/// <summary>Something that does the work of an Execute.</summary>
/// <param name="Name">As PEERS names it.</param>
/// <param name="Label">As the report names it.</param>
/// <param name="Version">Of its runtime and its gRPC.</param>
internal sealed record Peer(string Name, string Label, string Version)
{
    public const string Ours = "actions";
    public const string Bare = "csharp";

    public static readonly string[] Names = [Ours, Bare, "go", "node", "python"];

    // bench/peers/…/peer.sh setup: what is missing can't be had.
    private const int CantBeHad = 77;

    public bool IsOurs => Name == Ours;

    public bool IsDotnet => IsOurs || Name == Bare;

    /// <param name="settings">Of Actions.Grpc; the others have none.</param>
    public ServerCommand ToCommand(Uri api, Dictionary<string, string>? settings = null) => Name switch
    {
        Ours => ServerCommand.Actions(settings),
        Bare => ServerCommand.Bare(api),
        _ => new ServerCommand(Script(Name), ["run", api.AbsoluteUri], []),
    };

    /// <returns>Those of the names that can be had on this machine.</returns>
    public static async Task<List<Peer>> SetUpAsync(string[] names)
    {
        var peers = new List<Peer>();
        foreach (var name in names)
        {
            if (name == Ours)
                peers.Add(new Peer(name, "Actions.Grpc", $".NET {Environment.Version}"));
            else if (name == Bare)
                peers.Add(new Peer(name, "bare grpc-dotnet handler", $".NET {Environment.Version}"));
            else if (await TrySetUpAsync(name))
                peers.Add(new Peer(name, Language(name), await Machine.RunAsync(Script(name), "version")));
            else
                Console.WriteLine($"{name}: skipped");
        }

        return peers;
    }

    private static string Language(string name) => name switch
    {
        "go" => "grpc-go, by hand",
        "node" => "Node, @grpc/grpc-js, by hand",
        "python" => "Python, grpc.aio, by hand",
        _ => name,
    };

    private static string Script(string name) => Path.Combine(ServerCommand.Root, "bench/peers", name, "peer.sh");

    private static async Task<bool> TrySetUpAsync(string name)
    {
        Console.WriteLine($"{name}: setting up");
        using var process = Process.Start(new ProcessStartInfo(Script(name), ["setup"]))!;
        await process.WaitForExitAsync();
        return process.ExitCode is 0 or CantBeHad
            ? process.ExitCode == 0
            : throw new InvalidOperationException($"{Script(name)} setup ended with exit code {process.ExitCode}.");
    }
}
