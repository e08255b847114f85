using Actions.Engine.Limits;
using Actions.Server.Access;
using Actions.Server.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Actions.Server.Tests.Settings;

/// <summary>The limits of load follow the machine and the profile.</summary>
public sealed class SizingTests
{
    private const long GiB = 1L << 30;

    [Theory]
    [InlineData(2, 24, 20_000, 6_000, 3_000, 512, 2_048, 6_000)]
    [InlineData(1, 1, 1_048_576, 2_621, 1_500, 256, 1_024, 2_621)]
    [InlineData(1, 0, 1_024, 1_000, 1_500, 160, 640, 1_000)] // file descriptors
    [InlineData(8, 64, 1_048_576, 24_000, 12_000, 2_048, 8_192, 24_000)]
    public void StandardProfile_LeavesRoomForOtherWorkspaces(
        int cores, int gib, int files, int calls, int perSecond, int perHost, int connections, int line)
    {
        var limits = Sizing.Of(new Machine(cores, gib * GiB, files), isLarge: false);

        limits["Limits:ConcurrentCalls"].ShouldBe(calls);
        limits["Limits:CallsPerSecond"].ShouldBe(perSecond);
        limits["Limits:Burst"].ShouldBe(2 * perSecond);
        limits["Engine:MaxCallsPerHost"].ShouldBe(perHost);
        limits["Engine:MaxConnectionsPerHost"].ShouldBe(connections);
        limits["Engine:MaxLineLength"].ShouldBe(line);
        limits.Count.ShouldBe(6);
    }

    [Theory]
    [InlineData(2, 24, 20_000, 24_000, 40_000, 12_500)]
    [InlineData(1, 1, 1_048_576, 10_485, 20_000, 10_485)]
    [InlineData(1, 24, 1_048_576, 12_000, 20_000, 12_000)]
    [InlineData(64, 512, 1_048_576, 768_000, 1_000_000, 28_000)] // local ports
    public void LargeProfile_GivesOneWorkspaceTheMachine(
        int cores, int gib, int files, int calls, int perSecond, int perHost)
    {
        var limits = Sizing.Of(new Machine(cores, gib * GiB, files), isLarge: true);

        limits["Limits:ConcurrentCalls"].ShouldBe(calls);
        limits["Limits:CallsPerSecond"].ShouldBe(perSecond);
        limits["Engine:MaxCallsPerHost"].ShouldBe(perHost);
        limits["Engine:MaxConnectionsPerHost"].ShouldBe(perHost);
    }

    [Theory]
    [InlineData(1, 0, 64)]
    [InlineData(1_000, 1_000_000, int.MaxValue)]
    public async Task AnyMachine_HasLimitsWithinTheirRanges(int cores, int gib, int files)
    {
        var machine = new Machine(cores, gib * GiB, files);
        foreach (var isLarge in new[] { false, true })
        {
            await using var server = await RunningServer.StartAsync(Sizing.Of(machine, isLarge).ToDictionary(
                limit => limit.Key, limit => limit.Value.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        }
    }

    [Fact]
    public async Task SettingOfItsOwn_WinsOverTheProfile()
    {
        await using var server = await RunningServer.StartAsync(
            new() { ["Server:Profile"] = "large", ["Limits:ConcurrentCalls"] = "7" });

        var large = Sizing.Of(Machine.This, isLarge: true);
        var limits = server.Services.GetRequiredService<IOptions<LimitsOptions>>().Value;
        limits.ConcurrentCalls.ShouldBe(7);
        limits.CallsPerSecond.ShouldBe(large["Limits:CallsPerSecond"]);
        server.Services.GetRequiredService<EngineOptions>().MaxCallsPerHost.ShouldBe(large["Engine:MaxCallsPerHost"]);
        server.Services.GetRequiredService<IOptions<ServerOptions>>().Value.ResetBurst
            .ShouldBe(large["Server:ResetBurst"]);
    }
}
