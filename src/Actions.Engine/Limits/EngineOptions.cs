using System.ComponentModel.DataAnnotations;

namespace Actions.Engine.Limits;

/// <summary>
/// Every limit of the engine that an operator may change (section <c>Engine</c>). What the contract fixes is in
/// <see cref="ContractLimits"/>.
/// </summary>
public sealed class EngineOptions
{
    public const string Section = "Engine";

    /// <summary>Characters of a URL template. 8,000 octets is what RFC 9110 section 4.1 asks everybody to
    /// support.</summary>
    [Range(1, 65_536)]
    public int MaxUrlLength { get; set; } = 8_000;

    /// <summary>Characters of a URL with its variables filled in. Twice the template's: common servers refuse more than
    /// 8 to 16 KiB.</summary>
    [Range(1, 1_048_576)]
    public int MaxRenderedUrlLength { get; set; } = 16_000;

    /// <summary>Headers of one action. Common servers refuse more than 100 in all, some of which are ours.</summary>
    [Range(0, 1_000)]
    public int MaxHeaders { get; set; } = 64;

    /// <summary>Characters of a header's name. No registered name is longer than 50.</summary>
    [Range(1, 8_192)]
    public int MaxHeaderNameLength { get; set; } = 128;

    /// <summary>Characters of a header's value, as template and rendered. Common servers refuse lines over 8
    /// KiB.</summary>
    [Range(1, 65_536)]
    public int MaxHeaderValueLength { get; set; } = 8_000;

    /// <summary>Query parameters, and fields of a form, of one action.</summary>
    [Range(0, 1_000)]
    public int MaxParameters { get; set; } = 128;

    /// <summary>Characters of a query parameter's or form field's template, name and value each.</summary>
    [Range(1, 1_048_576)]
    public int MaxParameterLength { get; set; } = 8_000;

    /// <summary>Characters of a body's template. Four of them fit into one gRPC message of default size with room for
    /// the rest.</summary>
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

    /// <summary>Characters of a message with its variables filled in. Four times the template's.</summary>
    [Range(1, 1_048_576)]
    public int MaxRenderedMessageLength { get; set; } = 16_384;

    /// <summary>Variables that an action declares, and that a call brings.</summary>
    [Range(1, 10_000)]
    public int MaxVariables { get; set; } = 128;

    /// <summary>Characters of a variable's name.</summary>
    [Range(1, 1_024)]
    public int MaxVariableNameLength { get; set; } = 128;

    /// <summary>Bytes of one variable's value, default or brought by a call.</summary>
    [Range(1, 3_145_728)]
    public int MaxVariableBytes { get; set; } = 262_144;

    /// <summary>Allowed values of one variable.</summary>
    [Range(1, 10_000)]
    public int MaxAllowedValues { get; set; } = 256;

    /// <summary>Result fields of one action.</summary>
    [Range(1, 1_000)]
    public int MaxResultFields { get; set; } = 128;

    /// <summary>Outcome rules of one action, each asked for every answer.</summary>
    [Range(0, 1_000)]
    public int MaxOutcomeRules { get; set; } = 32;

    /// <summary>Status patterns in one list. Every status there is fits into fewer.</summary>
    [Range(1, 1_000)]
    public int MaxStatusPatterns { get; set; } = 100;

    /// <summary>Characters of a JSONPath or a filter.</summary>
    [Range(1, 65_536)]
    public int MaxJsonPathLength { get; set; } = 1_024;

    /// <summary>Labels of one action.</summary>
    [Range(0, 1_000)]
    public int MaxLabels { get; set; } = 64;

    /// <summary>
    /// Levels of arrays and objects in a JSON response. Far above what APIs answer, far below what parsing recursively
    /// could be hurt by.
    /// </summary>
    [Range(1, 1_000)]
    public int MaxJsonResponseDepth { get; set; } = 512;

    /// <summary>Bytes of a response's status line and headers, in KiB. HttpClient's default.</summary>
    [Range(1, 1_024)]
    public int MaxResponseHeadersKiB { get; set; } = 64;

    /// <summary>
    /// How long a connection to an API is used before a new one is opened, so that a change in DNS is seen. As long as
    /// the usual TTLs.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan ConnectionLifetime { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>How long an unused connection to an API is kept. Below the 60 s after which common servers close it,
    /// which would race with a call.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan ConnectionIdleTimeout { get; set; } = TimeSpan.FromSeconds(50);

    /// <summary>How long a token endpoint may take. As long as an execution by default: none waits longer.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:02:00")]
    public TimeSpan TokenTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Calls at once to one host from one workspace; more fail at once with OVERLOADED. Twice as many as an API of
    /// common size answers at once, far below what <see cref="MaxConnectionsPerHost"/> shares between workspaces.
    /// </summary>
    [Range(1, 100_000)]
    public int MaxCallsPerHost { get; set; } = 128;

    /// <summary>Share of failed attempts (no answer, or a 5xx) to one host from which its circuit opens.</summary>
    [Range(0.01, 1.0)]
    public double CircuitFailureRatio { get; set; } = 0.5;

    /// <summary>Attempts to a host within <see cref="CircuitSamplingDuration"/> before its circuit may open: a single
    /// failure says little.</summary>
    [Range(2, 100_000)]
    public int CircuitMinimumAttempts { get; set; } = 20;

    /// <summary>The time over which attempts to a host are counted.</summary>
    [Range(typeof(TimeSpan), "00:00:00.500", "01:00:00")]
    public TimeSpan CircuitSamplingDuration { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a circuit stays open before one call tries again. A caller's patience, not an
    /// operator's.</summary>
    [Range(typeof(TimeSpan), "00:00:00.500", "01:00:00")]
    public TimeSpan CircuitBreakDuration { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Executions of a host, by all workspaces, within a minute up to which retries are free; beyond, attempts
    /// stay within 1.1 times the executions.</summary>
    [Range(0, 1_000_000)]
    public int RetryBudgetFreeExecutions { get; set; } = 100;

    /// <summary>
    /// Hosts, each per workspace, whose circuit, limit and retry budget are kept while no call to them is in flight;
    /// the
    /// least recently used is forgotten. Some KiB each.
    /// </summary>
    [Range(10, 1_000_000)]
    public int MaxTrackedHosts { get; set; } = 10_000;

    /// <summary>Access tokens that are kept; the least recently used is fetched again. Some KiB each.</summary>
    [Range(10, 1_000_000)]
    public int MaxCachedTokens { get; set; } = 10_000;

    /// <summary>Connections to one API's host. A bound on sockets: half of the usual 1,024 file descriptors.</summary>
    [Range(1, 65_536)]
    public int MaxConnectionsPerHost { get; set; } = 512;
}

/// <summary>The numbers that the contract itself states.</summary>
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
    public static readonly TimeSpan MinTimeout = TimeSpan.FromMilliseconds(100);
    public static readonly TimeSpan MaxTimeout = TimeSpan.FromSeconds(120);
    public static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(10);
    public static readonly TimeSpan DefaultInitialBackoff = TimeSpan.FromMilliseconds(200);
    public static readonly TimeSpan DefaultDelayThreshold = TimeSpan.FromSeconds(2);

    /// <summary>Below this a listener would hear the same words without a pause.</summary>
    public static readonly TimeSpan MinDelayRepeatInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// Levels of arrays and objects in a variable. Protobuf runtimes refuse messages nested deeper than 100; an
    /// object's level takes three of these, the way to the variable five.
    /// </summary>
    public const int MaxVariableDepth = 30;

    /// <summary>Bytes of one ExecuteResponse: below the 4 MiB that gRPC clients accept by default.</summary>
    public const int MaxEventBytes = 4_000_000;
}
