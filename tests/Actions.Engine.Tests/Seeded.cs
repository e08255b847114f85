using FsCheck;
using Microsoft.FSharp.Core;

namespace Actions.Engine.Tests;

/// <summary>Random tests that play the same every time, and others with ACTIONS_SEED=n.</summary>
internal static class Seeded
{
    public static ulong Seed { get; } = ulong.TryParse(Environment.GetEnvironmentVariable("ACTIONS_SEED"), out var seed) ? seed : 20_300_101;

    /// <summary>A failure names its seed and the simplest input that shows it.</summary>
    public static Config Runs(int count) => Config.QuickThrowOnFailure
        .WithName($"ACTIONS_SEED={Seed}")
        .WithMaxTest(count)
        .WithReplay(FSharpOption<Replay>.Some(new Replay(new Rnd(Seed), FSharpOption<int>.None)));
}
