using System.Collections.Immutable;
using Actions.Engine.Evidence;
using Actions.Engine.Http;
using Actions.Engine.Outcomes;
using Actions.V1;

namespace Actions.Engine.Executions;

/// <summary>
/// The progress of an execution. Written by the attempt's thread; the event stream's thread may read it at any time.
/// </summary>
/// <param name="journal">Null: nobody wants to know.</param>
internal sealed class ExecutionProgress(ExecutionJournal? journal = null)
{
    private volatile FailureStage _stage = FailureStage.Queue;
    private volatile UpstreamMessage? _message;
    private volatile int _statusCode;
    private volatile int _attempts;
    private volatile bool _isUnderWay;
    private volatile bool _wasTaken;
    private volatile bool _leftUnknown;
    private ImmutableArray<string> _tokens = [];
    private AttemptEvidence? _evidence;

    /// <summary>Number of attempts that have started.</summary>
    public int Attempts => _attempts;

    /// <summary>The final response's status once its headers have arrived; 0 before.</summary>
    public int StatusCode => _statusCode;

    /// <summary>The time that the attempt has spent in lines.</summary>
    public TimeSpan Waited { get; set; }

    public FailureStage Stage => _message?.Stage ?? _stage;

    /// <summary>The access tokens that were sent.</summary>
    public ImmutableArray<string> Tokens => _tokens;

    /// <summary>
    /// The API may have done what it was asked to do, and nobody has heard what became of it: as long as the attempt
    /// that may have done it has no known end.
    /// </summary>
    public bool MayHaveReached => _leftUnknown || (_isUnderWay
        && (_wasTaken || Stage is FailureStage.Send or FailureStage.Wait or FailureStage.Read or FailureStage.Judge));

    /// <summary>Whether the API may have done what it was asked to do, if this failure is the last.</summary>
    public bool IsUnknownAfter(UpstreamFailure last) =>
        _leftUnknown || (_isUnderWay && (_wasTaken || last.LeavesOutcomeUnknown));

    /// <returns>The attempt's number, from 1.</returns>
    public int BeginAttempt()
    {
        _wasTaken = false;
        _isUnderWay = true;
        _statusCode = 0;
        Waited = TimeSpan.Zero;
        Enter(FailureStage.Queue);
        var attempt = ++_attempts;
        _evidence = journal?.Begin(attempt);
        return attempt;
    }

    /// <summary>A success stays under way: it counts for nothing until its result is told.</summary>
    public void EndAttempt(AttemptResult result)
    {
        if (result is not AttemptResult.Failed { Failure: var failure })
        {
            _evidence?.End(FailureReason.Unspecified, FailureStage.Unspecified, _statusCode);
            return;
        }

        _evidence?.End(failure.Reason, failure.Stage, failure.StatusCode);
        _leftUnknown |= _wasTaken || failure.LeavesOutcomeUnknown;
        _isUnderWay = false;
    }

    /// <summary>The API has answered with the place of the answer: what it was asked to do may be done.</summary>
    public void WasTaken() => _wasTaken = true;

    public void Enter(FailureStage stage)
    {
        _stage = stage;
        _message = null;
        if (stage is FailureStage.Authorize or FailureStage.Judge)
            _evidence?.Enter(stage == FailureStage.Authorize ? Phase.Authorize : Phase.None);
    }

    /// <summary>Starts sending: from here on, the message records the stage.</summary>
    public void Send(UpstreamMessage message)
    {
        message.Evidence = _evidence;
        _message = message;
    }

    public void Receive(int statusCode)
    {
        _statusCode = statusCode;
        Enter(FailureStage.Read);
    }

    public void AddToken(string token) =>
        ImmutableInterlocked.Update(ref _tokens, static (tokens, added) => tokens.Add(added), token);
}
