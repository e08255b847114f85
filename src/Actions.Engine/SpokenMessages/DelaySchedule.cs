namespace Actions.Engine.SpokenMessages;

/// <summary>Schedules the Delay events of one execution. Times count from its start.</summary>
/// <param name="messages">Those of the action.</param>
/// <param name="slow">How long a slow execution of the action takes. Null: not known yet.</param>
internal sealed class DelaySchedule(MessagePlan messages, TimeSpan? slow)
{
    private int _ordinal;

    /// <summary>When the next Delay is due; <see cref="TimeSpan.MaxValue"/> if none follows.</summary>
    public TimeSpan Next { get; private set; } = messages.ThresholdFor(slow) ?? TimeSpan.MaxValue;

    /// <summary>
    /// Takes the Delay that is due. The next is due one interval after this one was actually emitted.
    /// </summary>
    /// <returns>The Delay's number, from 1.</returns>
    public int Take(TimeSpan now)
    {
        Next = messages.DelayRepeatInterval is { } interval ? now + interval : TimeSpan.MaxValue;
        return ++_ordinal;
    }
}
