using Actions.Server.Configuration;

namespace Actions.Server.Hosting.Floods;

/// <summary>The budget of one address for resets and control frames.</summary>
internal sealed class FrameBudget(ServerOptions options, TimeProvider time)
{
    // A call causes some: window updates, and pings that measure the bandwidth-delay product (BDP). Envoy allows ten
    // per message.
    private const int ControlFramesPerRequest = 20;

    // A flood of frames must not become a flood of log entries.
    private static readonly TimeSpan ReportInterval = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private double _resets = options.ResetBurst;
    private double _controlFrames = options.ControlFrameBurst;
    private long _filled = time.GetTimestamp();
    private long? _reported;

    /// <param name="frame">Only a reset or a control frame uses the budget.</param>
    /// <param name="isFirst">Whether to log this refusal: it is the first one in the report interval.</param>
    /// <returns>False: the budget is used up.</returns>
    public bool TryTake(FrameHeader frame, out bool isFirst)
    {
        isFirst = false;
        // DATA, which makes up most of the bytes, isn't counted.
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
