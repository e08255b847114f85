using System.Runtime.CompilerServices;

namespace Actions.Storage;

/// <summary>
/// Makes one store hold what another holds. Both are walked side by side, in the order of their keys, so that a copy
/// that
/// was cut off goes on where it was, and nothing has to be kept in memory. Whoever writes to either meanwhile is not
/// waited for: copy again, until there is nothing left to copy.
/// </summary>
public sealed class StoreCopy(IStoreArchive source, IStoreArchive target)
{
    // Some hundred KiB of actions: one transaction, one message.
    private const int PageSize = 100;

    /// <summary>The kinds, in the order in which they are copied.</summary>
    public static IReadOnlyList<StoreRecordKind> Kinds { get; } = Enum.GetValues<StoreRecordKind>();

    /// <summary>Finds out what there is to do, and writes nothing.</summary>
    /// <param name="done">Is told, again and again, how many records of the source were looked at.</param>
    /// <param name="cancellationToken">Gives up.</param>
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
    /// Writes what is missing or older in the target. First what is replaced: a name that was given to another action
    /// is
    /// free by then.
    /// </summary>
    /// <param name="done">Is told, again and again, how many records were written.</param>
    /// <param name="cancellationToken">Gives up between two pages.</param>
    /// <returns>How many records were written.</returns>
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

/// <summary>How a record of the target stands to the source's.</summary>
public enum StoreDifference
{
    /// <summary>Equal.</summary>
    None,

    /// <summary>The target hasn't got it.</summary>
    Missing,

    /// <summary>The target has an older version of it.</summary>
    Older,

    /// <summary>The target has another version of it, which isn't older: another client has written there.</summary>
    Conflict,

    /// <summary>Only the target has it. A key ring may: a server that was started on the target has made a key of its
    /// own.</summary>
    Extra,
}

/// <summary>A record of the source and that of the target with the same key; one of them may be missing.</summary>
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

/// <summary>What two stores have in common and what not.</summary>
public sealed class StoreComparison
{
    // Enough to see what it is about.
    private const int MaxNamed = 10;

    private readonly Dictionary<(StoreRecordKind, StoreDifference), long> _counts = [];
    private readonly List<string> _obstacles = [];

    /// <summary>In the target, and not to be overwritten: as many as help to see what it is about.</summary>
    public IReadOnlyList<string> Obstacles => _obstacles;

    /// <returns>How many records of the kind differ in that way.</returns>
    public long Count(StoreRecordKind kind, StoreDifference difference) =>
        _counts.GetValueOrDefault((kind, difference));

    /// <returns>How many records differ in that way.</returns>
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
