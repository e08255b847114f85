namespace Actions.Load.Driver;

/// <summary>The calls of one run. Those within its window count.</summary>
/// <param name="deadline">From the intended start of a call: what comes later is of no use.</param>
internal sealed class Tally(TimeProvider time, TimeSpan deadline)
{
    private const int KeptTexts = 5;

    private readonly Lock _gate = new();
    private readonly List<double> _starts = [];
    private readonly List<double> _ends = [];
    private readonly List<double> _lags = [];
    private readonly List<double> _skews = [];
    private readonly List<double> _serverSkews = [];
    private readonly SortedDictionary<string, int> _errors = new(StringComparer.Ordinal);
    private readonly List<string> _wrong = [];
    private long _from = long.MaxValue;
    private long _until = long.MaxValue;

    /// <summary>Calls that ended within the window.</summary>
    public int Completed { get; private set; }

    /// <summary>Those of them that ended in a right Result before the deadline.</summary>
    public int Good { get; private set; }

    /// <summary>Calls whose intended start is within the window.</summary>
    public int Begun { get; private set; }

    /// <summary>Calls that the driver had no room for.</summary>
    public int Unsent { get; private set; }

    /// <summary>Delays before the threshold, by the server's clock or by the driver's.</summary>
    public int Early { get; private set; }

    /// <summary>Calls whose events were checked, also beyond the window.</summary>
    public int Checked { get; private set; }

    /// <summary>How often what else than a Result came, e.g. "status 8" or "failure Overloaded".</summary>
    public IReadOnlyDictionary<string, int> Errors => _errors;

    public IReadOnlyList<string> Wrong => _wrong;

    public Percentiles Starts => new(_starts);

    public Percentiles Ends => new(_ends);

    /// <summary>From the intended to the real start of a call: the driver's own fault.</summary>
    public Percentiles Lags => new(_lags);

    /// <summary>From threshold to Delay, as the client sees it: from the intended start.</summary>
    public Percentiles Skews => new(_skews);

    /// <summary>From threshold to Delay, as the server says it.</summary>
    public Percentiles ServerSkews => new(_serverSkews);

    public TimeSpan Window => time.GetElapsedTime(_from, _until);

    public void Open() => _from = time.GetTimestamp();

    public void Close() => _until = time.GetTimestamp();

    /// <summary>A call that the driver has no room for.</summary>
    public void Skip(long intended) => Unsent += intended >= _from ? 1 : 0;

    public void Add(Call call)
    {
        lock (_gate)
        {
            Checked++;
            if (call.Wrong is { } wrong && _wrong.Count < KeptTexts)
                _wrong.Add(wrong);

            if (call.Ended >= _from && call.Ended < _until)
            {
                Completed++;
                if (call.IsResult && time.GetElapsedTime(call.Intended, call.Ended) <= deadline)
                    Good++;
            }

            if (call.Intended >= _from && call.Intended < _until)
                AddTimes(call);
        }
    }

    private void AddTimes(Call call)
    {
        Begun++;
        _lags.Add(Milliseconds(call.Intended, call.Sent));
        if (call.Started != 0)
            _starts.Add(Milliseconds(call.Intended, call.Started));
        if (call.IsResult)
        {
            _ends.Add(Milliseconds(call.Intended, call.Ended));
        }
        else
        {
            var text = call.Wrong is null ? call.Outcome : "wrong";
            _errors[text] = _errors.GetValueOrDefault(text) + 1;
        }

        if (call.Delayed == 0)
            return;
        var server = (call.DelayElapsed - Job.Threshold).TotalMilliseconds;
        if (server < 0 || Milliseconds(call.Sent, call.Delayed) < Job.Threshold.TotalMilliseconds)
            Early++;
        _serverSkews.Add(server);
        _skews.Add(Milliseconds(call.Intended, call.Delayed) - Job.Threshold.TotalMilliseconds);
    }

    private double Milliseconds(long from, long until) => time.GetElapsedTime(from, until).TotalMilliseconds;
}
