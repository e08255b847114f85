using System.Globalization;

namespace Actions.Server.Tests.Conversations;

/// <summary>An API that answers when the test says so.</summary>
internal sealed class PatientApi : IAsyncDisposable
{
    private readonly RawUpstream _upstream;
    private readonly Lock _gate = new();
    private readonly List<TaskCompletionSource<string>> _held = [];

    public PatientApi() => _upstream = new(async connection =>
    {
        while (await connection.ReadRequestAsync() is { } request)
        {
            var answer = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
            lock (_gate)
                _held.Add(answer);
            var text = await answer.Task;
            if (text.Length == 0)
            {
                connection.Reset();
                return;
            }

            await connection.SendAsync(text);
        }
    });

    /// <summary>Where an action sends an order.</summary>
    public string Url => $"{_upstream.Url}/orders/{{{{order}}}}";

    public ILookup<int, string> Keys =>
        _upstream.Requests.ToLookup(NumberIn, request => request.Header("Idempotency-Key") ?? "none");

    public int Held
    {
        get
        {
            lock (_gate)
                return _held.Count;
        }
    }

    /// <summary>Answers a request that is held, if there is one.</summary>
    /// <param name="which">Chooses one of so many.</param>
    /// <param name="status">Empty: the connection is reset instead.</param>
    public void Answer(Func<int, int> which, string status)
    {
        TaskCompletionSource<string> answer;
        lock (_gate)
        {
            if (_held.Count == 0)
                return;
            var i = which(_held.Count);
            answer = _held[i];
            _held.RemoveAt(i);
        }

        answer.SetResult(status.Length == 0 ? "" : RawUpstream.Response("""{"placed": true}""", status: status));
    }

    public async ValueTask DisposeAsync()
    {
        while (Held > 0)
            Answer(_ => 0, "");
        await _upstream.DisposeAsync();
    }

    private static int NumberIn(RawRequest request) =>
        int.Parse(request.Path.AsSpan("/orders/".Length), CultureInfo.InvariantCulture);
}
