using System.Globalization;
using Actions.V1;
using static Actions.Engine.Tests.Execution.Simulation;

namespace Actions.Engine.Tests.Execution;

/// <summary>What must be true of every execution, worked out from its scenario alone.</summary>
internal sealed class StreamRules
{
    private readonly Scenario _scenario;
    private readonly Course _course;
    private readonly TimeSpan _timeout;
    private readonly TimeSpan _answered;

    private StreamRules(Scenario scenario, Course course)
    {
        (_scenario, _course) = (scenario, course);
        _timeout = Milliseconds(scenario.TimeoutAfter);
        _answered = course.Api.Called is { } called && course.Api.Takes is { } takes ? called + takes : TimeSpan.MaxValue;
    }

    /// <summary>When the outcome is known: the answer's or the time-out's moment, whichever comes first.</summary>
    private TimeSpan Known => _answered < _timeout ? _answered : _timeout;

    public static void Check(Scenario scenario, Course course)
    {
        var rules = new StreamRules(scenario, course);
        rules.CheckOrder();
        rules.CheckDelays();
        rules.CheckCall();
        rules.CheckEnding();
    }

    /// <summary>One Start, any number of Delays, then one Result or Failure; numbered without a gap, each stamped with
    /// its moment.</summary>
    private void CheckOrder()
    {
        var kinds = string.Concat(_course.Events.Select(told => told.Event.EventCase.ToString()[0]));
        kinds.ShouldMatch("^(SD*[RF]?)?$");
        _course.Events.Select(told => told.Event.Sequence).ShouldBe(Enumerable.Range(1, _course.Events.Length));
        foreach (var told in _course.Events)
            told.Event.Elapsed.ToTimeSpan().ShouldBe(told.Told);
        _course.Events.Select(told => told.Told).ShouldBe(_course.Events.Select(told => told.Told).Order());
    }

    /// <summary>Counted up; told as soon as they are due and asked for, unless the outcome is known by then.</summary>
    private void CheckDelays()
    {
        var due = _scenario.Threshold is { } threshold ? Milliseconds(threshold) : TimeSpan.MaxValue;
        var ordinal = 0;
        foreach (var told in _course.Events.Skip(1))
        {
            if (told.Event.Delay is not { } delay)
            {
                // None was left out: this one wasn't due, or came due while the consumer was busy with another.
                (due >= Known || told.Asked >= Known).ShouldBeTrue($"the Delay due at {due} is missing");
                continue;
            }

            delay.Ordinal.ShouldBe(++ordinal);
            told.Told.ShouldBe(due > told.Asked ? due : told.Asked);
            told.Told.ShouldBeLessThanOrEqualTo(_answered);
            told.Told.ShouldBeLessThan(_timeout);
            told.Asked.ShouldBeLessThan(Known);
            due = _scenario.Repeat is { } repeat ? told.Told + Milliseconds(repeat) : TimeSpan.MaxValue;
        }
    }

    /// <summary>The API is called once, when Start has been written, and not at all when it is too late.</summary>
    private void CheckCall()
    {
        if (!_course.Events.IsEmpty)
            _course.Events[0].ApiCalls.ShouldBe(0);
        _course.Api.Calls.ShouldBeLessThanOrEqualTo(1);
        if (_course.Events.Length < 2)
            return;
        _course.Api.Called.ShouldBe(_course.Events[1].Asked < _timeout ? _course.Events[1].Asked : null);
    }

    private void CheckEnding()
    {
        var last = _course.Events.LastOrDefault();
        var isTold = last?.Event is { Result: not null } or { Failure: not null };
        switch (_course.Ending)
        {
            case Ending.Ended:
                isTold.ShouldBeTrue("the stream ended without an outcome");
                break;
            case Ending.Cancelled:
                isTold.ShouldBeFalse("an outcome was told, and then the cancellation");
                break;
            default:
                _course.Events.Length.ShouldBe(_scenario.LeaveAfter!.Value);
                break;
        }

        if (_course.Cancelled is var (told, calls))
        {
            // Start is told without looking: it costs nobody anything.
            _course.Events.Length.ShouldBeLessThanOrEqualTo(Math.Max(told, 1), "an event was told after the cancellation");
            _course.Api.Calls.ShouldBe(calls, "the API was called after the cancellation");
        }

        if (_course.ApiLiveWhenEnding)
            _course.Api.Token.IsCancellationRequested.ShouldBeTrue("the API wasn't told to stop");
        if (isTold)
            CheckOutcome(last!);
    }

    /// <summary>The answer or the time-out, as soon as it is known and asked for.</summary>
    private void CheckOutcome(ToldEvent last)
    {
        last.Told.ShouldBe(Known > last.Asked ? Known : last.Asked);
        var outcome = last.Event.Result is { } result
            ? $"{result.StatusCode}, {result.Attempts}"
            : $"{last.Event.Failure.Reason}, {last.Event.Failure.Attempts}";
        var timedOut = $"{FailureReason.Timeout}, {(_course.Api.Calls == 0 ? 0 : 1)}";
        var answered = _scenario.Api switch
        {
            ApiDoes.Succeed => "200, 1",
            ApiDoes.AnswerWithAnError => $"{FailureReason.HttpStatus}, 1",
            _ => $"{FailureReason.Connection}, 1",
        };
        // At one and the same moment either is right.
        string[] right = _answered < _timeout ? [answered] : _answered > _timeout ? [timedOut] : [answered, timedOut];
        right.ShouldContain(outcome, string.Create(CultureInfo.InvariantCulture, $"answered at {_answered}, time-out at {_timeout}"));
    }
}
