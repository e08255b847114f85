using Actions.Server.Configuration;

namespace Actions.Server.Hosting.Floods;

/// <summary>How many resets and control frames may still come from one address.</summary>
internal sealed class FrameBudget(ServerOptions options, TimeProvider time)
{
    // A call brings about some: window updates and pings that measure the way (BDP). Envoy counts on ten per message.
    private const int ControlFramesPerRequest = 20;

    // One line in the log says it; a flood must not become one of the log.
    private static readonly TimeSpan ReportInterval = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private double _resets = options.ResetBurst;
    private double _controlFrames = options.ControlFrameBurst;
    private long _filled = time.GetTimestamp();
    private long? _reported;

    /// <param name="frame">Paid for where it is one of the frames that are counted.</param>
    /// <param name="isFirst">Whether this refusal is to be reported.</param>
    /// <returns>False when there is nothing left to pay with.</returns>
    public bool TryTake(FrameHeader frame, out bool isFirst)
    {
        isFirst = false;
        // DATA, most of the bytes, is free.
        if (frame is { IsReset: false, IsControl: false, IsRequest: false })
            return true;
        lock (_gate)
        {
            if (frame.IsRequest)
            {
                _controlFrames = Math.Min(_controlFrames + ControlFramesPerRequest, options.ControlFrameBurst);
                return true;
            }

            ref var left = ref frame.IsReset ? ref _resets : ref _controlFrames;
            if (left < 1)
                Fill();
            if (left >= 1)
            {
                left--;
                return true;
            }

            isFirst = _reported is not { } reported || time.GetElapsedTime(reported) >= ReportInterval;
            if (isFirst)
                _reported = time.GetTimestamp();
            return false;
        }
    }

    private void Fill()
    {
        var now = time.GetTimestamp();
        var seconds = time.GetElapsedTime(_filled, now).TotalSeconds;
        _filled = now;
        _resets = Math.Min(_resets + (seconds * options.ResetsPerSecond), options.ResetBurst);
        _controlFrames = Math.Min(_controlFrames + (seconds * options.ControlFramesPerSecond), options.ControlFrameBurst);
    }
}
