using Actions.Server.Logging;
using Actions.Server.Tests.Lifecycle;

namespace Actions.Server.Tests.Servers;

/// <summary>One of several servers: which process it is now, and since when.</summary>
internal sealed class Member(ServerProcess process)
{
    private volatile ServerProcess _process = process;
    private volatile bool _isDown;
    private long _upSince = TimeProvider.System.GetTimestamp();
    private long _downs;
    private long _executed;

    public ServerProcess Process
    {
        get => _process;
        set => _process = value;
    }

    public bool IsDown => _isDown;

    public long UpSince => Interlocked.Read(ref _upSince);

    /// <summary>How often it went down: a call that sees another number before and after it may fail.</summary>
    public long Downs => Interlocked.Read(ref _downs);

    /// <summary>Executions that it answered.</summary>
    public long Executed => Interlocked.Read(ref _executed);

    public void Answered() => Interlocked.Increment(ref _executed);

    public void GoesDown()
    {
        Interlocked.Increment(ref _downs);
        _isDown = true;
    }

    public void IsUp()
    {
        Interlocked.Exchange(ref _upSince, TimeProvider.System.GetTimestamp());
        _isDown = false;
    }
}
