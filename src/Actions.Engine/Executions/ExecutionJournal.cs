using Actions.Engine.Evidence;
using Actions.Engine.Masking;
using Actions.Engine.Response;
using Actions.V1;

namespace Actions.Engine.Executions;

/// <summary>
/// What an execution did, for whoever has to know it afterwards. Written by the execution's threads; read it when its
/// stream has ended, or at any time for <see cref="MayHaveReached"/>. Of one execution.
/// </summary>
public sealed class ExecutionJournal
{
    private Execution? _execution;
    private TimeProvider? _time;
    private volatile ExecutionProgress? _progress;
    private AttemptEvidence? _first;
    private AttemptEvidence? _last;
    private KeptBody? _body;
    private bool _keepsNoBody;
    private volatile bool _isTold;
    private volatile bool _isUnknown;

    /// <summary>
    /// The response's body is kept, unless the action has sensitive results. Also of an error status, for which an
    /// execution then waits as if its client wanted the body.
    /// </summary>
    public bool KeepsBody { get; init; }

    /// <summary>
    /// A request may have reached the API, and nobody was told what became of it. Before the stream ends, it says what
    /// holds at the moment; false again once the stream has told it. After an aborted stream has ended, it stays:
    /// nothing is sent any more.
    /// </summary>
    public bool MayHaveReached => _isTold ? _isUnknown : _progress?.MayHaveReached == true;

    /// <summary>The trace of the client's call; empty if there is none.</summary>
    public string Traceparent => _execution?.Input.Traceparent ?? "";

    /// <summary>In their order. Each read makes new ones.</summary>
    public IReadOnlyList<AttemptRecord> Attempts
    {
        get
        {
            var attempts = new List<AttemptRecord>();
            for (var attempt = _first; attempt is not null; attempt = attempt.Next)
                attempts.Add(attempt.ToRecord());
            return attempts;
        }
    }

    /// <summary>
    /// The last response's body: masked, at most 64 KiB, with its Content-Type. Null: it wasn't kept, or there is none.
    /// </summary>
    public (ReadOnlyMemory<byte> Bytes, bool Truncated, string ContentType)? ResponseBody =>
        _body is { } body ? body.Show(_execution!.MaskOfAnswer(_progress!.Tokens)) : null;

    /// <summary>
    /// The request, rendered now: the variables are those of the execution. Secrets and sensitive values are masked.
    /// Null: there was none, because a variable was missing or invalid.
    /// </summary>
    /// <param name="withContent">Otherwise it has no value of a variable, no query and no value of a header.</param>
    public RenderedRequest? Request(bool withContent) => _execution is not { } execution ? null
        : withContent ? ShownRequest.Of(execution)
        : ShownRequest.WithoutContent(execution);

    /// <summary>Bytes of bodies that are kept in memory with this.</summary>
    public long HeldBytes => (_execution?.Request.Body?.Length ?? 0) + (_body?.Length ?? 0);

    /// <summary>
    /// Masks secrets and sensitive values in a text that was told. One with a value that is too short to be found
    /// everywhere is masked as a whole.
    /// </summary>
    public string Mask(string text)
    {
        if (_execution is not { } execution || text.Length == 0)
            return text;
        foreach (var value in execution.Variables.SensitiveTexts(withMembers: false))
        {
            if (value.Length is > 0 and < SecretMask.MinLength && text.Contains(value, StringComparison.Ordinal))
                return SecretMask.Text;
        }

        return execution.MaskOfText(_progress!.Tokens).Mask(text);
    }

    internal void Follow(Execution execution, ExecutionProgress progress, TimeProvider time) =>
        (_execution, _progress, _time) = (execution, progress, time);

    internal AttemptEvidence Begin(int number)
    {
        var attempt = new AttemptEvidence(_time!, number, _execution!.Started);
        if (_last is null)
            _first = attempt;
        else
            _last.Next = attempt;
        return _last = attempt;
    }

    internal void KeepNoBody() => _keepsNoBody = true;

    internal void Keep(UpstreamResponse response)
    {
        if (KeepsBody && !_keepsNoBody)
            _body = KeptBody.Of(response);
    }

    /// <summary>The stream is about to tell the outcome.</summary>
    internal void Tell(ExecutionEvent outcome)
    {
        if (outcome.Failure is { } failure)
            _last?.End(failure.Reason, failure.Stage, failure.StatusCode);
        _isUnknown = outcome.Failure?.OutcomeUnknown == true;
        _isTold = true;
    }

    /// <summary>The stream ends without an outcome.</summary>
    internal void Abort() => _last?.End(FailureReason.Aborted, _progress!.Stage, _progress.StatusCode);
}
