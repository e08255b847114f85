using Actions.Engine.Limits;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Compilation;

/// <summary>google.protobuf.Duration within bounds.</summary>
internal static class Durations
{
    /// <returns>Null when unset or out of bounds.</returns>
    public static TimeSpan? Read(Duration? duration, string field, TimeSpan min, TimeSpan max, Violations violations)
    {
        if (duration is null)
            return null;
        // As protobuf has it: what isn't so can be sent, but not written as JSON. Negative ones are out of bounds
        // anyway.
        if (duration.Nanos is < 0 or > 999_999_999)
        {
            violations.Add(field, "must have nanos of 0 to 999999999.");
            return null;
        }

        // Compared as seconds: a duration that is far out of bounds has no TimeSpan.
        var seconds = duration.Seconds + (duration.Nanos / 1e9);
        if (seconds >= min.TotalSeconds && seconds <= max.TotalSeconds)
            return TimeSpan.FromSeconds(seconds);
        violations.Add(field, $"must be {Text(min)} to {Text(max)}.");
        return null;
    }

    private static string Text(TimeSpan time) =>
        time < TimeSpan.FromSeconds(1) ? $"{time.TotalMilliseconds} ms" : $"{time.TotalSeconds} s";
}
