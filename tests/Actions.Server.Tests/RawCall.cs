using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using Google.Protobuf;

namespace Actions.Server.Tests;

/// <summary>A gRPC call byte by byte, for what no client of good faith sends, and to see the trailers as they
/// travel.</summary>
internal static class RawCall
{
    /// <summary>The message with the prefix that gRPC puts before it.</summary>
    public static byte[] Frame(ReadOnlySpan<byte> message, bool compressed = false)
    {
        var frame = new byte[5 + message.Length];
        frame[0] = compressed ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), message.Length);
        message.CopyTo(frame.AsSpan(5));
        return frame;
    }

    public static Task<IReadOnlyList<(string Name, string Value)>> TrailersAsync(Uri server, string method, IMessage request) =>
        TrailersAsync(server, method, Frame(request.ToByteArray()));

    /// <returns>The trailers; where there is no message, the headers, which then are both in one.</returns>
    public static async Task<IReadOnlyList<(string Name, string Value)>> TrailersAsync(
        Uri server, string method, byte[] body, params IEnumerable<(string Name, string Value)> headers)
    {
        var token = TestContext.Current.CancellationToken;
        using var http = new HttpMessageInvoker(new SocketsHttpHandler { UseProxy = false });
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(server, method))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/grpc") } },
        };
        request.Headers.Add("TE", "trailers");
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);

        using var response = await http.SendAsync(request, token);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        await response.Content.ReadAsByteArrayAsync(token);
        var trailers = response.TrailingHeaders.Any()
            ? response.TrailingHeaders.NonValidated
            : response.Headers.NonValidated;
        return [.. trailers.Select(trailer => (trailer.Key, trailer.Value.ToString()))];
    }

    public static string ShouldHaveSingleItemNamed(this IEnumerable<(string Name, string Value)> headers, string name) =>
        headers.Where(header => header.Name == name).ShouldHaveSingleItem().Value;

    /// <summary>As HTTP/2 counts a list of headers (RFC 9113, section 6.5.2), and as gRPC's limits do.</summary>
    public static int SizeOf(IReadOnlyList<(string Name, string Value)> headers) =>
        headers.Sum(header => header.Name.Length + header.Value.Length + 32);
}
