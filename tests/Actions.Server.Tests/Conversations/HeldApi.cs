namespace Actions.Server.Tests.Conversations;

/// <summary>An API that takes requests and answers each when the test says so.</summary>
internal sealed class HeldApi : IAsyncDisposable
{
    // Far above what anything here takes.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly SemaphoreSlim _answers = new(0);
    private readonly RawUpstream _upstream;

    /// <param name="response">To the request of that number, from 1.</param>
    public HeldApi(Func<int, string>? response = null)
    {
        response ??= number => RawUpstream.Response($$"""{"order": {{number}}}""");
        var count = 0;
        _upstream = new RawUpstream(async connection =>
        {
            if (await connection.ReadRequestAsync() is null)
                return;
            var number = Interlocked.Increment(ref count);
            using var gone = CancellationTokenSource.CreateLinkedTokenSource(Token);
            var answered = _answers.WaitAsync(gone.Token);
            var held = connection.HoldAsync();
            if (await Task.WhenAny(answered, held) != answered)
            {
                await gone.CancelAsync();
                return;
            }

            if (response(number) is not { Length: > 0 } text)
            {
                connection.Reset();
                return;
            }

            await connection.SendAsync(
                text.Replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n", StringComparison.Ordinal));
            // Closed under what was just sent, it might be lost.
            await held;
        });
    }

    public string Url => _upstream.Url;

    public int Count => _upstream.Requests.Count;

    /// <summary>The Idempotency-Keys of all requests.</summary>
    public IReadOnlyList<string?> Keys =>
        [.. _upstream.Requests.Select(request => request.Header("Idempotency-Key"))];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Returns when the next request is there.</summary>
    public Task CalledAsync() => _upstream.NextRequestAsync(Token).WaitAsync(Patience, TimeProvider.System);

    /// <summary>Returns when the server has closed a connection.</summary>
    public Task ClosedAsync() => _upstream.ScriptEndedAsync(Token).WaitAsync(Patience, TimeProvider.System);

    public void Answer(int count = 1) => _answers.Release(count);

    public async ValueTask DisposeAsync()
    {
        await _upstream.DisposeAsync();
        _answers.Dispose();
    }
}
