using System.Net;

namespace Actions.Engine.Tests.Execution;

/// <summary>What an API does with a call.</summary>
internal enum ApiDoes
{
    Succeed,
    AnswerWithAnError,
    BreakTheConnection,
    BreakTheBody,
    NeverAnswer,
    NeverEndTheBody,

    /// <summary>In a way that no API can: a fault of ours.</summary>
    FailUnexpectedly,
}

/// <summary>In place of the network: an API whose every pause is on the test's clock.</summary>
/// <param name="clock">The test's.</param>
/// <param name="does">What it does in the end.</param>
/// <param name="headersAfter">Since it was called.</param>
/// <param name="bodyAfter">Since the headers.</param>
/// <param name="ignoresCancellation">It doesn't stop when it is told to.</param>
internal sealed class SimulatedApi(
    FakeClock clock, ApiDoes does, TimeSpan headersAfter, TimeSpan bodyAfter = default, bool ignoresCancellation = false)
    : HttpMessageHandler
{
    /// <summary>When it was called; null: not yet.</summary>
    public TimeSpan? Called { get; private set; }

    public int Calls { get; private set; }

    /// <summary>Called, and not done yet.</summary>
    public bool IsLive { get; private set; }

    public bool IgnoresCancellation => ignoresCancellation;

    /// <summary>How many of the clock's timers are its own.</summary>
    public int Timers { get; private set; }

    public CancellationToken Token { get; private set; }

    /// <summary>How long a call takes that nobody ends; null: for ever.</summary>
    public TimeSpan? Takes => does switch
    {
        ApiDoes.AnswerWithAnError or ApiDoes.BreakTheConnection => headersAfter,
        ApiDoes.Succeed or ApiDoes.BreakTheBody => headersAfter + bodyAfter,
        _ => null,
    };

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        (Called, Token, IsLive) = (clock.Now, cancellationToken, true);
        Calls++;
        await PauseAsync(does == ApiDoes.NeverAnswer ? Timeout.InfiniteTimeSpan : headersAfter);
        switch (does)
        {
            case ApiDoes.AnswerWithAnError:
                IsLive = false;
                return new HttpResponseMessage(HttpStatusCode.ServiceUnavailable);
            case ApiDoes.BreakTheConnection:
                IsLive = false;
                throw new HttpRequestException(HttpRequestError.ConnectionError);
            case ApiDoes.FailUnexpectedly:
                IsLive = false;
                throw new NotSupportedException();
            default:
                return new HttpResponseMessage { Content = new StreamContent(new Body(this, does, bodyAfter)) };
        }
    }

    private async Task PauseAsync(TimeSpan pause)
    {
        var takesTimer = pause > TimeSpan.Zero;
        Timers += takesTimer ? 1 : 0;
        try
        {
            await Task.Delay(pause, clock, ignoresCancellation ? CancellationToken.None : Token);
        }
        catch (OperationCanceledException)
        {
            IsLive = false;
            throw;
        }
        finally
        {
            Timers -= takesTimer ? 1 : 0;
        }
    }

    /// <summary>"{}" in one piece, or less.</summary>
    private sealed class Body(SimulatedApi api, ApiDoes does, TimeSpan after) : MemoryStream
    {
        private bool _sent;

        // Else its length would be stated, as nothing.
        public override bool CanSeek => false;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_sent)
            {
                api.IsLive = false;
                return 0;
            }

            await api.PauseAsync(does == ApiDoes.NeverEndTheBody ? Timeout.InfiniteTimeSpan : after);
            if (does == ApiDoes.BreakTheBody)
            {
                api.IsLive = false;
                throw new IOException("reset");
            }

            _sent = true;
            "{}"u8.CopyTo(buffer.Span);
            return 2;
        }
    }
}
