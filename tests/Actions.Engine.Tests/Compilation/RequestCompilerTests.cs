using Actions.V1;
using Google.Protobuf.WellKnownTypes;
using static Actions.Engine.Tests.Compilation.Compiling;
using HttpMethod = Actions.V1.HttpMethod;

namespace Actions.Engine.Tests.Compilation;

public sealed class RequestCompilerTests
{
    [Fact]
    public void Method_OneOfTheFive()
    {
        foreach (var method in new[] { HttpMethod.Get, HttpMethod.Post, HttpMethod.Put, HttpMethod.Patch, HttpMethod.Delete })
            ShouldBeAccepted(config => config.Request.Method = method);
        foreach (var method in new[] { HttpMethod.Unspecified, (HttpMethod)6, (HttpMethod)(-1) })
            ShouldBeRefused("request.method", config => config.Request.Method = method, "GET, POST, PUT, PATCH and DELETE");
    }

    [Theory]
    [InlineData("", "is required.")]
    [InlineData("ftp://h/", "must start with http:// or https://")]
    [InlineData("https://{host}/", "must not contain a placeholder in the host or port")]
    [InlineData("https://u:p@h/", "must not contain a user name or password")]
    [InlineData("https://h:99999/", "has no valid host and port: 'h:99999'")]
    [InlineData("https://h/#top", "must not contain a fragment")]
    [InlineData("https://h/../a", "must not contain '.' or '..'")]
    [InlineData("https://h/a b", "must not contain white space")]
    public void UrlBroken_Refused(string url, string because) =>
        ShouldBeRefused("request.url", config => config.Request.Url = url, because);

    [Fact]
    public void Lengths_Limited()
    {
        const string Host = "https://h/";
        ShouldBeAccepted(config => config.Request.Url = Host + new string('a', 8_000 - Host.Length));
        ShouldBeRefused("request.url", config => config.Request.Url = Host + new string('a', 8_001 - Host.Length), "at most 8000");
        ShouldBeAccepted(config => config.Request.Headers.Add(new Header { Name = new string('h', 128), Value = new string('v', 8_000) }));
        ShouldBeRefused("request.headers[0].name", config => config.Request.Headers.Add(new Header { Name = new string('h', 129) }), "at most 128");
        ShouldBeRefused(
            "request.headers[0].value",
            config => config.Request.Headers.Add(new Header { Name = "X", Value = new string('v', 8_001) }), "at most 8000");
        ShouldBeRefused(
            "request.query_parameters[0].name",
            config => config.Request.QueryParameters.Add(new QueryParameter { Name = new string('n', 8_001) }), "at most 8000");
        ShouldBeRefused(
            "request.query_parameters[0].value",
            config => config.Request.QueryParameters.Add(new QueryParameter { Name = "n", Value = new string('v', 8_001) }), "at most 8000");
        ShouldBeRefused("request.json_body", config => config.Request.JsonBody = $"\"{new string('x', 524_287)}\"", "at most 524288");
        ShouldBeRefused(
            "request.text_body.text",
            config => config.Request.TextBody = new TextBody { Text = new string('x', 524_289), ContentType = "text/plain" }, "at most 524288");
    }

    [Fact]
    public void Numbers_Limited()
    {
        ShouldBeAccepted(config => config.Request.Headers.Add(Enumerable.Range(0, 64).Select(i => new Header { Name = $"X-{i}" })));
        ShouldBeRefused(
            "request.headers",
            config => config.Request.Headers.Add(Enumerable.Range(0, 65).Select(i => new Header { Name = $"X-{i}" })), "65 headers; at most 64");
        ShouldBeAccepted(config => config.Request.QueryParameters.Add(Parameters(128)));
        ShouldBeRefused("request.query_parameters", config => config.Request.QueryParameters.Add(Parameters(129)), "at most 128");
        ShouldBeRefused(
            "request.form_body.fields", config => config.Request.FormBody = new FormBody { Fields = { Parameters(129) } }, "at most 128");
    }

    [Theory]
    [InlineData("Connection")]
    [InlineData("keep-alive")]
    [InlineData("Proxy-Authenticate")]
    [InlineData("Proxy-Authorization")]
    [InlineData("Proxy-Connection")]
    [InlineData("TE")]
    [InlineData("Trailer")]
    [InlineData("Upgrade")]
    [InlineData("HTTP2-Settings")]
    [InlineData("Content-Length")]
    [InlineData("TRANSFER-ENCODING")]
    [InlineData("Expect")]
    [InlineData("Host")]
    public void HeaderThatBelongsToTheConnection_Refused(string name) => ShouldBeRefused(
        "request.headers[1].name",
        config => config.Request.Headers.Add([new Header { Name = "X" }, new Header { Name = name, Value = "x" }]),
        "set by the server itself");

    [Theory]
    [InlineData("X-Order")]
    [InlineData("Authorization")]
    [InlineData("Cookie")]
    [InlineData("!#$%&'*+-.^_`|~0aZ")]
    public void HeaderName_Accepted(string name) =>
        ShouldBeAccepted(config => config.Request.Headers.Add(new Header { Name = name, Value = "{x}" }));

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("X Order")]
    [InlineData("X-Order:")]
    [InlineData("X-Order ")]
    [InlineData(":path")]
    [InlineData("X(1)")]
    [InlineData("X\r\nY")]
    [InlineData("\u00c4")]
    [InlineData("{name}")]
    public void HeaderNameThatIsNoToken_Refused(string name) =>
        ShouldBeRefused("request.headers[0].name", config => config.Request.Headers.Add(new Header { Name = name }));

    [Theory]
    [InlineData("a\r\nX-Evil: 1")]
    [InlineData("a\n")]
    [InlineData("\r{x}")]
    [InlineData("{x}\0")]
    public void HeaderValueThatCouldBeSplit_Refused(string value) => ShouldBeRefused(
        "request.headers[0].value", config => config.Request.Headers.Add(new Header { Name = "X", Value = value }), "CR, LF or NUL");

    [Fact]
    public void ContentType_StatedOnce()
    {
        var header = new Header { Name = "content-type", Value = "application/vnd.api+json" };
        ShouldBeAccepted(config => config.Request.Headers.Add(header));
        ShouldBeAccepted(config =>
        {
            config.Request.JsonBody = "{}";
            config.Request.Headers.Add(header);
        });
        ShouldBeRefused("request.headers[1].name", config => config.Request.Headers.Add([header, header]), "a second time");
        ShouldBeRefused(
            "request.headers[0].name",
            config =>
            {
                config.Request.FormBody = new FormBody();
                config.Request.Headers.Add(header);
            },
            "the body sets it already");
        ShouldBeRefused(
            "request.headers[0].name",
            config =>
            {
                config.Request.TextBody = new TextBody { ContentType = "text/plain" };
                config.Request.Headers.Add(header);
            },
            "the body sets it already");
    }

    [Fact]
    public void Parameters_NamesRequired()
    {
        ShouldBeRefused("request.query_parameters[1].name", config => config.Request.QueryParameters.Add([.. Parameters(1), new QueryParameter()]));
        ShouldBeRefused(
            "request.form_body.fields[1].name",
            config => config.Request.FormBody = new FormBody { Fields = { Parameters(1), new QueryParameter { Value = "x" } } });
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[\"{a}\", \"x {b}\"]")]
    [InlineData("\"{a}\"")]
    [InlineData("null")]
    public void JsonBody_Accepted(string json) => ShouldBeAccepted(config => config.Request.JsonBody = json);

    [Theory]
    [InlineData("", "(line 1, byte 1)")]
    [InlineData("{\n \"id\": {order_id}}", "(line 2, byte 9)")]
    [InlineData("{\"id\": <order_id>}", "placeholders stand inside strings")]
    [InlineData("{\"{name}\": 1}", "only values may")]
    [InlineData("[\"\\ud800\"]", "half a surrogate pair")]
    public void JsonBodyBroken_Refused(string json, string because) =>
        ShouldBeRefused("request.json_body", config => config.Request.JsonBody = json, because);

    [Fact]
    public void JsonBody_AtMost64Levels()
    {
        ShouldBeAccepted(config => config.Request.JsonBody = new string('[', 64) + new string(']', 64));
        ShouldBeRefused("request.json_body", config => config.Request.JsonBody = new string('[', 65) + new string(']', 65), "at most 64 levels");
    }

    [Theory]
    [InlineData("application/xml", true)]
    [InlineData("text/plain; charset=utf-8", true)]
    [InlineData("", false)]
    [InlineData("xml", false)]
    [InlineData("text/", false)]
    [InlineData("text/plain\r\nX-Evil: 1", false)]
    [InlineData("{type}", false)]
    public void TextBodysContentType_AMediaType(string type, bool accepted)
    {
        void Change(ActionConfig config) => config.Request.TextBody = new TextBody { Text = "<a/>", ContentType = type };
        if (accepted)
            ShouldBeAccepted(Change);
        else
            ShouldBeRefused("request.text_body.content_type", Change, "media type");
    }

    [Theory]
    [InlineData(0, 100_000_000, true)]
    [InlineData(0, 100_000_001, true)]
    [InlineData(120, 0, true)]
    [InlineData(0, 99_999_999, false)]
    [InlineData(0, 0, false)]
    [InlineData(120, 1, false)]
    [InlineData(-1, 0, false)]
    [InlineData(long.MaxValue, 0, false)]
    [InlineData(long.MinValue, 0, false)]
    public void Timeout_Between100MsAnd120S(long seconds, int nanos, bool accepted)
    {
        void Change(ActionConfig config) => config.Request.Timeout = new Duration { Seconds = seconds, Nanos = nanos };
        if (accepted)
            ShouldBeAccepted(Change);
        else
            ShouldBeRefused("request.timeout", Change, "100 ms to 120 s");
    }

    [Theory]
    [InlineData(1, -1)]
    [InlineData(1, 1_000_000_000)]
    [InlineData(0, int.MaxValue)]
    public void DurationNotAsProtobufHasIt_Refused(long seconds, int nanos) => ShouldBeRefused(
        "request.timeout", config => config.Request.Timeout = new Duration { Seconds = seconds, Nanos = nanos }, "nanos of 0 to 999999999");

    private static IEnumerable<QueryParameter> Parameters(int count) =>
        Enumerable.Range(0, count).Select(i => new QueryParameter { Name = $"p{i}", Value = "{x}" });
}
