using Google.Protobuf.WellKnownTypes;

namespace Actions.Storage.Sqlite;

/// <summary>Converts times to numbers: units of 100 ns since 1970-01-01 UTC.</summary>
internal static class SqliteTime
{
    public static long ToNumber(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).Ticks;

    public static DateTimeOffset ToTime(long number) => DateTimeOffset.UnixEpoch.AddTicks(number);

    public static Timestamp ToTimestamp(long number) => Timestamp.FromDateTimeOffset(ToTime(number));
}
