using Actions.Engine.Executions;
using Actions.Engine.Limits;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;
using HttpMethod = Actions.V1.HttpMethod;

namespace Actions.Engine.Tests.Outbound.Authentication;

/// <summary>The request as people may see it: what Initialize shows, and a dry run.</summary>
public sealed class MaskTests : IDisposable
{
    private const string Secret = "hunter2&=+ ";

    private readonly EngineUnderTest _engine = new();

    public void Dispose() => _engine.Dispose();

    public static TheoryData<string, V1.Authentication, string, string?> Kinds => new()
    {
        { "header", Methods.ApiKey("X-Api-Key", Secret), "", "X-Api-Key: MASKED" },
        { "query", Methods.ApiKey("api key", Secret, Location.Query), "?api%20key=MASKED", null },
        { "bearer", Methods.Bearer(Secret), "", "Authorization: Bearer MASKED" },
        { "bearer in the query", Methods.Bearer(Secret, Location.Query), "?access_token=MASKED", null },
        { "basic", Methods.Basic("ann", Secret), "", "Authorization: Basic MASKED" },
        { "OAuth 2.0", Methods.OAuth2("http://127.0.0.1:9009/token", "ann", Secret), "", "Authorization: Bearer MASKED" },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task EveryKind_MaskedInTheRequestShown(string kind, V1.Authentication authentication, string query, string? header)
    {
        await using var api = RawUpstream.Answering(RawUpstream.Response("{}"));
        var config = Configs.Get($"{api.Url}/orders");
        config.Authentication = authentication;

        var shown = (await _engine.InitializeAsync(config)).Request;

        shown.Url.ShouldBe($"{api.Url}/orders{query}", kind);
        if (header is not null)
            shown.Headers.Select(sent => $"{sent.Name}: {sent.Value}").ShouldContain(header);
        var text = shown.ToString();
        foreach (var secret in (string[])["hunter2", Uri.EscapeDataString(Secret), Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes($"ann:{Secret}"))])
            text.ShouldNotContain(secret);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task DryRun_StartThenTheMaskedRequestAndNothingSent(string kind, V1.Authentication authentication, string query, string? header)
    {
        await using var api = RawUpstream.Answering(RawUpstream.Response("{}"));
        await using var endpoint = RawUpstream.Answering(TokenScene.Token("t1"));
        var config = Configs.With(HttpMethod.Post, $"{api.Url}/orders");
        config.Authentication = authentication.Clone();
        if (config.Authentication.Oauth2ClientCredentials is { } oauth)
            oauth.TokenUrl = endpoint.Url;
        config.Request.JsonBody = """{"pin": "{pin}", "id": "{id}"}""";
        config.Variables.Add(new Variable { Name = "pin", Sensitive = true });
        config.Messages = new Messages { StartMessage = "One moment, {id}.", DelayMessage = "Still there?" };
        config.RetryPolicy = new RetryPolicy { MaxAttempts = 3, RetryNonIdempotent = true };

        var events = await DryRunAsync(config, Configs.Values(("pin", "1234"), ("id", "7")), "key-1");

        events.Select(told => told.Sequence).ShouldBe([1, 2], kind);
        events[0].Start.Message.ShouldBe("One moment, 7.");
        var rendered = events[1].Result.RenderedRequest;
        events[1].Result.ShouldBe(new Result { RenderedRequest = rendered });
        (rendered.Method, rendered.Url, rendered.Body).ShouldBe((HttpMethod.Post, $"{api.Url}/orders{query}", """{"pin":"MASKED","id":"7"}"""));
        rendered.Headers.Single(sent => sent.Name == "Idempotency-Key").Value.ShouldBe("key-1");
        if (header is not null)
            rendered.Headers.Select(sent => $"{sent.Name}: {sent.Value}").ShouldContain(header);
        rendered.ToString().ShouldNotContain("hunter2");
        (api.Requests.Count, endpoint.Requests.Count).ShouldBe((0, 0));
    }

    [Fact]
    public void DryRunWithAVariableMissing_Refused() =>
        Should.Throw<InvalidFieldsException>(() => _engine.Engine.ExecuteAsync(
            _engine.Compile(Configs.Get("http://127.0.0.1:9009/{id}")), new ExecutionInput("tests", new Dictionary<string, Value>(), DryRun: true), _engine.Token))
            .Violations.Single().Field.ShouldBe("variables.id");

    public static TheoryData<string> Hostile =>
    [
        "plain", "two words", "it's", "'", "''", "'; rm -rf / #", "\"double\"", "$(id)", "`id`", "$HOME", "a\\b", "\\", "!!", "*", "~",
        "a|b>c<d&e;f", "{a,b}", "größe 😀", "-x", "@file", "a\tb", "%s%n", "a\nb", "''\\''",
    ];

    [Theory]
    [MemberData(nameof(Hostile))]
    public async Task Curl_AShellReadsTheSameWords(string value)
    {
        var config = Configs.With(HttpMethod.Post, "https://api.example.com/{v}?q={v}");
        config.Request.Headers.Add(new Header { Name = "X-Value", Value = "is {h}" });
        config.Request.Headers.Add(new Header { Name = "X-Empty", Value = "" });
        config.Request.TextBody = new TextBody { Text = "{v}\n'{v}'", ContentType = "text/plain" };
        var oneLine = value.ReplaceLineEndings(" ");

        var rendered = (await DryRunAsync(config, Configs.Values(("v", value), ("h", oneLine)), ""))[1].Result.RenderedRequest;

        var words = await WordsAsync(rendered.Curl);
        words.ShouldBe(
        [
            "curl", "--request", "POST", rendered.Url, "--compressed",
            "--header", $"X-Value: is {oneLine}", "--header", "X-Empty;",
            .. rendered.Headers.Skip(2).SelectMany(header => (string[])["--header", $"{header.Name}: {header.Value}"]),
            "--data-raw", $"{value}\n'{value}'",
        ]);
        // Nothing in an address that curl would read as a pattern of several.
        rendered.Url.ShouldNotContain(c => c == '[' || c == ']' || c == '{' || c == '}');
    }

    [Fact]
    public async Task CurlWithoutABody_StatesNone()
    {
        var words = await WordsAsync((await DryRunAsync(Configs.Get("https://api.example.com"), Configs.Values(), ""))[1].Result.RenderedRequest.Curl);

        words[..4].ShouldBe(["curl", "--request", "GET", "https://api.example.com/"]);
        words.ShouldNotContain("--data-raw");
    }

    private async Task<IReadOnlyList<ExecutionEvent>> DryRunAsync(ActionConfig config, Dictionary<string, Value> values, string key) =>
        await _engine.Engine.ExecuteAsync(_engine.Compile(config), new ExecutionInput("tests", values, key, DryRun: true), _engine.Token)
            .ToListAsync(_engine.Token);

    /// <summary>What a shell makes of a command: each word with its end marked.</summary>
    private async Task<string[]> WordsAsync(string command)
    {
        var start = new System.Diagnostics.ProcessStartInfo("bash") { RedirectStandardOutput = true, ArgumentList = { "-c", $"printf '%s\\0' {command}" } };
        using var shell = System.Diagnostics.Process.Start(start)!;
        var output = await shell.StandardOutput.ReadToEndAsync(_engine.Token);
        await shell.WaitForExitAsync(_engine.Token);
        shell.ExitCode.ShouldBe(0);
        return output.Split('\0')[..^1];
    }
}
