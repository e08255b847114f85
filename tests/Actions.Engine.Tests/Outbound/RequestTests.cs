using Actions.V1;
using Google.Protobuf.WellKnownTypes;
using HttpMethod = Actions.V1.HttpMethod;

namespace Actions.Engine.Tests.Outbound;

/// <summary>What arrives at an API, byte by byte.</summary>
public sealed class RequestTests : IAsyncLifetime
{
    private readonly EngineUnderTest _engine = new();
    private readonly RawUpstream _upstream = RawUpstream.Answering(RawUpstream.Response("{}"));

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        _engine.Dispose();
        await _upstream.DisposeAsync();
    }

    [Theory]
    [InlineData(HttpMethod.Get, "GET", null)]
    [InlineData(HttpMethod.Post, "POST", "0")]
    [InlineData(HttpMethod.Put, "PUT", "0")]
    [InlineData(HttpMethod.Patch, "PATCH", "0")]
    [InlineData(HttpMethod.Delete, "DELETE", null)]
    public async Task NothingButMethodAndUrl_DefaultHeadersOnly(HttpMethod method, string verb, string? length)
    {
        var request = await SendAsync(Configs.With(method, $"{_upstream.Url}/orders?open=1"));

        request.Method.ShouldBe(verb);
        request.Target.ShouldBe("/orders?open=1");
        request.Body.ShouldBeEmpty();
        request.Headers.OrderBy(header => header.Key, StringComparer.Ordinal).Where(header => header.Key != "Content-Length")
            .Select(header => $"{header.Key}: {header.Value}").ShouldBe([
                "Accept: application/json, */*;q=0.8",
                "Accept-Encoding: gzip, deflate, br",
                $"Host: 127.0.0.1:{_upstream.Port}",
                "User-Agent: Actions.Grpc/0.1",
            ]);
        request.Header("Content-Length").ShouldBe(length);
    }

    [Theory]
    [InlineData(HttpMethod.Get)]
    [InlineData(HttpMethod.Post)]
    [InlineData(HttpMethod.Put)]
    [InlineData(HttpMethod.Patch)]
    [InlineData(HttpMethod.Delete)]
    public async Task JsonBody_SentWithEveryMethod(HttpMethod method)
    {
        var config = Configs.With(method, _upstream.Url);
        config.Request.JsonBody = """{ "order": "{{id}}", "note": "about <id>" }""";

        var request = await SendAsync(config, Configs.Values(("id", "A/1")));

        request.Text.ShouldBe("""{"order":"A/1","note":"about A/1"}""");
        request.Header("Content-Type").ShouldBe("application/json");
        request.Header("Content-Length").ShouldBe("34");
        request.Header("Transfer-Encoding").ShouldBeNull();
    }

    [Fact]
    public async Task FormBody_Urlencoded()
    {
        var config = Configs.With(HttpMethod.Post, _upstream.Url);
        config.Request.FormBody = new FormBody
        {
            Fields =
            {
                new QueryParameter { Name = "full name", Value = "{name}" },
                new QueryParameter { Name = "empty", Value = "" },
                new QueryParameter { Name = "same", Value = "1 + 1 = 2 & more" },
                new QueryParameter { Name = "same", Value = "*-._~" },
            },
        };

        var request = await SendAsync(config, Configs.Values(("name", "Zoë & Co")));

        request.Text.ShouldBe("full+name=Zo%C3%AB+%26+Co&empty=&same=1+%2B+1+%3D+2+%26+more&same=%2A-._~");
        request.Header("Content-Type").ShouldBe("application/x-www-form-urlencoded");
    }

    [Fact]
    public async Task TextBody_EscapedByItsContentType()
    {
        var config = Configs.With(HttpMethod.Put, _upstream.Url);
        config.Request.TextBody = new TextBody { Text = "<order>{id}</order>\r\n\\{id}", ContentType = "application/xml; charset=utf-8" };

        var request = await SendAsync(config, Configs.Values(("id", "<&> \u00e9\ud83d\ude00"), ("order", "[")));

        request.Text.ShouldBe("<order>&lt;&amp;&gt; \u00e9\ud83d\ude00</order>\r\n{id}");
        request.Header("Content-Type").ShouldBe("application/xml; charset=utf-8");
    }

    [Fact]
    public async Task BodiesThatAreEmpty_SentAsEmpty()
    {
        var form = Configs.With(HttpMethod.Post, _upstream.Url);
        form.Request.FormBody = new FormBody();
        var text = Configs.With(HttpMethod.Post, _upstream.Url);
        text.Request.TextBody = new TextBody { ContentType = "text/plain" };

        foreach (var (config, type) in new[] { (form, "application/x-www-form-urlencoded"), (text, "text/plain") })
        {
            var request = await SendAsync(config);
            request.Body.ShouldBeEmpty();
            request.Header("Content-Type").ShouldBe(type);
            request.Header("Content-Length").ShouldBe("0");
        }
    }

    [Fact]
    public async Task ProxyInTheEnvironment_NotUsed()
    {
        await using var proxy = RawUpstream.Answering(RawUpstream.Response("{}"));
        Environment.SetEnvironmentVariable("ALL_PROXY", proxy.Url);
        try
        {
            using var engine = new EngineUnderTest();
            await engine.ResultAsync(Configs.Get(_upstream.Url));
        }
        finally
        {
            Environment.SetEnvironmentVariable("ALL_PROXY", null);
        }

        proxy.Requests.ShouldBeEmpty();
        _upstream.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task CallsOneAfterAnother_ShareAConnection()
    {
        var connections = 0;
        await using var upstream = new RawUpstream(async connection =>
        {
            connections = connection.Number;
            while (await connection.ReadRequestAsync() is not null)
                await connection.SendAsync(RawUpstream.Response("{}"));
        });

        for (var i = 0; i < 5; i++)
            await _engine.ResultAsync(Configs.Get(upstream.Url));

        connections.ShouldBe(1);
    }

    private async Task<RawRequest> SendAsync(
        ActionConfig config, IReadOnlyDictionary<string, Value>? variables = null, string idempotencyKey = "")
    {
        var outcome = await _engine.OutcomeAsync(config, variables, idempotencyKey);
        outcome.Result.ShouldNotBeNull(outcome.ToString());
        return await _upstream.NextRequestAsync(_engine.Token);
    }
}
