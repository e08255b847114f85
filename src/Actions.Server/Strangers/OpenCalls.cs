using Actions.Server.Errors;
using Microsoft.Extensions.Options;

namespace Actions.Server.Strangers;

/// <summary>
/// The open calls of health and reflection, which need no credentials. Nothing else limits how long they last.
/// </summary>
internal sealed class OpenCalls(IOptions<StrangerOptions> options)
{
    // A limit of open streams has no natural retry time. A client that watches is in no hurry.
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly Crowd<HttpContext> _streams = new();
    // A single call, e.g. Check, ends by itself, unless its message never does: what lasts is such a call.
    private readonly Crowd<HttpContext> _single = new();

    /// <param name="context">The call; it is aborted when another one needs its place.</param>
    /// <param name="isStream">Whether the method has a stream, which may stay open.</param>
    /// <returns>Dispose it when the call ends.</returns>
    /// <exception cref="LimitReachedException">The address has too many open streams.</exception>
    public IDisposable Enter(HttpContext context, bool isStream)
    {
        var network = ClientNetwork.Of(context.Connection.RemoteIpAddress);
        var (limits, crowd) = (options.Value, isStream ? _streams : _single);
        lock (_gate)
        {
            if (crowd.CountOf(network) >= limits.StreamsPerAddress)
            {
                if (isStream)
                    throw new LimitReachedException(
                        "The client's address", $"{limits.StreamsPerAddress} streams of health and reflection",
                            RetryAfter);
                // Under the lock: the server uses the context of an ended call for another one.
                crowd.TakeOldest(network)?.Value.Abort();
            }
            else if (crowd.Count >= limits.Streams)
            {
                crowd.TakeOldestOfMost()?.Value.Abort();
            }

            return new Place(this, crowd, crowd.Add(network, context));
        }
    }

    private sealed class Place(OpenCalls owner, Crowd<HttpContext> crowd,
        Crowd<HttpContext>.Member member) : IDisposable
    {
        public void Dispose()
        {
            lock (owner._gate)
                crowd.Remove(member);
        }
    }
}
