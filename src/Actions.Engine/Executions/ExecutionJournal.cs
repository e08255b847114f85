namespace Actions.Engine.Executions;

/// <summary>
/// What an execution did, for whoever has to know it afterwards. Written by the execution's threads; read it when its stream
/// has ended, or at any time for <see cref="MayHaveReached"/>.
/// </summary>
public sealed class ExecutionJournal
{
    private volatile bool _mayHaveReached;

    /// <summary>
    /// A request may have reached the API, and no answer says what became of it. False again once an answer says it.
    /// </summary>
    public bool MayHaveReached
    {
        get => _mayHaveReached;
        internal set => _mayHaveReached = value;
    }
}
