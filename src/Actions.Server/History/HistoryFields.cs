using Actions.Engine.Limits;
using Actions.Storage;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Server.History;

/// <summary>Reads the times and other limits of requests.</summary>
internal static class HistoryFields
{
    private const int MaxBuckets = 1_000;

    // SQLite reads a million entries of an index in about a second.
    private const int MaxCounted = 1_000_000;

    private static readonly TimeSpan DefaultSpan = TimeSpan.FromDays(1);
    private static readonly TimeSpan MinBucket = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan MaxBucket = TimeSpan.FromDays(31);

    // Nothing was executed before, and nothing has to be counted after.
    private static readonly DateTimeOffset Earliest = DateTimeOffset.UnixEpoch;
    private static readonly DateTimeOffset Latest = new(9000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <returns>Null: unset.</returns>
    public static DateTimeOffset? TimeOf(Timestamp? field, string name)
    {
        if (field is null)
            return null;
        if (field.Nanos is < 0 or > 999_999_999)
            throw new InvalidFieldsException(name, "is not a valid time.");
        return field.Seconds < Earliest.ToUnixTimeSeconds() ? Earliest
            : field.Seconds >= Latest.ToUnixTimeSeconds() ? Latest
            : field.ToDateTimeOffset();
    }

    /// <returns>Null: unset.</returns>
    public static TimeSpan? DurationOf(Duration? field, string name)
    {
        if (field is null)
            return null;
        // Of the protobuf message: 10,000 years.
        if (field.Seconds is < 0 or > 315_576_000_000 || field.Nanos is < 0 or > 999_999_999)
            throw new InvalidFieldsException(name, "must be a valid duration, not below zero.");
        return field.ToTimeSpan();
    }

    public static HistorySpan SpanOf(GetStatisticsRequest request, DateTimeOffset now)
    {
        var to = TimeOf(request.EndTime, "end_time") ?? now;
        var from = TimeOf(request.StartTime, "start_time") ?? Max(to - DefaultSpan, Earliest);
        // Whole milliseconds, as the times of executions.
        from = DateTimeOffset.FromUnixTimeMilliseconds(from.ToUnixTimeMilliseconds());
        if (from >= to)
            throw new InvalidFieldsException("start_time", "must be before end_time.");
        if (DurationOf(request.Bucket, "bucket") is not { } bucket)
            return new HistorySpan(request.ActionId, from, to, Ceiling(to - from), MaxCounted);
        if (bucket < MinBucket || bucket > MaxBucket)
            throw new InvalidFieldsException("bucket", "must be from 1 minute to 31 days.");
        bucket = Floor(bucket);
        if (Math.Ceiling((to - from) / bucket) is > MaxBuckets and var buckets)
        {
            throw new InvalidFieldsException(
                "bucket",
                $"gives {buckets} buckets between start_time and end_time; at most {MaxBuckets} are allowed.");
        }

        return new HistorySpan(request.ActionId, from, to, bucket, MaxCounted);
    }

    private static DateTimeOffset Max(DateTimeOffset a, DateTimeOffset b) => a > b ? a : b;

    private static TimeSpan Floor(TimeSpan span) => TimeSpan.FromMilliseconds((long)span.TotalMilliseconds);

    private static TimeSpan Ceiling(TimeSpan span) =>
        TimeSpan.FromMilliseconds((long)Math.Ceiling(span.TotalMilliseconds));
}
