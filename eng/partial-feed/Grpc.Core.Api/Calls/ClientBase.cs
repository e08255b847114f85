using Grpc.Core.Interceptors;

namespace Grpc.Core;

/// <summary>Base of generated clients that add nothing but calls.</summary>
public abstract class LiteClientBase
{
    private readonly CallInvoker? callInvoker;

    /// <summary>A client without a connection, for test doubles.</summary>
    protected LiteClientBase()
    {
    }

    /// <summary>A client that calls through <paramref name="callInvoker"/>.</summary>
    protected LiteClientBase(CallInvoker callInvoker)
    {
        ArgumentNullException.ThrowIfNull(callInvoker);
        this.callInvoker = callInvoker;
    }

    /// <summary>Makes the calls of this client.</summary>
    /// <exception cref="NotImplementedException">The client is a test double without a connection.</exception>
    protected CallInvoker CallInvoker =>
        callInvoker ?? throw new NotImplementedException("This client was made without a connection.");
}

/// <summary>Base of generated clients.</summary>
public abstract class ClientBase
{
    private readonly ClientBaseConfiguration? configuration;
    private readonly CallInvoker? callInvoker;

    /// <summary>A client without a connection, for test doubles.</summary>
    protected ClientBase()
    {
    }

    /// <summary>A client on a channel.</summary>
    protected ClientBase(ChannelBase channel)
        : this(InvokerOf(channel))
    {
    }

    /// <summary>A client that calls through <paramref name="callInvoker"/>.</summary>
    protected ClientBase(CallInvoker callInvoker)
        : this(new ClientBaseConfiguration(callInvoker, host: null))
    {
    }

    /// <summary>A client with the configuration of another one.</summary>
    protected ClientBase(ClientBaseConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        this.configuration = configuration;
        callInvoker = configuration.CreateCallInvoker();
    }

    /// <summary>Makes the calls of this client.</summary>
    /// <exception cref="NotImplementedException">The client is a test double without a connection.</exception>
    protected CallInvoker CallInvoker =>
        callInvoker ?? throw new NotImplementedException("This client was made without a connection.");

    internal ClientBaseConfiguration Configuration =>
        configuration ?? throw new NotImplementedException("This client was made without a connection.");

    private static CallInvoker InvokerOf(ChannelBase channel)
    {
        ArgumentNullException.ThrowIfNull(channel);
        return channel.CreateCallInvoker();
    }

    /// <summary>What a client is made from.</summary>
    protected internal class ClientBaseConfiguration
    {
        private readonly CallInvoker callInvoker;
        private readonly string? host;

        internal ClientBaseConfiguration(CallInvoker callInvoker, string? host)
        {
            ArgumentNullException.ThrowIfNull(callInvoker);
            this.callInvoker = callInvoker;
            this.host = host;
        }

        internal CallInvoker CreateCallInvoker() =>
            host is null ? callInvoker : callInvoker.Intercept(new ContextInterceptor(host, headers: null));

        internal ClientBaseConfiguration WithHost(string newHost) => new(callInvoker, newHost);
    }
}

/// <summary>Base of generated clients of type <typeparamref name="T"/>.</summary>
public abstract class ClientBase<T> : ClientBase
    where T : ClientBase<T>
{
    /// <summary>A client without a connection, for test doubles.</summary>
    protected ClientBase()
    {
    }

    /// <summary>A client on a channel.</summary>
    protected ClientBase(ChannelBase channel)
        : base(channel)
    {
    }

    /// <summary>A client that calls through <paramref name="callInvoker"/>.</summary>
    protected ClientBase(CallInvoker callInvoker)
        : base(callInvoker)
    {
    }

    /// <summary>A client with the configuration of another one.</summary>
    protected ClientBase(ClientBaseConfiguration configuration)
        : base(configuration)
    {
    }

    /// <summary>A client like this one whose calls name another host.</summary>
    public T WithHost(string host) => NewInstance(Configuration.WithHost(host));

    /// <summary>Makes a client of type <typeparamref name="T"/>; the generated code implements it.</summary>
    protected abstract T NewInstance(ClientBaseConfiguration configuration);
}
