using System.ComponentModel.DataAnnotations;

namespace Actions.Server.Configuration;

/// <summary>Every limit of the server that an operator may change (section <c>Server</c>).</summary>
internal sealed class ServerOptions : IValidatableObject
{
    public const string Section = "Server";

    /// <summary>Bytes of one request. gRPC's own default, 4 MiB.</summary>
    [Range(1_024, 67_108_864)]
    public int MaxRequestBytes { get; set; } = 4 << 20;

    /// <summary>
    /// Bytes of one action, its sample aside. Four times the largest body's template; with its sample it still fits
    /// into a page and into the 4 MiB that gRPC clients accept by default.
    /// </summary>
    [Range(1_024, 67_108_864)]
    public int MaxActionBytes { get; set; } = 2 << 20;

    /// <summary>Actions per page where the request doesn't say.</summary>
    [Range(1, 1_000)]
    public int DefaultPageSize { get; set; } = 50;

    /// <summary>Actions per page at most. As the contract has it.</summary>
    [Range(1, 1_000)]
    public int MaxPageSize { get; set; } = 200;

    /// <summary>Labels that a list may ask for. As many as an action may carry: with more, none could match.</summary>
    [Range(1, 1_000)]
    public int MaxLabelFilters { get; set; } = 64;

    /// <summary>Bytes of one page; it ends early rather than grow beyond. Below the 4 MiB that gRPC clients accept by
    /// default.</summary>
    [Range(1_024, 67_108_864)]
    public int MaxPageBytes { get; set; } = 3 << 20;

    /// <summary>Characters of a call_id.</summary>
    [Range(1, 4_096)]
    public int MaxCallIdLength { get; set; } = 256;

    /// <summary>
    /// Compiled actions in memory, some KiB each. Beyond it the least frequently used one makes room. 1 and 2 mean 3,
    /// the
    /// least that the cache works with.
    /// </summary>
    [Range(1, 10_000_000)]
    public int MaxCachedActions { get; set; } = 10_000;

    /// <summary>
    /// How often the cached actions are compared with the store while it has no active change stream. 5 s: a change
    /// made by
    /// another server is executed here within 10 s, whenever the stream became silent, and a comparison of 10,000
    /// actions
    /// is ten reads of 1,000 etags.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:00:10", ParseLimitsInInvariantCulture = true)]
    public TimeSpan CatalogCheckInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long an RPC waits for one operation of the store before it fails with UNAVAILABLE. 2 s: an operation takes
    /// milliseconds, an election among the store's members seconds, and the caller hears silence meanwhile.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan StoreTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Connections at once: half of the usual 1,024 file descriptors, the other half being for calls to
    /// APIs.</summary>
    [Range(1, 1_000_000)]
    public int MaxConnections { get; set; } = 512;

    /// <summary>Calls at once on one connection. A voice engine keeps one channel for all its conversations; Kestrel's
    /// 100 would queue them.</summary>
    [Range(1, 100_000)]
    public int MaxStreamsPerConnection { get; set; } = 1_000;

    /// <summary>
    /// How long a caller may take to send a connection's preface, or a call's headers. As long as Kestrel gives a TLS
    /// handshake; for headers its own default is 30 s, for a preface 130 s, in which a few hundred silent callers could
    /// hold every connection.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan RequestHeadersTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Calls that an address may give up at once. nghttp2's default, and as many as one connection has: an engine may
    /// end all its conversations.
    /// </summary>
    [Range(1, 1_000_000)]
    public int ResetBurst { get; set; } = 1_000;

    /// <summary>
    /// Calls per second that an address may give up on and on. nghttp2 has 33 for a connection; this is for all
    /// connections of an engine.
    /// </summary>
    [Range(1, 1_000_000)]
    public int ResetsPerSecond { get; set; } = 100;

    /// <summary>
    /// Frames of an address that neither begin, carry nor end a call (PING, SETTINGS, WINDOW_UPDATE, CONTINUATION,
    /// empty
    /// DATA, …) that are taken at once: some milliseconds of work. Each call brings 20 more.
    /// </summary>
    [Range(100, 10_000_000)]
    public int ControlFrameBurst { get; set; } = 10_000;

    /// <summary>Such frames per second that are taken on and on: clients measure the way with up to some
    /// hundred.</summary>
    [Range(1, 10_000_000)]
    public int ControlFramesPerSecond { get; set; } = 1_000;

    /// <summary>After so long without a frame a caller is asked whether it is still there.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan KeepAlivePingDelay { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>Without an answer in this time its calls are cancelled.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan KeepAlivePingTimeout { get; set; } = TimeSpan.FromSeconds(10);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (DefaultPageSize > MaxPageSize)
            yield return new ValidationResult($"{Section}:DefaultPageSize must not exceed {Section}:MaxPageSize.");
        if (MaxActionBytes > MaxPageBytes)
            yield return new ValidationResult($"{Section}:MaxActionBytes must not exceed {Section}:MaxPageBytes.");
    }
}

internal static class ServerOptionsRegistration
{
    public static IServiceCollection AddServerOptions(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<ServerOptions>(configuration, ServerOptions.Section);
        return services;
    }
}
