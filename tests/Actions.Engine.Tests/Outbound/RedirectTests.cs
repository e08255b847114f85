using System.Security.Cryptography.X509Certificates;
using Actions.Engine.Limits;
using Actions.Engine.Outbound;
using Actions.Engine.Tests.Outbound.Authentication;
using Actions.Engine.Tests.Outbound.Guard;
using Actions.V1;
using HttpMethod = Actions.V1.HttpMethod;

namespace Actions.Engine.Tests.Outbound;

/// <summary>Redirects that an action allows: where they lead and what is sent there. RFC 9110 section 15.4.</summary>
public sealed class RedirectTests : IDisposable
{
    private readonly EngineUnderTest _engine = new();

    public void Dispose() => _engine.Dispose();

    [Theory]
    [InlineData(301, HttpMethod.Get, "GET", false)]
    [InlineData(301, HttpMethod.Post, "GET", false)]
    [InlineData(301, HttpMethod.Put, "PUT", true)]
    [InlineData(301, HttpMethod.Patch, "PATCH", true)]
    [InlineData(301, HttpMethod.Delete, "DELETE", true)]
    [InlineData(302, HttpMethod.Get, "GET", false)]
    [InlineData(302, HttpMethod.Post, "GET", false)]
    [InlineData(302, HttpMethod.Put, "PUT", true)]
    [InlineData(302, HttpMethod.Delete, "DELETE", true)]
    [InlineData(303, HttpMethod.Get, "GET", false)]
    [InlineData(303, HttpMethod.Post, "GET", false)]
    [InlineData(303, HttpMethod.Put, "GET", false)]
    [InlineData(303, HttpMethod.Patch, "GET", false)]
    [InlineData(303, HttpMethod.Delete, "GET", false)]
    [InlineData(307, HttpMethod.Get, "GET", false)]
    [InlineData(307, HttpMethod.Post, "POST", true)]
    [InlineData(307, HttpMethod.Put, "PUT", true)]
    [InlineData(308, HttpMethod.Get, "GET", false)]
    [InlineData(308, HttpMethod.Post, "POST", true)]
    [InlineData(308, HttpMethod.Patch, "PATCH", true)]
    public async Task Status_DecidesOnMethodAndBody(int status, HttpMethod method, string then, bool withBody)
    {
        await using var api = Redirecting("/there", status);
        var config = Following(api, method);
        if (method != HttpMethod.Get)
        {
            config.Request.JsonBody = """{"a":1}""";
            config.Request.Headers.Add(new Header { Name = "Content-Language", Value = "de" });
        }

        (await _engine.ResultAsync(config)).StatusCode.ShouldBe(200);

        var second = api.Requests.Last();
        api.Requests.Count.ShouldBe(2);
        (second.Method, second.Target, second.Text).ShouldBe((then, "/there", withBody ? "{\"a\":1}" : ""));
        second.Header("Content-Type").ShouldBe(withBody ? "application/json" : null);
        second.Header("Content-Language").ShouldBe(withBody ? "de" : null);
        second.Header("Accept").ShouldNotBeNull();
        second.Header("Content-Length").ShouldBe(withBody ? "7" : null);
    }

    [Theory]
    [InlineData("/there", "/there")]
    [InlineData("there", "/a/b/there")]
    [InlineData("./there?x=1", "/a/b/there?x=1")]
    [InlineData("../there", "/a/there")]
    [InlineData("../../../../there", "/there")]
    [InlineData("?x=1", "/a/b/c?x=1")]
    [InlineData("/", "/")]
    [InlineData("/there#part", "/there")]
    [InlineData("/there?x=1#part?y=2", "/there?x=1")]
    [InlineData("/a%2Fb%20c", "/a%2Fb%20c")]
    [InlineData("/a b", "/a%20b")]
    [InlineData("/größe?q=ß", "/gr%C3%B6%C3%9Fe?q=%C3%9F")]
    [InlineData("/there/{id}/<id>", "/there/%7Bid%7D/%3Cid%3E")]
    [InlineData("/100%", "/100%25")]
    [InlineData("/caf%e9/%7Ejoe?sig=a%2fb%2B", "/caf%e9/%7Ejoe?sig=a%2fb%2B")]
    [InlineData("caf%e9?x=%41", "/a/b/caf%e9?x=%41")]
    [InlineData("?x=%e9", "/a/b/c?x=%e9")]
    [InlineData("/x/%2E%2e/%e9/.", "/%e9/")]
    [InlineData("http://127.0.0.1:PORT/x/../%e9?a=http://b/../c", "/%e9?a=http://b/../c")]
    [InlineData("//127.0.0.1:PORT?x=%e9", "/?x=%e9")]
    [InlineData("http://127.0.0.1:PORT/there", "/there")]
    [InlineData("HTTP://127.0.0.1:PORT/There", "/There")]
    [InlineData("http://127.0.0.1:PORT", "/")]
    [InlineData("http://127.0.0.1:PORT?x=1", "/?x=1")]
    [InlineData("http://127.0.0.1:PORT/x/../there/./", "/there/")]
    [InlineData("http://user:pass@127.0.0.1:PORT/there", "/there")]
    [InlineData("//127.0.0.1:PORT/there", "/there")]
    public async Task Location_LeadsThere(string location, string target)
    {
        await using var api = new RawUpstream(async connection =>
        {
            while (await connection.ReadRequestAsync() is { } request)
                await connection.SendAsync(request.Target == "/a/b/c" ? Moved(302, location.Replace("PORT", PortOf(request), StringComparison.Ordinal)) : RawUpstream.Response("{}"));
        });

        var outcome = await _engine.OutcomeAsync(Following(api, HttpMethod.Get, "/a/b/c"));

        outcome.Result.ShouldNotBeNull(outcome.ToString());
        api.Requests.Last().Target.ShouldBe(target);
        api.Requests.Last().All("Authorization").ShouldBeEmpty();
    }

    [Fact]
    public async Task LocationWithFragmentOnly_LeadsToTheSameUrl()
    {
        await using var api = Redirecting("#done", 303);

        (await _engine.ResultAsync(Following(api, HttpMethod.Post, "/orders?q=%2F"))).StatusCode.ShouldBe(200);

        api.Requests.Select(request => (request.Method, request.Target))
            .ShouldBe([("POST", "/orders?q=%2F"), ("GET", "/orders?q=%2F")]);
    }

    [Theory]
    [InlineData("mailto:a@b.c")]
    [InlineData("ftp://127.0.0.1/a")]
    [InlineData("file:///etc/passwd")]
    [InlineData("javascript:alert(1)")]
    [InlineData("data:,x")]
    [InlineData("gopher://127.0.0.1:70/x")]
    [InlineData("///there")]
    public async Task LocationThatIsNoHttp_InvalidResponse(string location)
    {
        await using var api = Redirecting(location);

        var failure = await _engine.FailureAsync(Following(api));

        (failure.Reason, failure.StatusCode).ShouldBe((FailureReason.InvalidResponse, 302), failure.Detail);
        failure.Detail.ShouldNotContain(location);
        api.Requests.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Location: \r\n")]
    [InlineData("Location: http://[::1\r\n")]
    [InlineData("Location: http:///a\r\n")]
    [InlineData("Location: http://a:b:c/\r\n")]
    public async Task NoLocationThatCanBeRead_JudgedAsAStatus(string header)
    {
        await using var api = RawUpstream.Answering($"HTTP/1.1 302 Found\r\n{header}Content-Length: 0\r\n\r\n");

        var failure = await _engine.FailureAsync(Following(api));

        (failure.Reason, failure.StatusCode).ShouldBe((FailureReason.HttpStatus, 302), failure.Detail);
        api.Requests.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData(300)]
    [InlineData(304)]
    [InlineData(305)]
    [InlineData(399)]
    public async Task OtherStatus_NotFollowed(int status)
    {
        await using var api = Redirecting("/there", status);

        (await _engine.FailureAsync(Following(api))).StatusCode.ShouldBe(status);

        api.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task RedirectThatCountsAsSuccess_ReadWhereNoneIsAllowed()
    {
        await using var api = Redirecting("/there?code=7");
        var config = Following(api, redirects: 0).WithSource("location", "header:Location");
        config.ResponsePolicy.SuccessStatuses.Add("302");

        (await _engine.ResultAsync(config)).Variables["location"].StringValue.ShouldBe("/there?code=7");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(10)]
    public async Task Loop_EndsWhenTooMany(int allowed)
    {
        await using var api = RawUpstream.Answering(Moved(302, "/again"));

        var failure = await _engine.FailureAsync(Following(api, redirects: allowed));

        (failure.Reason, failure.StatusCode, failure.Attempts).ShouldBe((FailureReason.InvalidResponse, 302, 1));
        failure.Detail.ShouldBe(
            $"The API redirected more than {allowed} times, the limit in response_policy.max_redirects.");
        api.Requests.Count.ShouldBe(allowed + 1);
    }

    [Fact]
    public async Task AsManyAsAllowed_Followed()
    {
        var left = 10;
        await using var api = RawUpstream.Answering(_ => left-- > 0 ? Moved(302, $"/{left}") : RawUpstream.Response("{}"));

        (await _engine.ResultAsync(Following(api, redirects: 10))).StatusCode.ShouldBe(200);

        api.Requests.Count.ShouldBe(11);
    }

    [Fact]
    public async Task Initialize_FollowsAsWell()
    {
        await using var api = Redirecting("/there");

        (await _engine.InitializeAsync(Following(api))).Sample.StatusCode.ShouldBe(200);
    }

    [Fact]
    public async Task TargetRefusesConnections_Connection()
    {
        var closed = new RawUpstream(_ => Task.CompletedTask);
        var url = closed.Url;
        await closed.DisposeAsync();
        await using var api = Redirecting($"{url}/there");

        (await _engine.FailureAsync(Following(api))).Reason.ShouldBe(FailureReason.Connection);
    }

    [Fact]
    public async Task HttpsToHttp_Refused()
    {
        using var certificate = RawUpstream.SelfSignedCertificate();
        using var handler = UpstreamHttp.CreateHandler(new EngineOptions(), Guards.Local);
        handler.SslOptions.RemoteCertificateValidationCallback = (_, seen, _, _) =>
            seen is X509Certificate2 { Thumbprint: var thumbprint } && thumbprint == certificate.Thumbprint;
        using var engine = new EngineUnderTest(handler);
        await using var plain = RawUpstream.Answering(RawUpstream.Response("{}"));
        await using var secured = new RawUpstream(
            async connection =>
            {
                while (await connection.ReadRequestAsync() is { } request)
                    await connection.SendAsync(Moved(302, request.Target == "/" ? "/inner" : $"{plain.Url}/there"));
            },
            certificate);

        var failure = await engine.FailureAsync(Following(secured, redirects: 5));

        (failure.Reason, failure.StatusCode).ShouldBe((FailureReason.BlockedAddress, 302));
        failure.Detail.ShouldBe("The API redirected from https to http.");
        secured.Requests.Select(request => request.Target).ShouldBe(["/", "/inner"]);
        plain.Requests.ShouldBeEmpty();
    }

    private static string PortOf(RawRequest request) => request.Header("Host")!.Split(':')[1];

    private static string Moved(int status, string location) =>
        $"HTTP/1.1 {status} Moved\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n";

    /// <summary>Redirects the first request and answers the next.</summary>
    private static RawUpstream Redirecting(string location, int status = 302)
    {
        var first = 1;
        return RawUpstream.Answering(_ => Interlocked.Exchange(ref first, 0) == 1 ? Moved(status, location) : RawUpstream.Response("{}"));
    }

    private static ActionConfig Following(RawUpstream api, HttpMethod method = HttpMethod.Get, string path = "/", int redirects = 5)
    {
        var config = Configs.With(method, $"{api.Url}{path}");
        config.ResponsePolicy = new ResponsePolicy { MaxRedirects = redirects };
        return config;
    }
}
