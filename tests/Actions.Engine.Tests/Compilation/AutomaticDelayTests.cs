using Actions.V1;
using Google.Protobuf.WellKnownTypes;
using static Actions.Engine.Tests.Compilation.Compiling;

namespace Actions.Engine.Tests.Compilation;

/// <summary>What an action may say about an automatic threshold.</summary>
public sealed class AutomaticDelayTests
{
    [Theory]
    [InlineData(null, null)]
    [InlineData(100, 100)]
    [InlineData(120_000, null)]
    [InlineData(null, 120_000)]
    public void WithinTheBounds_Accepted(int? min, int? max) => ShouldBeAccepted(Setting(min, max));

    [Theory]
    [InlineData(99, null, "min", "100 ms to 120 s")]
    [InlineData(120_001, null, "min", "100 ms to 120 s")]
    [InlineData(null, 999, "max", "1 s to 120 s")]
    [InlineData(3_000, 2_999, "max", "3 s to 120 s")]
    [InlineData(null, 120_001, "max", "1 s to 120 s")]
    public void BeyondTheBounds_Refused(int? min, int? max, string field, string because) =>
        ShouldBeRefused($"messages.automatic_delay.{field}", Setting(min, max), because);

    [Fact]
    public void BesideAThreshold_Refused() => ShouldBeRefused(
        "messages.automatic_delay",
        config =>
        {
            Setting(null, null)(config);
            config.Messages.DelayThreshold = new Duration { Seconds = 1 };
        },
        "only one of them");

    [Fact]
    public void NothingToSay_Refused() => ShouldBeRefused(
        "messages.automatic_delay",
        config => config.Messages = new() { AutomaticDelay = new() },
        "needs a delay_message");

    [Fact]
    public void SpokenNaturallyAndRepeated_Accepted() => ShouldBeAccepted(config => config.Messages = new()
    {
        SpeakNaturally = true,
        AutomaticDelay = new(),
        DelayRepeatInterval = new Duration { Seconds = 1 },
    });

    private static Action<ActionConfig> Setting(int? min, int? max) => config => config.Messages = new()
    {
        DelayMessage = "One moment.",
        AutomaticDelay = new() { Min = Milliseconds(min), Max = Milliseconds(max) },
    };

    private static Duration? Milliseconds(int? milliseconds) =>
        milliseconds is { } set ? Duration.FromTimeSpan(TimeSpan.FromMilliseconds(set)) : null;
}
