using Actions.Engine.Limits;
using Actions.Engine.Outcomes;
using BitFaster.Caching.Lru;

namespace Actions.Engine.Outbound.Authentication;

/// <summary>
/// Caches access tokens, each until shortly before it expires. All executions that wait for a token share one fetch.
/// The fetch belongs to none of them and continues when one is cancelled.
/// </summary>
internal sealed class TokenCache(TokenEndpoint endpoint, EngineOptions options, TimeProvider time)
{
    // The most recently used tokens are kept.
    private readonly ConcurrentLru<OAuth2Plan, Slot> _slots =
        new(Environment.ProcessorCount, options.MaxCachedTokens, EqualityComparer<OAuth2Plan>.Default);

    /// <param name="workspace">The workspace whose share of DNS look-ups the fetch uses.</param>
    /// <param name="refused">The token that the API has just refused; another one is returned. Null: any valid
    /// token.</param>
    /// <param name="cancellationToken">Ends the wait, not the fetch.</param>
    /// <exception cref="UpstreamException">The endpoint returned no token.</exception>
    public async Task<string> GetAsync(
        OAuth2Plan plan, string workspace, string? refused, CancellationToken cancellationToken)
    {
        var slot = _slots.GetOrAdd(plan, static _ => new Slot());
        var fetch = slot.Fetch;
        if (fetch is null || IsSpent(fetch.Value, refused))
            fetch = slot.Replace(fetch, new Lazy<Task<AccessToken>>(() => endpoint.FetchAsync(plan, workspace)));
        return (await fetch.Value.WaitAsync(cancellationToken).ConfigureAwait(false)).Text;
    }

    /// <summary>Whether a token is there that an execution would get at once.</summary>
    public bool Has(OAuth2Plan plan) =>
        _slots.TryGet(plan, out var slot)
        && slot.Fetch is { IsValueCreated: true, Value: { IsCompletedSuccessfully: true } fetch }
        && !IsSpent(fetch, refused: null);

    private bool IsSpent(Task<AccessToken> fetch, string? refused) =>
        fetch.IsFaulted || (fetch.IsCompletedSuccessfully && (fetch.Result.Text == refused || time.GetUtcNow() >= fetch.Result.GoodUntil));

    /// <summary>The latest fetch of one token.</summary>
    private sealed class Slot
    {
        private Lazy<Task<AccessToken>>? _fetch;

        public Lazy<Task<AccessToken>>? Fetch => Volatile.Read(ref _fetch);

        /// <summary>
        /// The first execution that finds the token expired fetches it; the others wait for that fetch.
        /// </summary>
        public Lazy<Task<AccessToken>> Replace(Lazy<Task<AccessToken>>? spent, Lazy<Task<AccessToken>> fresh)
        {
            var seen = Interlocked.CompareExchange(ref _fetch, fresh, spent);
            return seen == spent ? fresh : seen!;
        }
    }
}
