using System.Diagnostics;
using Actions.Server.Tests.Secrets;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Server.Tests.Apis;

/// <summary>
/// Every method with every kind of body, every authentication and headers of many kinds: what leaves is what is shown,
/// by Initialize, by a dry run, and by the curl line when it is run.
/// </summary>
public sealed class RequestMatrixTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private readonly RunningServer _server = fixture.Server;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static readonly (string Name, Action<HttpRequest> Set)[] Bodies =
    [
        ("none", _ => { }),
        ("JSON", request => request.JsonBody = """{"text": "it's {v}"}"""),
        ("a form", request => request.FormBody = new() { Fields = { new QueryParameter { Name = "v", Value = "{v}" } } }),
        ("an empty form", request => request.FormBody = new()),
        ("a text", request => request.TextBody = new() { Text = "@{v}\n{v}\n", ContentType = "text/plain; charset=utf-8" }),
        ("an empty text", request => request.TextBody = new() { Text = "", ContentType = "text/csv" }),
    ];

    private static readonly (string Name, Header[] Set)[] HandWritten =
    [
        ("none", []),
        ("defaults", [Of("accept", "*/*"), Of("Accept-Encoding", "identity"), Of("User-Agent", "me")]),
        ("empty ones", [Of("Accept", ""), Of("Accept-Encoding", ""), Of("User-Agent", ""), Of("X-Empty", ""), Of("X-Blank", "{blank}")]),
        ("many", [Of("x-tag", "a"), Of("X-V", "{v} = <v>"), Of("X-TAG", "b"), Of("Cookie", "a=1"), Of("If-Match", "\"x\""), Of("cookie", "b=2")]),
        ("about content", [Of("Content-Language", "de"), Of("X-Last", "1"), Of("Last-Modified", "Fri, 27 Nov 2026 00:00:00 GMT")]),
    ];

    public static TheoryData<V1.HttpMethod> Methods =>
        [V1.HttpMethod.Get, V1.HttpMethod.Post, V1.HttpMethod.Put, V1.HttpMethod.Patch, V1.HttpMethod.Delete];

    [Theory]
    [MemberData(nameof(Methods))]
    public async Task WhatLeaves_IsWhatIsShown(V1.HttpMethod method)
    {
        await using var upstream = Credential.Upstream();
        foreach (var body in Bodies)
            foreach (var headers in HandWritten)
                // Headers of their own and a credential have little to do with each other.
                foreach (var credential in (Credential?[])[null, .. headers.Name is "none" or "about content"
                    ? Credential.All.Values : []])
                    await CheckAsync(upstream, method, body, headers, credential);
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public async Task CurlLine_SendsTheSameRequest(V1.HttpMethod method)
    {
        if (!File.Exists("/usr/bin/curl"))
            Assert.Skip("curl isn't installed");
        await using var upstream = Credential.Upstream();
        foreach (var body in Bodies)
            foreach (var headers in HandWritten)
            {
                var id = (await _server.CreateAsync(Action(upstream, method, body.Set, headers.Set))).Id;
                var rendered = (await _server.ExecuteAsync(Request(id, dryRun: true)))[^1].Result.RenderedRequest;
                var before = upstream.Requests.Count;
                await _server.ExecuteAsync(Request(id, dryRun: false));
                await RunAsync(rendered.Curl);

                upstream.Requests.Skip(before).ToList().ShouldSatisfyAllConditions(
                    requests => requests.Count.ShouldBe(2),
                    requests => Comparable(requests[1]).ShouldBe(Comparable(requests[0]),
                        $"{method}, {body.Name}, {headers.Name}: {rendered.Curl}"));
            }
    }

    [Theory]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(303)]
    [InlineData(307)]
    [InlineData(308)]
    public async Task Redirect_SendsNoMoreThanTheFirstRequestHad(int status)
    {
        string[] harmless = ["Accept", "Accept-Encoding", "User-Agent"];
        await using var elsewhere = RawUpstream.Answering(RawUpstream.Response("{}"));
        foreach (var origin in (string[])["", elsewhere.Url])
        {
            await using var upstream = RawUpstream.Answering(request => request.Path == "/there"
                ? RawUpstream.Response("{}")
                : $"HTTP/1.1 {status} Go\r\nLocation: {origin}/there\r\nContent-Length: 0\r\n\r\n");
            var action = Action(upstream, V1.HttpMethod.Post, Bodies[1].Set,
                [Of("X-V", "{v}"), Of("Cookie", "a=1"), Of("Content-Language", "de")]);
            action.Authentication = Credential.Bearer("secret");
            action.ResponsePolicy = new() { MaxRedirects = 1 };
            await _server.ExecuteAsync(Request((await _server.CreateAsync(action)).Id, dryRun: false));

            var first = upstream.Requests.First();
            var second = origin.Length == 0 ? upstream.Requests.Last() : elsewhere.Requests.Last();
            var isGet = status < 307;
            second.Method.ShouldBe(isGet ? "GET" : "POST");
            var expected = first.Headers.Where(header => (origin.Length == 0 || harmless.Contains(header.Key)
                || (!isGet && header.Key is "Content-Type" or "Content-Length")) && !(isGet && header.Key.StartsWith("Content-", StringComparison.Ordinal)));
            second.Headers.Where(header =>
                header.Key != "Host").ShouldBe(expected.Where(header => header.Key != "Host"), $"{status} {origin}");
        }
    }

    private async Task CheckAsync(
        RawUpstream upstream, V1.HttpMethod method, (string Name, Action<HttpRequest> Set) body, (string Name,
            Header[] Set) headers, Credential? credential)
    {
        var what = $"{method}, {body.Name}, {headers.Name}, {credential?.Name}";
        var action = Action(upstream, method, body.Set, headers.Set);
        action.Authentication = credential?.Make(upstream.Url, Credential.Secret);
        var id = (await _server.CreateAsync(action)).Id;
        var before = upstream.Requests.Count;

        var shown = (await _server.Configs.InitializeAsync(new() { Id = id, Variables = { Request(id,
            dryRun: true).Variables } }, cancellationToken: Token)).Request;
        var dry = (await _server.ExecuteAsync(Request(id, dryRun: true)))[^1].Result.RenderedRequest;
        (await _server.ExecuteAsync(Request(id, dryRun: false)))[^1].Result.ShouldNotBeNull(what);

        dry.ShouldBe(shown, what);
        var sent = upstream.Requests.Skip(before).Where(request => request.Path != "/token").ToList();
        sent.Count.ShouldBe(2, what);
        foreach (var request in sent)
        {
            var isStated = request.Body.Length > 0
                || method is V1.HttpMethod.Post or V1.HttpMethod.Put or V1.HttpMethod.Patch;
            request.All("Host").ShouldBe([new Uri(upstream.Url).Authority], what);
            request.All("Content-Length").ShouldBe(isStated ? [$"{request.Body.Length}"] : [], what);
            request.Headers.Where(header => header.Key is not ("Host" or "Content-Length"))
                .Select(header => $"{header.Key}: {(header.Key is "Authorization" or "X-Key" ? "" : header.Value)}")
                .ShouldBe(shown.Headers.Select(header =>
                    $"{header.Name}: {(header.Value.Contains("MASKED") ? "" : header.Value)}"), what);
            request.Text.ShouldBe(shown.Body, what);
            if (credential is null)
                shown.Url.ShouldBe(upstream.Url + request.Target, what);
        }
    }

    private static ActionConfig Action(RawUpstream upstream, V1.HttpMethod method, Action<HttpRequest> setBody,
        Header[] headers)
    {
        var action = AnAction.Calling($"{upstream.Url}/a'b/{{v}}/[x]y?q={{v}}&*=!$");
        action.Request.Method = method;
        action.Request.Headers.Add(headers);
        setBody(action.Request);
        return action;
    }

    private static ExecuteRequest Request(string id, bool dryRun) => new()
    {
        Id = id,
        DryRun = dryRun,
        Variables = { ["v"] = Value.ForString("it's \"ü\" %41"), ["blank"] = Value.ForString("  ") },
    };

    private static Header Of(string name, string value) => new() { Name = name, Value = value };

    /// <summary>Without the order and the case of headers, which curl decides.</summary>
    private static string Comparable(RawRequest request) => string.Join('\n', [
        $"{request.Method} {request.Target}",
        .. request.Headers.Select(header =>
            $"{header.Key.ToLowerInvariant()}: {header.Value.Trim()}").Order(StringComparer.Ordinal),
        request.Text,
    ]);

    private static async Task RunAsync(string curl)
    {
        var start = new ProcessStartInfo("bash") { RedirectStandardOutput = true, RedirectStandardError = true, ArgumentList = { "-c", $"{curl} --silent --show-error" } };
        using var shell = Process.Start(start)!;
        var error = await shell.StandardError.ReadToEndAsync(Token);
        await shell.WaitForExitAsync(Token);
        shell.ExitCode.ShouldBe(0, $"{curl}: {error}");
    }
}
