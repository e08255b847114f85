using Actions.V1;

namespace Actions.Engine.Executions;

/// <summary>
/// What an execution did, for whoever has to know it afterwards. Written by the execution's threads; read it when its stream
/// has ended, or at any time for <see cref="MayHaveReached"/>.
/// </summary>
public sealed class ExecutionJournal
{
    private volatile ExecutionProgress? _progress;
    private volatile bool _isTold;
    private volatile bool _isUnknown;

    /// <summary>
    /// A request may have reached the API, and nobody was told what became of it. Before the stream ends, it says what
    /// holds at the moment; false again once the stream has told it. When an aborted stream has ended, it stays: nothing is
    /// sent any more.
    /// </summary>
    public bool MayHaveReached => _isTold ? _isUnknown : _progress?.MayHaveReached == true;

    internal void Follow(ExecutionProgress progress) => _progress = progress;

    /// <summary>The stream is about to tell the outcome.</summary>
    internal void Tell(ExecutionEvent outcome)
    {
        _isUnknown = outcome.Failure?.OutcomeUnknown == true;
        _isTold = true;
    }
}
