namespace Actions.Server.Hosting.Floods;

/// <summary>The header of an HTTP/2 frame (RFC 9113, section 4.1).</summary>
internal readonly record struct FrameHeader(byte Type, byte Flags, int Length)
{
    private const byte Data = 0;
    private const byte Headers = 1;
    private const byte ResetStream = 3;

    /// <summary>A reset, whoever sends it.</summary>
    public static FrameHeader Reset { get; } = new(ResetStream, 0, sizeof(int));

    // The same bit: END_STREAM of DATA, ACK of SETTINGS and PING.
    private const byte EndOrAcknowledged = 1;

    /// <summary>Usually starts a call.</summary>
    public bool IsRequest => Type == Headers;

    /// <summary>Cancels a call.</summary>
    public bool IsReset => Type == ResetStream;

    /// <summary>Control frame: costs work but doesn't start, carry or end a call.</summary>
    public bool IsControl => Type switch
    {
        Headers or ResetStream => false,
        Data => Length == 0 && (Flags & EndOrAcknowledged) == 0,
        _ => true,
    };
}
