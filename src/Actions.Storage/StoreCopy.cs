using System.Runtime.CompilerServices;

namespace Actions.Storage;

/// <summary>
/// Copies one store to another. Both are read side by side, sorted by key, so that an interrupted copy continues where
/// it stopped, and memory use stays constant. Concurrent writes to either store may be missed: repeat the copy until no
/// differences are left.
/// </summary>
public sealed class StoreCopy(IStoreArchive source, IStoreArchive target)
{
    // A few hundred KiB of actions: one transaction, one message.
    private const int PageSize = 100;

    /// <summary>The kinds, in the order of copying.</summary>
    public static IReadOnlyList<StoreRecordKind> Kinds { get; } = Enum.GetValues<StoreRecordKind>();

    /// <summary>Compares the stores without writing.</summary>
    /// <param name="done">Progress: called with the number of source records that were compared so far.</param>
    public async Task<StoreComparison> CompareAsync(Action<long> done, CancellationToken cancellationToken)
    {
        var comparison = new StoreComparison();
        var looked = 0L;
        foreach (var kind in Kinds)
        {
            await foreach (var pair in WalkAsync(kind, cancellationToken).ConfigureAwait(false))
            {
                comparison.Add(pair);
                if (pair.Source is not null)
                    done(++looked);
            }
        }

        return comparison;
    }

    /// <summary>
    /// Writes the records that are missing or older in the target. Replacements are written first, so that a name that
    /// has moved to another action is free by then.
    /// </summary>
    /// <param name="done">Progress: called with the number of records that were written so far.</param>
    /// <param name="cancellationToken">Cancels between two pages.</param>
    /// <returns>The number of records that were written.</returns>
    /// <exception cref="NameTakenException">Two actions have exchanged their names since the last copy.</exception>
    public async Task<long> CopyAsync(Action<long> done, CancellationToken cancellationToken)
    {
        var written = 0L;
        foreach (var kind in Kinds)
        {
            foreach (var wanted in (StoreDifference[])[StoreDifference.Older, StoreDifference.Missing])
            {
                var page = new List<StoreRecord>(PageSize);
                await foreach (var pair in WalkAsync(kind, cancellationToken).ConfigureAwait(false))
                {
                    if (pair.Difference != wanted)
                        continue;
                    page.Add(pair.Source!);
                    if (page.Count == PageSize)
                        await WriteAsync(page).ConfigureAwait(false);
                }

                await WriteAsync(page).ConfigureAwait(false);
            }
        }

        return written;

        async Task WriteAsync(List<StoreRecord> page)
        {
            if (page.Count == 0)
                return;
            await target.PutAsync(page, cancellationToken).ConfigureAwait(false);
            done(written += page.Count);
            page.Clear();
        }
    }

    private async IAsyncEnumerable<StorePair> WalkAsync(
        StoreRecordKind kind, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var ours = ReadAllAsync(source, kind, cancellationToken).GetAsyncEnumerator(cancellationToken);
        await using var theirs = ReadAllAsync(target, kind, cancellationToken).GetAsyncEnumerator(cancellationToken);
        var (one, other) = (await NextAsync(ours).ConfigureAwait(false), await NextAsync(theirs).ConfigureAwait(false));
        while (one is not null || other is not null)
        {
            var order = one is null ? 1 : other is null ? -1 : string.CompareOrdinal(one.Key, other.Key);
            yield return new StorePair(order <= 0 ? one : null, order >= 0 ? other : null);
            if (order <= 0)
                one = await NextAsync(ours).ConfigureAwait(false);
            if (order >= 0)
                other = await NextAsync(theirs).ConfigureAwait(false);
        }
    }

    private static async ValueTask<StoreRecord?> NextAsync(IAsyncEnumerator<StoreRecord> records) =>
        await records.MoveNextAsync().ConfigureAwait(false) ? records.Current : null;

    private static async IAsyncEnumerable<StoreRecord> ReadAllAsync(
        IStoreArchive archive, StoreRecordKind kind, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        IReadOnlyList<StoreRecord> page = [];
        do
        {
            page = await archive.ReadAsync(kind, page is [.., var last] ? last : null, PageSize, cancellationToken).ConfigureAwait(false);
            foreach (var record in page)
                yield return record;
        }
        while (page.Count == PageSize);
    }
}

/// <summary>Compares a record of the target to that of the source.</summary>
public enum StoreDifference
{
    /// <summary>Both records are equal.</summary>
    None,

    /// <summary>The target has no such record.</summary>
    Missing,

    /// <summary>The target has an older version of the record.</summary>
    Older,

    /// <summary>The target has another version that isn't older: another client has written there.</summary>
    Conflict,

    /// <summary>Only the target has the record. This is allowed for the key ring: a server that was started on the
    /// target has created a key.</summary>
    Extra,
}

/// <summary>The records of source and target with the same key; one of them may be missing.</summary>
internal sealed record StorePair(StoreRecord? Source, StoreRecord? Target)
{
    public StoreDifference Difference { get; } = (Source, Target) switch
    {
        (_, null) => StoreDifference.Missing,
        (null, _) => StoreDifference.Extra,
        _ when Source.Equals(Target) => StoreDifference.None,
        (ActionRecord ours, ActionRecord theirs) when theirs.Config.UpdateTime <= ours.Config.UpdateTime => StoreDifference.Older,
        (ApiKeyRecord { Stored.Key.RevokeTime: not null }, ApiKeyRecord { Stored.Key.RevokeTime: null }) => StoreDifference.Older,
        _ => StoreDifference.Conflict,
    };
}

/// <summary>Counts the differences between two stores.</summary>
public sealed class StoreComparison
{
    // Enough to recognize the kind of conflict.
    private const int MaxNamed = 10;

    private readonly Dictionary<(StoreRecordKind, StoreDifference), long> _counts = [];
    private readonly List<string> _obstacles = [];

    /// <summary>The first records of the target that prevent the copy, because it would overwrite them.</summary>
    public IReadOnlyList<string> Obstacles => _obstacles;

    /// <returns>The number of records of this kind with this difference.</returns>
    public long Count(StoreRecordKind kind, StoreDifference difference) =>
        _counts.GetValueOrDefault((kind, difference));

    /// <returns>The number of records with this difference.</returns>
    public long Count(StoreDifference difference) => StoreCopy.Kinds.Sum(kind => Count(kind, difference));

    internal void Add(StorePair pair)
    {
        var record = pair.Source ?? pair.Target!;
        _counts[(record.Kind, pair.Difference)] = Count(record.Kind, pair.Difference) + 1;
        var isObstacle = pair.Difference == StoreDifference.Conflict
            || (pair.Difference == StoreDifference.Extra && record.Kind != StoreRecordKind.KeyRing);
        if (isObstacle && _obstacles.Count < MaxNamed)
            _obstacles.Add($"{record.Kind} {record}: {(pair.Difference == StoreDifference.Extra ? "only there" : "changed there")}");
    }
}
