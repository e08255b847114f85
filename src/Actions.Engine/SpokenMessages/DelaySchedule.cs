namespace Actions.Engine.SpokenMessages;

/// <summary>When a Delay is due, since the execution began.</summary>
internal sealed class DelaySchedule(MessagePlan messages)
{
    private int _ordinal;

    /// <summary><see cref="TimeSpan.MaxValue"/>: never (again).</summary>
    public TimeSpan Next { get; private set; } = messages.DelayThreshold ?? TimeSpan.MaxValue;

    /// <summary>Takes the one that is due; the next comes an interval after it is really said.</summary>
    /// <returns>Its number, from 1.</returns>
    public int Take(TimeSpan now)
    {
        Next = messages.DelayRepeatInterval is { } interval ? now + interval : TimeSpan.MaxValue;
        return ++_ordinal;
    }
}
