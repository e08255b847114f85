using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Actions.V1;

namespace Actions.Load.Driver;

/// <summary>
/// Executes over a few HTTP/2 connections. It frames the messages itself: the generated client costs more than the
/// fastest peer, and would be what is measured.
/// </summary>
internal sealed class Caller : IDisposable
{
    private static readonly MediaTypeHeaderValue Grpc = new("application/grpc");

    private readonly HttpMessageInvoker[] _connections;
    private readonly Uri _execute;
    private readonly TimeProvider _time;
    private long _last;

    public Caller(Uri server, int connections, TimeProvider time)
    {
        _time = time;
        _execute = new Uri(server, "actions.v1.ActionService/Execute");
        _connections = [.. Enumerable.Range(0, connections).Select(_ =>
            new HttpMessageInvoker(new SocketsHttpHandler { UseProxy = false, UseCookies = false }))];
    }

    /// <param name="intended">The timestamp at which it should have begun.</param>
    /// <param name="deadline">Told to the server, which ends the call then.</param>
    /// <param name="lost">When no end is awaited any more.</param>
    public async Task<Call> ExecuteAsync(Job job, long? intended, TimeSpan? deadline, CancellationToken lost)
    {
        var number = Interlocked.Increment(ref _last);
        var key = string.Create(CultureInfo.InvariantCulture, $"A-{number:0000000}");
        var sent = _time.GetTimestamp();
        var call = new Call(job, key, intended ?? sent, sent);
        try
        {
            using var request = ToRequest(job.ToFrame(key), deadline);
            using var response = await _connections[number % _connections.Length].SendAsync(request, lost);
            await ReadAsync(response, call, lost);
            var trailers = response.TrailingHeaders.NonValidated;
            var status = trailers.TryGetValues("grpc-status", out var values)
                || response.Headers.NonValidated.TryGetValues("grpc-status", out values) ? values.ToString() : null;
            call.End(status, _time.GetTimestamp());
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            call.Break(e, _time.GetTimestamp());
        }

        return call;
    }

    public void Dispose()
    {
        foreach (var connection in _connections)
            connection.Dispose();
    }

    private HttpRequestMessage ToRequest(byte[] frame, TimeSpan? deadline)
    {
        var content = new ByteArrayContent(frame);
        content.Headers.ContentType = Grpc;
        var request = new HttpRequestMessage(System.Net.Http.HttpMethod.Post, _execute)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };
        request.Headers.TryAddWithoutValidation("te", "trailers");
        if (deadline is { } time)
        {
            var text = string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0}m");
            request.Headers.TryAddWithoutValidation("grpc-timeout", text);
        }

        return request;
    }

    private async Task ReadAsync(HttpResponseMessage response, Call call, CancellationToken lost)
    {
        await using var body = await response.Content.ReadAsStreamAsync(lost);
        var buffer = ArrayPool<byte>.Shared.Rent(1024);
        var filled = 0;
        try
        {
            while (await body.ReadAsync(buffer.AsMemory(filled), lost) is > 0 and var read)
            {
                filled += read;
                var now = _time.GetTimestamp();
                var taken = 0;
                while (filled - taken >= 5)
                {
                    var size = BinaryPrimitives.ReadInt32BigEndian(buffer.AsSpan(taken + 1));
                    if (filled - taken < 5 + size)
                        break;
                    call.Take(ExecuteResponse.Parser.ParseFrom(buffer.AsSpan(taken + 5, size)), now);
                    taken += 5 + size;
                }

                buffer.AsSpan(taken..filled).CopyTo(buffer);
                filled -= taken;
                if (filled == buffer.Length)
                    throw new IOException("A message of more than 1 KiB.");
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
