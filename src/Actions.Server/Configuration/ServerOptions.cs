using System.ComponentModel.DataAnnotations;

namespace Actions.Server.Configuration;

/// <summary>The limits of the server that an operator can change (section <c>Server</c>).</summary>
internal sealed class ServerOptions : IValidatableObject
{
    public const string Section = "Server";

    /// <summary>
    /// Moves the limits of load together. <c>standard</c>: a workspace may use a quarter of the machine. <c>large</c>:
    /// one may use all of it. See <see cref="Sizing"/>.
    /// </summary>
    [AllowedValues(Sizing.Standard, Sizing.Large, ErrorMessage = "{0} must be standard or large.")]
    public string Profile { get; set; } = Sizing.Standard;

    /// <summary>Bytes of one request. gRPC's own default, 4 MiB.</summary>
    [Range(1_024, 67_108_864)]
    public int MaxRequestBytes { get; set; } = 4 << 20;

    /// <summary>
    /// Bytes of one action without its sample. Four times the largest body template; with its sample an action still
    /// fits into a page and into the 4 MiB that gRPC clients accept by default.
    /// </summary>
    [Range(1_024, 67_108_864)]
    public int MaxActionBytes { get; set; } = 2 << 20;

    /// <summary>Actions per page if the request doesn't set a size.</summary>
    [Range(1, 1_000)]
    public int DefaultPageSize { get; set; } = 50;

    /// <summary>Maximum of actions per page, as in the contract.</summary>
    [Range(1, 1_000)]
    public int MaxPageSize { get; set; } = 200;

    /// <summary>Labels in the filter of a list. As many as an action may have: no action could match more.</summary>
    [Range(1, 1_000)]
    public int MaxLabelFilters { get; set; } = 64;

    /// <summary>
    /// Bytes of one page, which ends early rather than exceed them. Below the 4 MiB that gRPC clients accept by
    /// default.
    /// </summary>
    [Range(1_024, 67_108_864)]
    public int MaxPageBytes { get; set; } = 3 << 20;

    /// <summary>Characters of a call_id.</summary>
    [Range(1, 4_096)]
    public int MaxCallIdLength { get; set; } = 256;

    /// <summary>
    /// Compiled actions in memory, some KiB each. When the cache is full, the least frequently used one is evicted. 1
    /// and 2 mean 3, the minimum of the cache.
    /// </summary>
    [Range(1, 10_000_000)]
    public int MaxCachedActions { get; set; } = 10_000;

    /// <summary>
    /// Bytes of all compiled actions in memory. An action of 0.5 MB may take 20 MB when it is compiled. 128 MiB: some
    /// KiB for each of 10,000.
    /// </summary>
    [Range(1_048_576, int.MaxValue)]
    public int MaxCachedActionBytes { get; set; } = 128 << 20;

    /// <summary>
    /// How often the cached actions are compared with the store while it has no active change stream. 5 s: a change by
    /// another server takes effect here within 10 s, whenever the stream became silent, and a comparison of 10,000
    /// actions is ten reads of 1,000 etags.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:00:10", ParseLimitsInInvariantCulture = true)]
    public TimeSpan CatalogCheckInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long an RPC waits for one operation of the store before it fails with UNAVAILABLE. 2 s: an operation takes
    /// milliseconds, an election among the store's members seconds, and the person on the phone hears silence
    /// meanwhile.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan StoreTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Concurrent connections of one gRPC listener. Half of the usual 1,024 file descriptors; the other half is for
    /// calls
    /// to APIs. When they are taken, a new connection takes the place of one that never had valid credentials.
    /// </summary>
    [Range(1, 1_000_000)]
    public int MaxConnections { get; set; } = 512;

    /// <summary>
    /// Concurrent connections of a listener without HTTP/2, which has the web pages for probes. A probe needs one, for
    /// some milliseconds; when they are taken, a new connection takes the place of the oldest one of the address that
    /// has
    /// most.
    /// </summary>
    [Range(1, 1_000_000)]
    public int MaxWebConnections { get; set; } = 64;

    /// <summary>
    /// Concurrent calls on one connection. A voice engine keeps one channel for all its conversations; Kestrel's 100
    /// would queue them.
    /// </summary>
    [Range(1, 100_000)]
    public int MaxStreamsPerConnection { get; set; } = 1_000;

    /// <summary>
    /// How long a client may take to send a connection's preface, or a call's headers. As long as Kestrel's limit for a
    /// TLS handshake. Kestrel's own default is 30 s for headers and 130 s for a preface: long enough for a few hundred
    /// silent clients to hold every connection.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan RequestHeadersTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Calls that one address may cancel at once. nghttp2's default, and as many as one connection may have: an engine
    /// may end all its conversations.
    /// </summary>
    [Range(1, 1_000_000)]
    public int ResetBurst { get; set; } = 1_000;

    /// <summary>
    /// Sustained cancelled calls per second and address. nghttp2 allows 33 per connection; this covers all connections
    /// of an engine.
    /// </summary>
    [Range(1, 1_000_000)]
    public int ResetsPerSecond { get; set; } = 100;

    /// <summary>
    /// Control frames that one address may send at once: frames that don't start, carry or end a call (PING, SETTINGS,
    /// WINDOW_UPDATE, CONTINUATION, empty DATA, …). Default: some milliseconds of work. Each call adds 20.
    /// </summary>
    [Range(100, 10_000_000)]
    public int ControlFrameBurst { get; set; } = 10_000;

    /// <summary>
    /// Sustained control frames per second and address. A client's bandwidth pings are at most a few hundred.
    /// </summary>
    [Range(1, 10_000_000)]
    public int ControlFramesPerSecond { get; set; } = 1_000;

    /// <summary>Time without a frame after which the server pings the client.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan KeepAlivePingDelay { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>Time without a response to the ping after which the client's calls are cancelled.</summary>
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
