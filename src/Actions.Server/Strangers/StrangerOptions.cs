using System.ComponentModel.DataAnnotations;

namespace Actions.Server.Strangers;

/// <summary>
/// What clients without valid credentials may use (section <c>Strangers</c>). "Per address" counts an IPv6 /64 as one
/// address. Behind a proxy all clients have the proxy's address: no limit here refuses a call that has a valid key.
/// </summary>
internal sealed class StrangerOptions
{
    public const string Section = "Strangers";

    /// <summary>
    /// Open calls of health and reflection per address: <c>Watch</c> streams and reflection streams; further ones are
    /// refused. A client has one <c>Watch</c> for each of its connections at most: this is enough for a proxy with 100
    /// clients behind it, and takes a tenth of what one connection may have open.
    /// </summary>
    [Range(1, 100_000)]
    public int StreamsPerAddress { get; set; } = 100;

    /// <summary>
    /// The same for all addresses together; beyond it the address with the most streams loses its oldest one. Each
    /// stream can hold some 128 KiB of unread messages: 64 MiB in all.
    /// </summary>
    [Range(1, 1_000_000)]
    public int Streams { get; set; } = 500;

    /// <summary>
    /// Bytes of one message to health and reflection. The longest sensible one has the name of a service or a method.
    /// </summary>
    [Range(256, 67_108_864)]
    public int MaxMessageBytes { get; set; } = 4_096;

    /// <summary>
    /// Calls with wrong credentials that one address may make at once before they get slow. Ten seconds of an engine
    /// that makes ten calls per second with a key that was just revoked.
    /// </summary>
    [Range(1, 1_000_000)]
    public int WrongKeyBurst { get; set; } = 100;

    /// <summary>Sustained calls with wrong credentials per second and address that are answered at once.</summary>
    [Range(1, 1_000_000)]
    public int WrongKeysPerSecond { get; set; } = 10;

    /// <summary>
    /// How long a call with wrong credentials waits for its refusal when its address has used up the two limits above.
    /// 1 s: a person who mistypes a key doesn't notice it, and a program doesn't get far.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:30", ParseLimitsInInvariantCulture = true)]
    public TimeSpan WrongKeyDelay { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Refused calls, refused connections and floods of one address have one line in the log per this time, with their
    /// number. 10 s: soon enough for an operator who watches, and under 9,000 lines a day for an address that never
    /// stops.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan LogInterval { get; set; } = TimeSpan.FromSeconds(10);
}
