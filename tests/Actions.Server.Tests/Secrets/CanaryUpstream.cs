using System.Net;
using System.Text;
using System.Text.Json;

namespace Actions.Server.Tests.Secrets;

/// <summary>
/// An API that does what the first part of the path says, and repeats whatever it was sent in every way that APIs do.
/// It
/// is its own token endpoint.
/// </summary>
internal sealed class CanaryUpstream(Canaries canaries) : IAsyncDisposable
{
    public const string Quiet = "quiet";
    public const string Hold = "hold";

    /// <summary>What repeats the request, but for <see cref="Quiet"/>, and each with another fault.</summary>
    public static readonly string[] Faults =
    [
        "json", "text", "unauthorized", "error", "redirect", "redirect-away", "broken-json", "too-large", "missing", "reset", "half",
    ];

    private readonly RawUpstream _upstream = new(async connection =>
    {
        while (await connection.ReadRequestAsync() is { } request)
        {
            switch (request.Path.Split('/')[1])
            {
                case Hold:
                    await connection.HoldAsync();
                    return;
                case "reset":
                    connection.Reset();
                    return;
                case "half":
                    await connection.SendAsync($"HTTP/1.1 200 {Line(request)}\r\nContent-Length: 100000\r\n\r\n{Echo(request)}");
                    return;
                default:
                    await connection.SendAsync(Answer(request, canaries));
                    break;
            }
        }
    });

    public string Url => _upstream.Url;

    public IReadOnlyCollection<RawRequest> Requests => _upstream.Requests;

    public ValueTask DisposeAsync() => _upstream.DisposeAsync();

    private static string Answer(RawRequest request, Canaries canaries) => request.Path.Split('/')[1] switch
    {
        // Every third client of the token endpoint gets the truth told.
        "token" when request.Header("Authorization")?.Length % 3 == 0 => RawUpstream.Response(Echo(request), "text/plain", "400 Bad Request"),
        "token" when request.Header("Authorization")?.Length % 3 == 1 => RawUpstream.Response(
            JsonSerializer.Serialize(new { error = Line(request), error_description = Echo(request) }),
                status: "401 Unauthorized"),
        "token" => RawUpstream.Response(
            JsonSerializer.Serialize(new { access_token = canaries.Keep($"t0ken{Guid.NewGuid():N}"), token_type = "bearer" })),
        Quiet => RawUpstream.Response("""{"status": "open"}"""),
        "json" => RawUpstream.Response(JsonSerializer.Serialize(new { status = Echo(request), path = request.Target, headers = request.Headers })),
        "unauthorized" => RawUpstream.Response(Echo(request), $"text/{Line(request)}", "401 Unauthorized"),
        "error" => RawUpstream.Response(Echo(request), "text/html", $"500 {Line(request)}"),
        "redirect" => $"HTTP/1.1 302 {Line(request)}\r\nLocation: /error/{Uri.EscapeDataString(Line(request))}\r\nContent-Length: 0\r\n\r\n",
        "redirect-away" => $"HTTP/1.1 307 {Line(request)}\r\nLocation: ftp://{Uri.EscapeDataString(Line(request))}/\r\nContent-Length: 0\r\n\r\n",
        "broken-json" => RawUpstream.Response($"{{\"status\": {Echo(request)}"),
        "too-large" => RawUpstream.Response(string.Concat(Enumerable.Repeat(Echo(request), 10)), "text/plain"),
        "missing" => RawUpstream.Response(JsonSerializer.Serialize(new Dictionary<string, object> { [Line(request)] = request.Headers })),
        _ => RawUpstream.Response(Echo(request), "text/plain"),
    };

    /// <summary>All that came, in one line.</summary>
    private static string Line(RawRequest request) =>
        string.Join(' ', request.Headers.Select(header => header.Value).Append(request.Target).Append(request.Text)).ReplaceLineEndings(" ");

    private static string Echo(RawRequest request)
    {
        var echo = new StringBuilder();
        foreach (var part in request.Headers.Select(header => header.Value).Append(request.Target).Append(request.Text))
        {
            var decoded = Uri.UnescapeDataString(part);
            foreach (var text in new[] { part, decoded, WebUtility.UrlDecode(part) })
                echo.AppendLine(text)
                    .AppendLine(JsonSerializer.Serialize(text))
                    .AppendLine(WebUtility.HtmlEncode(text))
                    .AppendLine(Uri.EscapeDataString(text))
                    .AppendLine(Convert.ToBase64String(Encoding.UTF8.GetBytes(text)))
                    .AppendLine(Convert.ToHexString(Encoding.UTF8.GetBytes(text)));
        }

        return echo.ToString();
    }
}
