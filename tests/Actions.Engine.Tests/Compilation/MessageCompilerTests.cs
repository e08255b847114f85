using Actions.Engine.Limits;
using Actions.Engine.Tests.Outbound.Guard;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;
using static Actions.Engine.Tests.Compilation.Compiling;

namespace Actions.Engine.Tests.Compilation;

/// <summary>Step 5 of a configuration: what is said, and when.</summary>
public sealed class MessageCompilerTests
{
    [Theory]
    [InlineData("start_message")]
    [InlineData("delay_message")]
    [InlineData("failure_message")]
    public void Message_AtMost4096Characters(string field)
    {
        void Change(ActionConfig config, int length)
        {
            config.Messages = new Messages();
            Messages.Descriptor.FindFieldByName(field).Accessor.SetValue(config.Messages, new string('x', length));
        }

        ShouldBeAccepted(config => Change(config, 4_096));
        ShouldBeRefused($"messages.{field}", config => Change(config, 4_097), "at most 4096");
    }

    [Theory]
    [InlineData(0, 1_000_000, true)]
    [InlineData(120, 0, true)]
    [InlineData(0, 999_999, false)]
    [InlineData(0, 0, false)]
    [InlineData(-2, 0, false)]
    [InlineData(120, 1, false)]
    public void DelayThreshold_Between1MsAnd120S(long seconds, int nanos, bool accepted)
    {
        void Change(ActionConfig config) =>
            config.Messages = new Messages { DelayThreshold = new Duration { Seconds = seconds, Nanos = nanos } };
        if (accepted)
            ShouldBeAccepted(Change);
        else
            ShouldBeRefused("messages.delay_threshold", Change, "1 ms to 120 s");
    }

    [Theory]
    [InlineData(100, true)]
    [InlineData(120_000, true)]
    [InlineData(99, false)]
    [InlineData(0, false)]
    [InlineData(120_001, false)]
    public void DelayRepeatInterval_Between100MsAnd120S(int milliseconds, bool accepted)
    {
        void Change(ActionConfig config) => config.Messages =
            new Messages { DelayMessage = "One moment.", DelayRepeatInterval = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(milliseconds)) };
        if (accepted)
            ShouldBeAccepted(Change);
        else
            ShouldBeRefused("messages.delay_repeat_interval", Change, "100 ms to 120 s");
    }

    [Fact]
    public void DelayRepeatIntervalWithoutADelay_Refused()
    {
        var interval = Duration.FromTimeSpan(TimeSpan.FromSeconds(1));
        ShouldBeRefused(
            "messages.delay_repeat_interval",
            config => config.Messages = new Messages { DelayRepeatInterval = interval }, "needs a delay_message or a delay_threshold");
        ShouldBeAccepted(config => config.Messages = new Messages { DelayRepeatInterval = interval, DelayThreshold = interval });
    }

    [Fact]
    public void DelayMessageWithoutAThreshold_TwoSeconds() =>
        new ActionCompiler(new EngineOptions(), Guards.Local).Compile(
            new ActionConfig(Configs.Get("http://h")) { Messages = new Messages { DelayMessage = "One moment." } }, Root)
            .Parts.Messages.DelayThreshold.ShouldBe(TimeSpan.FromSeconds(2));
}
