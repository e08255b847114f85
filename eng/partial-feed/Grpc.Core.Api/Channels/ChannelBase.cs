namespace Grpc.Core;

/// <summary>A connection to a server, as clients see it.</summary>
public abstract class ChannelBase
{
    private int shutDown;

    /// <summary>A channel to a target.</summary>
    protected ChannelBase(string target)
    {
        ArgumentNullException.ThrowIfNull(target);
        Target = target;
    }

    /// <summary>The address as it was given.</summary>
    public string Target { get; }

    /// <summary>Makes an invoker whose calls go through this channel.</summary>
    public abstract CallInvoker CreateCallInvoker();

    /// <summary>Closes the channel.</summary>
    /// <exception cref="InvalidOperationException">It was closed before.</exception>
    public Task ShutdownAsync() => Interlocked.Exchange(ref shutDown, 1) == 0
        ? ShutdownAsyncCore()
        : throw new InvalidOperationException("This channel was shut down before.");

    /// <summary>Closes what a derived channel holds; nothing by itself.</summary>
    protected virtual Task ShutdownAsyncCore() => Task.CompletedTask;
}
