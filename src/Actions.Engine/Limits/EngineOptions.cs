using System.ComponentModel.DataAnnotations;

namespace Actions.Engine.Limits;

/// <summary>
/// Every limit of the engine that an operator may change (section <c>Engine</c>). The contract's fixed limits are in
/// <see cref="ContractLimits"/>.
/// </summary>
public sealed class EngineOptions
{
    public const string Section = "Engine";

    /// <summary>
    /// Characters of a URL template. RFC 9110 section 4.1 recommends support for at least 8,000 octets.
    /// </summary>
    [Range(1, 65_536)]
    public int MaxUrlLength { get; set; } = 8_000;

    /// <summary>
    /// Characters of a rendered URL. Twice the template's limit: common servers refuse more than 8 to 16 KiB.
    /// </summary>
    [Range(1, 1_048_576)]
    public int MaxRenderedUrlLength { get; set; } = 16_000;

    /// <summary>
    /// Headers of one action. Common servers refuse more than 100 in total; this server adds some of its own.
    /// </summary>
    [Range(0, 1_000)]
    public int MaxHeaders { get; set; } = 64;

    /// <summary>Characters of a header's name. No registered name is longer than 50.</summary>
    [Range(1, 8_192)]
    public int MaxHeaderNameLength { get; set; } = 128;

    /// <summary>
    /// Characters of a header's value, both template and rendered. Common servers refuse lines over 8 KiB.
    /// </summary>
    [Range(1, 65_536)]
    public int MaxHeaderValueLength { get; set; } = 8_000;

    /// <summary>Query parameters of one action, and fields of its form.</summary>
    [Range(0, 1_000)]
    public int MaxParameters { get; set; } = 128;

    /// <summary>Characters of the template of a query parameter or form field, for name and value each.</summary>
    [Range(1, 1_048_576)]
    public int MaxParameterLength { get; set; } = 8_000;

    /// <summary>
    /// Characters of a body's template. Four of them fit into one gRPC message of default size, with room for the other
    /// fields.
    /// </summary>
    [Range(1, 3_145_728)]
    public int MaxBodyTemplateLength { get; set; } = 524_288;

    /// <summary>Bytes of a rendered body: the default body limit of common servers.</summary>
    [Range(1, 67_108_864)]
    public int MaxRenderedBodyBytes { get; set; } = 1_048_576;

    /// <summary>Levels of arrays and objects in a JSON body. 64 is System.Text.Json's own default.</summary>
    [Range(1, 256)]
    public int MaxJsonBodyDepth { get; set; } = 64;

    /// <summary>Characters of each message's template. More than five minutes of speech.</summary>
    [Range(1, 65_536)]
    public int MaxMessageLength { get; set; } = 4_096;

    /// <summary>Characters of a rendered message. Four times the template's limit.</summary>
    [Range(1, 1_048_576)]
    public int MaxRenderedMessageLength { get; set; } = 16_384;

    /// <summary>Variables that an action may declare, and that a call may pass.</summary>
    [Range(1, 10_000)]
    public int MaxVariables { get; set; } = 128;

    /// <summary>Characters of a variable's name.</summary>
    [Range(1, 1_024)]
    public int MaxVariableNameLength { get; set; } = 128;

    /// <summary>Bytes of one variable's value, either the default or passed with a call.</summary>
    [Range(1, 3_145_728)]
    public int MaxVariableBytes { get; set; } = 262_144;

    /// <summary>Allowed values of one variable.</summary>
    [Range(1, 10_000)]
    public int MaxAllowedValues { get; set; } = 256;

    /// <summary>Result fields of one action.</summary>
    [Range(1, 1_000)]
    public int MaxResultFields { get; set; } = 128;

    /// <summary>Outcome rules of one action. Each may be evaluated for every response.</summary>
    [Range(0, 1_000)]
    public int MaxOutcomeRules { get; set; } = 32;

    /// <summary>Status patterns in one list. Enough to list every existing status.</summary>
    [Range(1, 1_000)]
    public int MaxStatusPatterns { get; set; } = 100;

    /// <summary>Characters of a JSONPath or a filter.</summary>
    [Range(1, 65_536)]
    public int MaxJsonPathLength { get; set; } = 1_024;

    /// <summary>Labels of one action.</summary>
    [Range(0, 1_000)]
    public int MaxLabels { get; set; } = 64;

    /// <summary>
    /// Levels of arrays and objects in a JSON response. Far above the responses of real APIs, far below the depth at
    /// which recursive parsing becomes dangerous.
    /// </summary>
    [Range(1, 1_000)]
    public int MaxJsonResponseDepth { get; set; } = 512;

    /// <summary>Size of a response's status line and headers, in KiB. HttpClient's default.</summary>
    [Range(1, 1_024)]
    public int MaxResponseHeadersKiB { get; set; } = 64;

    /// <summary>
    /// How long a connection to an API is used before a new one is opened, so that DNS changes take effect. The default
    /// is in the range of common TTLs.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan ConnectionLifetime { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>
    /// How long an unused connection to an API is kept. Below 60 s, after which common servers close it: a call could
    /// otherwise be sent on a connection that is being closed.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan ConnectionIdleTimeout { get; set; } = TimeSpan.FromSeconds(50);

    /// <summary>How long a token endpoint may take. By default as long as an execution: none waits longer.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:02:00")]
    public TimeSpan TokenTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Concurrent calls from one workspace to one host; further calls wait in line. Twice the concurrency of an API of
    /// common size, far below <see cref="MaxConnectionsPerHost"/>, which the workspaces share. The server derives its
    /// own default from the machine.
    /// </summary>
    [Range(1, 100_000)]
    public int MaxCallsPerHost { get; set; } = 128;

    /// <summary>
    /// Calls that wait in one line; further ones fail at once with OVERLOADED. 0: nobody waits. As many as a workspace
    /// may have in flight: a waiting execution costs no more than one that waits for its API. The server derives its
    /// own default from the machine.
    /// </summary>
    [Range(0, 1_000_000)]
    public int MaxLineLength { get; set; } = 1_000;

    /// <summary>
    /// How long a call waits in line before it fails with OVERLOADED, and never into the last quarter of its timeout,
    /// which is left for the call itself. As long as a caller on the phone may wait, like
    /// <see cref="CircuitBreakDuration"/>.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:02:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan MaxWaitInLine { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Share of failed attempts (no response, or a 5xx) to one host at which its circuit breaker opens.
    /// </summary>
    [Range(0.01, 1.0)]
    public double CircuitFailureRatio { get; set; } = 0.5;

    /// <summary>
    /// Attempts to a host within <see cref="CircuitSamplingDuration"/> before its circuit breaker may open: a single
    /// failure is no evidence.
    /// </summary>
    [Range(2, 100_000)]
    public int CircuitMinimumAttempts { get; set; } = 20;

    /// <summary>The period over which attempts to a host are counted.</summary>
    [Range(typeof(TimeSpan), "00:00:00.500", "01:00:00")]
    public TimeSpan CircuitSamplingDuration { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long a circuit breaker stays open before one call tries again. As long as a caller on the phone may wait,
    /// not as long as an operator may.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.500", "01:00:00")]
    public TimeSpan CircuitBreakDuration { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Executions of a host within a minute, by all workspaces, up to which retries are free. Beyond, attempts stay
    /// within 1.1 times the executions.
    /// </summary>
    [Range(0, 1_000_000)]
    public int RetryBudgetFreeExecutions { get; set; } = 100;

    /// <summary>
    /// Hosts (counted per workspace) whose circuit breaker, line and retry budget are kept while no call
    /// to them is in flight. The least recently used one is removed first. Some KiB each.
    /// </summary>
    [Range(10, 1_000_000)]
    public int MaxTrackedHosts { get; set; } = 10_000;

    /// <summary>
    /// Access tokens that are cached. The least recently used one is removed first, and fetched again when needed. Some
    /// KiB each.
    /// </summary>
    [Range(10, 1_000_000)]
    public int MaxCachedTokens { get; set; } = 10_000;

    /// <summary>
    /// Connections to one API's host. Limits sockets: half of the usual 1,024 file descriptors. The server derives its
    /// own default from the machine.
    /// </summary>
    [Range(1, 65_536)]
    public int MaxConnectionsPerHost { get; set; } = 512;
}

/// <summary>The limits that the contract itself defines.</summary>
public static class ContractLimits
{
    public const int MaxNameLength = 64;
    public const int MaxDescriptionLength = 1_024;
    public const int MaxLabelKeyLength = 63;
    public const int MaxLabelValueLength = 255;
    public const int MaxIdempotencyKeyLength = 255;
    public const int MaxRedirects = 10;
    public const int MaxAttempts = 5;
    public const int MaxSampleFields = 500;
    public const int DefaultResponseBodyBytes = 1 << 20;
    public const int MaxResponseBodyBytes = 3 << 20;
    public const int MaxSampleBodyBytes = 64 << 10;
    public const int MaxErrorFieldBytes = 64 << 10;
    public static readonly TimeSpan MinTimeout = TimeSpan.FromMilliseconds(100);
    public static readonly TimeSpan MaxTimeout = TimeSpan.FromSeconds(120);
    public static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(10);
    public static readonly TimeSpan DefaultInitialBackoff = TimeSpan.FromMilliseconds(200);
    public static readonly TimeSpan DefaultDelayThreshold = TimeSpan.FromSeconds(2);

    /// <summary>Below this, a filler would come in the middle of the start message.</summary>
    public static readonly TimeSpan ShortestAutomaticDelay = TimeSpan.FromMilliseconds(100);
    public static readonly TimeSpan DefaultAutomaticDelayMin = TimeSpan.FromSeconds(1);
    public static readonly TimeSpan DefaultAutomaticDelayMax = TimeSpan.FromSeconds(4);

    /// <summary>Below this, the caller on the phone would hear the same message without a pause.</summary>
    public static readonly TimeSpan MinDelayRepeatInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// Levels of arrays and objects in a variable. Protobuf runtimes refuse messages nested deeper than 100. Each level
    /// of an object takes three of these, the path to the variable five.
    /// </summary>
    public const int MaxVariableDepth = 30;

    /// <summary>Bytes of a request that is shown: with a sample beside it, below the 4 MiB.</summary>
    public const int MaxRenderedRequestBytes = 3_000_000;

    /// <summary>Bytes of the fields of a sample. The sample's body has them all.</summary>
    public const int MaxSampleFieldsBytes = 512 << 10;

    /// <summary>Bytes of one ExecuteResponse: below the 4 MiB that gRPC clients accept by default.</summary>
    public const int MaxEventBytes = 4_000_000;
}
