namespace Grpc.Core;

/// <summary>What a server call hands on to the calls made for it.</summary>
public class ContextPropagationOptions
{
    /// <summary>Deadline and cancellation are handed on.</summary>
    public static readonly ContextPropagationOptions Default = new();

    /// <summary>Chooses what is handed on.</summary>
    public ContextPropagationOptions(bool propagateDeadline = true, bool propagateCancellation = true)
    {
        IsPropagateDeadline = propagateDeadline;
        IsPropagateCancellation = propagateCancellation;
    }

    /// <summary>Whether the deadline is handed on.</summary>
    public bool IsPropagateDeadline { get; }

    /// <summary>Whether cancellation is handed on.</summary>
    public bool IsPropagateCancellation { get; }
}

/// <summary>Carries what a server call hands on; made by a <see cref="ServerCallContext"/>.</summary>
public abstract class ContextPropagationToken
{
    internal ContextPropagationToken()
    {
    }
}
