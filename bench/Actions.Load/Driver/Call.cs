using Actions.V1;

namespace Actions.Load.Driver;

/// <summary>What came of one call: which events, when, and whether they are what they have to be.</summary>
/// <param name="intended">The timestamp at which it should have begun: its times count from there.</param>
/// <param name="sent">The timestamp at which it did begin.</param>
internal sealed class Call(Job job, string key, long intended, long sent)
{
    private int _events;
    private int _delays;
    private string _id = "";

    public long Intended => intended;

    public long Sent => sent;

    /// <summary>When Start came. 0: it didn't.</summary>
    public long Started { get; private set; }

    public long Ended { get; set; }

    /// <summary>When the Delay came. 0: it didn't.</summary>
    public long Delayed { get; private set; }

    /// <summary>By the server's own clock, from its beginning to the Delay.</summary>
    public TimeSpan DelayElapsed { get; private set; }

    /// <summary>"result", "failure X" or "status X".</summary>
    public string Outcome { get; private set; } = "";

    /// <summary>What the contract forbids. Null: nothing so far.</summary>
    public string? Wrong { get; private set; }

    public bool IsResult => Outcome == "result" && Wrong is null;

    public void Take(ExecuteResponse response, long now)
    {
        var next = response.Event;
        _events++;
        if (_events == 1)
            _id = response.ExecutionId;
        if (Outcome != "")
            Wrong ??= $"{key}: {next.EventCase} after the outcome";
        if (next.Sequence != _events || response.ExecutionId != _id || _id == "")
            Wrong ??= $"{key}: event {_events} is {response}";
        if (_events == 1 != (next.EventCase == ExecutionEvent.EventOneofCase.Start))
            Wrong ??= $"{key}: event {_events} is {next.EventCase}";
        switch (next.EventCase)
        {
            case ExecutionEvent.EventOneofCase.Start:
                Started = now;
                Wrong ??= Job.Check(next.Start);
                break;
            case ExecutionEvent.EventOneofCase.Delay:
                Delayed = now;
                DelayElapsed = next.Elapsed.ToTimeSpan();
                if (next.Delay.Ordinal != ++_delays || _delays > 1)
                    Wrong ??= $"{key}: Delay {next.Delay.Ordinal} is the {_delays}. of 1";
                break;
            case ExecutionEvent.EventOneofCase.Result:
                Outcome = "result";
                Wrong ??= job.Check(next.Result, key);
                break;
            case ExecutionEvent.EventOneofCase.Failure:
                Outcome = $"failure {next.Failure.Reason}";
                break;
            default:
                Wrong ??= $"{key}: {next.EventCase}";
                break;
        }
    }

    /// <param name="status">gRPC's.</param>
    public void End(string? status, long now)
    {
        Ended = now;
        if (status == "0" && Outcome == "")
            Wrong ??= $"{key}: ended with OK and no outcome after {_events} events";
        if (status != "0")
            Outcome = $"status {status ?? "none"}";
    }

    /// <summary>The connection broke, or nothing came.</summary>
    public void Break(Exception reason, long now)
    {
        Ended = now;
        Outcome = reason is OperationCanceledException ? "lost: no end" : $"broken: {reason.GetType().Name}";
    }
}
