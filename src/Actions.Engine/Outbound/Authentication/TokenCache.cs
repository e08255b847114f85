using System.Collections.Concurrent;

namespace Actions.Engine.Outbound.Authentication;

/// <summary>
/// Access tokens, each kept until shortly before it expires. However many executions wait for one, it is fetched once;
/// the fetch belongs to none of them and goes on when one gives up.
/// </summary>
internal sealed class TokenCache(TokenEndpoint endpoint, TimeProvider time)
{
    // Some KiB each; beyond it the cache starts afresh.
    private const int MaxTokens = 10_000;

    private readonly ConcurrentDictionary<OAuth2Plan, Lazy<Task<AccessToken>>> _tokens = new();

    /// <param name="plan">Which token.</param>
    /// <param name="refused">The one that the API has just refused: another is wanted. Null: any that is good.</param>
    /// <param name="cancellationToken">Ends the waiting, not the fetch.</param>
    /// <exception cref="TokenException">The endpoint gave no token.</exception>
    public async Task<string> GetAsync(OAuth2Plan plan, string? refused, CancellationToken cancellationToken)
    {
        if (_tokens.Count > MaxTokens)
            _tokens.Clear();
        var entry = _tokens.GetOrAdd(plan, Fetch);
        if (IsSpent(entry.Value, refused))
        {
            // Whoever notices first fetches; the others find what it has put there.
            var fresh = Fetch(plan);
            entry = _tokens.TryUpdate(plan, fresh, entry) ? fresh : _tokens.GetOrAdd(plan, fresh);
        }

        return (await entry.Value.WaitAsync(cancellationToken).ConfigureAwait(false)).Text;
    }

    private Lazy<Task<AccessToken>> Fetch(OAuth2Plan plan) => new(() => endpoint.FetchAsync(plan));

    private bool IsSpent(Task<AccessToken> fetch, string? refused) =>
        fetch.IsFaulted || (fetch.IsCompletedSuccessfully && (fetch.Result.Text == refused || time.GetUtcNow() >= fetch.Result.GoodUntil));
}
