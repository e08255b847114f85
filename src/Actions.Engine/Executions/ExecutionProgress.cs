using System.Collections.Immutable;
using Actions.Engine.Http;
using Actions.V1;

namespace Actions.Engine.Executions;

/// <summary>
/// The progress of an execution. Written by the attempt's thread; the event stream's thread may read it at any time.
/// </summary>
internal sealed class ExecutionProgress
{
    private volatile FailureStage _stage = FailureStage.Queue;
    private volatile UpstreamMessage? _message;
    private volatile int _statusCode;
    private volatile int _attempts;
    private ImmutableArray<string> _tokens = [];

    /// <summary>Number of attempts that have started.</summary>
    public int Attempts => _attempts;

    /// <summary>The final response's status once its headers have arrived; 0 before.</summary>
    public int StatusCode => _statusCode;

    /// <summary>The time that the attempt has spent in lines.</summary>
    public TimeSpan Waited { get; set; }

    public FailureStage Stage => _message?.Stage ?? _stage;

    /// <summary>The access tokens that were sent.</summary>
    public ImmutableArray<string> Tokens => _tokens;

    /// <returns>The attempt's number, from 1.</returns>
    public int BeginAttempt()
    {
        _statusCode = 0;
        Waited = TimeSpan.Zero;
        Enter(FailureStage.Queue);
        return ++_attempts;
    }

    public void Enter(FailureStage stage)
    {
        _stage = stage;
        _message = null;
    }

    /// <summary>Starts sending: from here on, the message records the stage.</summary>
    public void Send(UpstreamMessage message) => _message = message;

    public void Receive(int statusCode)
    {
        _statusCode = statusCode;
        Enter(FailureStage.Read);
    }

    public void AddToken(string token) =>
        ImmutableInterlocked.Update(ref _tokens, static (tokens, added) => tokens.Add(added), token);
}
