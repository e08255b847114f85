namespace Actions.Server.Hosting.Floods;

/// <summary>What a frame says of itself: RFC 9113, section 4.1.</summary>
internal readonly record struct FrameHeader(byte Type, byte Flags, int Length)
{
    private const byte Data = 0;
    private const byte Headers = 1;
    private const byte ResetStream = 3;

    // The same bit: END_STREAM of DATA, ACK of SETTINGS and PING.
    private const byte EndOrAcknowledged = 1;

    /// <summary>Begins a call, as a rule.</summary>
    public bool IsRequest => Type == Headers;

    /// <summary>Gives up a call.</summary>
    public bool IsReset => Type == ResetStream;

    /// <summary>Neither begins, carries nor ends a call: work for the server that brings nobody anything.</summary>
    public bool IsControl => Type switch
    {
        Headers or ResetStream => false,
        Data => Length == 0 && (Flags & EndOrAcknowledged) == 0,
        _ => true,
    };
}
