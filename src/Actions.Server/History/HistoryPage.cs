using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Actions.Engine.Limits;
using Actions.Server.Configuration;
using Actions.Storage;
using Actions.V1;
using Google.Protobuf;

namespace Actions.Server.History;

/// <summary>
/// One page of a list. Its token consists of a digest of the filters and of where the page's last execution is: it
/// stays valid on every server, whatever is written meanwhile.
/// </summary>
internal sealed class HistoryPage
{
    private const int DigestBytes = 8;
    private const int TimeBytes = 8;

    // That of DateTimeOffset.
    private const long MaxTime = 253_402_300_799_999;

    // The digest, the time and an id, in base64.
    private const int MaxTokenBytes = 512;

    private readonly byte[] _digest;
    private readonly int _size;
    private readonly int _maxBytes;

    /// <exception cref="InvalidFieldsException">A filter, the size or the token is invalid.</exception>
    public HistoryPage(ListExecutionsRequest request, ServerOptions options)
    {
        if (request.PageSize < 0 || request.PageSize > options.MaxPageSize)
        {
            throw new InvalidFieldsException(
                "page_size", $"must be 1 to {options.MaxPageSize}, or 0 for {options.DefaultPageSize}.");
        }

        if (!Enum.IsDefined(request.State))
            throw new InvalidFieldsException("state", "must be an ExecutionState.");
        if (!Enum.IsDefined(request.Reason))
            throw new InvalidFieldsException("reason", "must be a FailureReason.");
        _size = request.PageSize == 0 ? options.DefaultPageSize : request.PageSize;
        _maxBytes = options.MaxPageBytes;
        _digest = Digest(request);
        Query = new HistoryQuery
        {
            ActionId = request.ActionId,
            CallId = request.CallId,
            State = request.State,
            Reason = request.Reason,
            From = HistoryFields.TimeOf(request.StartTime, "start_time"),
            To = HistoryFields.TimeOf(request.EndTime, "end_time"),
            SlowerThan = HistoryFields.DurationOf(request.SlowerThan, "slower_than"),
            After = request.PageToken.Length == 0 ? null : ReadToken(request.PageToken),
            Limit = _size + 1,
            MaxBytes = _maxBytes,
        };
    }

    /// <summary>Reads one more than fits, which shows whether there is another page.</summary>
    public HistoryQuery Query { get; }

    public ListExecutionsResponse ToResponse(IReadOnlyList<ExecutionRecord> listed)
    {
        var response = new ListExecutionsResponse();
        var bytes = MaxTokenBytes;
        foreach (var execution in listed)
        {
            bytes += execution.CalculateSize() + 8;
            if (response.Executions.Count == _size || (bytes > _maxBytes && response.Executions.Count > 0))
                break;
            response.Executions.Add(execution);
        }

        // The store ends a list with the execution that no longer fits.
        if (response.Executions.Count < listed.Count)
            response.NextPageToken = WriteToken(response.Executions[^1]);
        return response;
    }

    private static byte[] Digest(ListExecutionsRequest request)
    {
        var filters = request.Clone();
        filters.PageSize = 0;
        filters.PageToken = "";
        return SHA256.HashData(filters.ToByteArray())[..DigestBytes];
    }

    private string WriteToken(ExecutionRecord last)
    {
        Span<byte> time = stackalloc byte[TimeBytes];
        BinaryPrimitives.WriteInt64BigEndian(time, last.StartTime.ToDateTimeOffset().ToUnixTimeMilliseconds());
        return Base64Url.EncodeToString([.. _digest, .. time, .. Encoding.UTF8.GetBytes(last.ExecutionId)]);
    }

    private HistoryPosition ReadToken(string token)
    {
        if (Base64Url.IsValid(token)
            && Base64Url.DecodeFromChars(token) is { Length: > DigestBytes + TimeBytes } bytes
            && bytes.AsSpan(0, DigestBytes).SequenceEqual(_digest)
            && BinaryPrimitives.ReadInt64BigEndian(bytes.AsSpan(DigestBytes)) is >= 0 and <= MaxTime and var time)
        {
            return new HistoryPosition(
                DateTimeOffset.FromUnixTimeMilliseconds(time),
                Encoding.UTF8.GetString(bytes.AsSpan(DigestBytes + TimeBytes)));
        }

        throw new InvalidFieldsException(
            "page_token", "must be the next_page_token of a previous response to the same filters.");
    }
}
