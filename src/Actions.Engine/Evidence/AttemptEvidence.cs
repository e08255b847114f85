using System.Net;
using System.Runtime.CompilerServices;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Evidence;

/// <summary>
/// What an attempt spent its time on: one phase after the other, those of its redirects added up. Told by the attempt's
/// thread and by HttpClient's, which may come late: what has ended takes nothing more.
/// </summary>
/// <param name="number">From 1.</param>
/// <param name="started">The clock's timestamp when the execution began.</param>
internal sealed class AttemptEvidence(TimeProvider time, int number, long started)
{
    private const long NotAtAll = -1;

    private readonly long _began = time.GetTimestamp();
    private Spent _spent;
    private byte _seen;
    private Phase _phase = Phase.None;
    private long _since;
    private long _ended = NotAtAll;

    // Of the request under way.
    private ConnectionEvidence? _caused;
    private ConnectionEvidence? _used;
    private long _sentAt = NotAtAll;
    private long _waited = NotAtAll;
    private bool _isAnswered;

    private bool _isReused;
    private IPEndPoint? _remote;
    private Version? _version;
    private long _requestBytes;
    private long _responseBytes;
    private int _statusCode;
    private FailureReason _reason;
    private FailureStage _stage;

    /// <summary>The attempt after it.</summary>
    public AttemptEvidence? Next { get; set; }

    private bool HasEnded => _ended != NotAtAll;

    private bool IsSent => _sentAt != NotAtAll;

    public void Enter(Phase phase)
    {
        lock (this)
        {
            if (!HasEnded && _phase != phase)
                Turn(phase);
        }
    }

    /// <summary>HttpClient is about to be asked for a connection, and for the answer.</summary>
    public void Ask()
    {
        lock (this)
        {
            if (HasEnded)
                return;
            Settle(Turn(Phase.None));
            (_caused, _used, _sentAt, _waited, _isAnswered) = (null, null, NotAtAll, NotAtAll, false);
        }
    }

    /// <summary>There is no connection yet that is free.</summary>
    public void AwaitConnection()
    {
        lock (this)
        {
            // Since it was asked for.
            if (!HasEnded && _phase == Phase.None && !IsSent)
                _phase = Phase.Connect;
        }
    }

    /// <summary>A connection is being opened because of this request, which may be sent on another one.</summary>
    public void Causes(ConnectionEvidence connection)
    {
        lock (this)
        {
            if (!HasEnded && !IsSent)
                _caused = connection;
        }
    }

    /// <summary>The request has a connection.</summary>
    /// <param name="bytes">Of its body.</param>
    public void Sends(long bytes)
    {
        lock (this)
        {
            if (HasEnded)
                return;
            _sentAt = Turn(bytes > 0 ? Phase.Send : Phase.Wait);
            _requestBytes += bytes;
        }
    }

    /// <summary>The first bytes of the answer have come. Called for each header.</summary>
    public void Answers(Uri url)
    {
        if (_isAnswered)
            return;
        lock (this)
        {
            _isAnswered = true;
            if (HasEnded || !IsSent)
                return;
            _used = ConnectionEvidence.Answering(url);
            Turn(Phase.Read);
        }
    }

    /// <summary>The headers of the answer have come.</summary>
    public void Answered(Version version)
    {
        _version = version;
        Enter(Phase.Read);
    }

    /// <summary>Bytes of the answer's body, as they came.</summary>
    public void Received(int bytes) => _responseBytes += bytes;

    /// <param name="reason">Unspecified: a success.</param>
    public void End(FailureReason reason, FailureStage stage, int statusCode)
    {
        lock (this)
        {
            if (HasEnded)
                return;
            var now = Turn(Phase.None);
            Settle(now);
            (_ended, _reason, _stage, _statusCode) = (now, reason, stage, statusCode);
            (_caused, _used) = (null, null);
        }
    }

    public AttemptRecord ToRecord()
    {
        lock (this)
        {
            return new AttemptRecord
            {
                Number = number,
                Start = TimeOf(_began - started),
                Elapsed = TimeOf((HasEnded ? _ended : time.GetTimestamp()) - _began),
                Queue = TimeOf(Phase.Queue),
                Authorize = TimeOf(Phase.Authorize),
                Resolve = TimeOf(Phase.Resolve),
                Connect = TimeOf(Phase.Connect),
                Tls = TimeOf(Phase.Tls),
                Send = TimeOf(Phase.Send),
                Wait = TimeOf(Phase.Wait),
                Read = TimeOf(Phase.Read),
                ConnectionReused = _isReused,
                RequestBytes = _requestBytes,
                ResponseBytes = _responseBytes,
                StatusCode = _statusCode,
                Reason = _reason,
                Stage = _stage,
                RemoteAddress = _remote?.ToString() ?? "",
                HttpVersion = _version is null ? "" : _version.ToString(_version.Major == 1 ? 2 : 1),
            };
        }
    }

    private Duration TimeOf(long ticks) => Duration.FromTimeSpan(time.GetElapsedTime(0, ticks));

    private Duration? TimeOf(Phase phase) => (_seen & (1 << (int)phase)) == 0 ? null : TimeOf(_spent[(int)phase]);

    /// <returns>Now.</returns>
    private long Turn(Phase next)
    {
        var now = time.GetTimestamp();
        if (_phase == Phase.Connect)
            _waited = now - _since;
        else if (_phase != Phase.None)
            Add(_phase, now - _since);
        (_phase, _since) = (next, now);
        return now;
    }

    /// <summary>
    /// Whose connection it was is known for certain only when the answer has come. Until then it was the one that the
    /// request has caused, if that could be used when the request was sent. Its steps take the place of the wait for
    /// it; on any other connection the wait is all that the request has had of it.
    /// </summary>
    private void Settle(long now)
    {
        var isOwn = _caused is not null
            && (_used is not null ? _used == _caused : !IsSent || _caused.WasOpenAt(_sentAt));
        if (IsSent || isOwn)
            (_isReused, _remote) = (IsSent && !isOwn, (isOwn ? _caused : _used)?.Remote);
        if (!isOwn)
        {
            Add(Phase.Connect, _waited == NotAtAll ? null : _waited);
            return;
        }

        var (resolve, connect, tls) = _caused!.Until(IsSent ? _sentAt : now);
        Add(Phase.Resolve, resolve);
        Add(Phase.Connect, connect);
        Add(Phase.Tls, tls);
    }

    private void Add(Phase phase, long? ticks)
    {
        if (ticks is null)
            return;
        _spent[(int)phase] += ticks.Value;
        _seen |= (byte)(1 << (int)phase);
    }

    [InlineArray((int)Phase.None)]
    private struct Spent
    {
        private long _first;
    }
}
