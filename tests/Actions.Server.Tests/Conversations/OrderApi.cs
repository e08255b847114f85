using System.Globalization;

namespace Actions.Server.Tests.Conversations;

/// <summary>An API that takes orders, and notes each request for one.</summary>
internal sealed class OrderApi : IAsyncDisposable
{
    private readonly RawUpstream _upstream;

    public OrderApi() => _upstream = new(async connection =>
    {
        while (await connection.ReadRequestAsync() is { } request)
        {
            // Long enough for a server to die meanwhile, and not the same for all.
            await Task.Delay(TimeSpan.FromMilliseconds(20 + (NumberIn(request) * 37 % 260)), TimeProvider.System);
            await connection.SendAsync(RawUpstream.Response($$"""{"placed": {{NumberIn(request)}}}"""));
        }
    });

    /// <summary>Where an action sends an order.</summary>
    public string Url => $"{_upstream.Url}/orders/{{{{order}}}}";

    /// <summary>The keys of the requests for each order so far.</summary>
    public ILookup<int, string> Keys =>
        _upstream.Requests.ToLookup(NumberIn, request => request.Header("Idempotency-Key") ?? "none");

    public ValueTask DisposeAsync() => _upstream.DisposeAsync();

    private static int NumberIn(RawRequest request) =>
        int.Parse(request.Path.AsSpan("/orders/".Length), CultureInfo.InvariantCulture);
}
