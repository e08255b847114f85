using System.Threading.Channels;
using Actions.Engine.Outcomes;
using Actions.V1;

namespace Actions.Engine.Executions;

/// <summary>Carries what the attempts have to tell to the stream that tells it.</summary>
internal sealed class RetryFeed
{
    private readonly Channel<Retry> _retries = Channel.CreateUnbounded<Retry>();

    /// <summary>How many attempts were begun.</summary>
    public int Attempts { get; private set; } = 1;

    public void Add(int attempt, UpstreamFailure last)
    {
        Attempts = attempt;
        _retries.Writer.TryWrite(
            new Retry { Attempt = attempt, Reason = last.Reason, Detail = last.Detail, StatusCode = last.StatusCode });
    }

    public Retry? TryTake() => _retries.Reader.TryRead(out var retry) ? retry : null;

    public Task WaitAsync() => _retries.Reader.WaitToReadAsync().AsTask();
}
