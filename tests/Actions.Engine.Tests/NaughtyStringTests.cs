using System.Globalization;
using System.Text;
using System.Text.Json;
using Actions.Engine.Decoding;
using Actions.Engine.Limits;
using Actions.Engine.Syntax;
using Actions.V1;
using HttpMethod = Actions.V1.HttpMethod;

namespace Actions.Engine.Tests;

/// <summary>
/// The Big List of Naughty Strings through every place of an action: what arrives at a socket keeps its structure, and
/// decodes to the string.
/// </summary>
public sealed class NaughtyStringTests : IAsyncLifetime
{
    private const int Count = 515;

    private readonly EngineUnderTest _engine = new();
    private readonly RawUpstream _upstream = RawUpstream.Answering(RawUpstream.Response("", "text/plain"));

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        _engine.Dispose();
        await _upstream.DisposeAsync();
    }

    [Fact]
    public async Task UrlPath_StaysOneSegment()
    {
        var config = Configs.Get($"{_upstream.Url}/before/{{s}}/mid-<s>/after?q=1");
        await ForEachAsync(async naughty =>
        {
            var nothing = naughty.EnumerateRunes().All(rune =>
                Rune.IsWhiteSpace(rune) || Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format);
            if (naughty is "." or ".." || nothing)
            {
                Refusal(config, naughty).ShouldBe(["variables.s"]);
                return;
            }

            var request = await SendAsync(config, naughty);
            request.Query.ShouldBe("q=1");
            request.Path.ShouldAllBe(c => char.IsAsciiLetterOrDigit(c) || "-._~%/".Contains(c, StringComparison.Ordinal));
            request.Path.Split('/').Select(Uri.UnescapeDataString).ShouldBe(["", "before", naughty, $"mid-{naughty}", "after"]);
        });
    }

    [Fact]
    public Task UrlQuery_StaysOneValue() => CheckQueryAsync(
        Configs.Get($"{_upstream.Url}/p?a=1&q={{s}}&r=x{{{{s}}}}y&z"),
        naughty => ["a=1", $"q={naughty}", $"r=x{naughty}y", "z"]);

    [Fact]
    public Task QueryParameter_StaysOneValue()
    {
        var config = Configs.Get($"{_upstream.Url}/p?a=1");
        config.Request.QueryParameters.Add(new QueryParameter { Name = "q", Value = "<s>" });
        config.Request.QueryParameters.Add(new QueryParameter { Name = "r", Value = "x{s}y" });
        return CheckQueryAsync(config, naughty => ["a=1", $"q={naughty}", $"r=x{naughty}y"]);
    }

    /// <summary>
    /// On the wire the value is the string, white space at its ends included; a receiver may strip spaces and tabs
    /// there
    /// (RFC 9110 section 5.5).
    /// </summary>
    [Fact]
    public async Task Header_StaysOneValue()
    {
        var config = WithHeaders("{s}", "x{{s}}y");
        var others = (await SendAsync(config, "harmless")).Headers.Count - 2;
        await ForEachAsync(async naughty =>
        {
            var request = await SendAsync(config, naughty);
            request.Header("X-Whole").ShouldBe(naughty);
            request.Header("X-Around").ShouldBe($"x{naughty}y");
            request.Headers.Count.ShouldBe(others + 2);
        });
    }

    [Theory]
    [InlineData("\r\n")]
    [InlineData("\r")]
    [InlineData("\n")]
    [InlineData("\0")]
    public async Task HeaderThatCouldBeSplit_RefusedBeforeAnythingIsSent(string splitter)
    {
        var config = WithHeaders("<s>", "fixed");
        await ForEachAsync(naughty =>
        {
            Refusal(config, $"{naughty}{splitter}X-Evil: {naughty}").ShouldBe(["variables.s"]);
            return Task.CompletedTask;
        });
        _upstream.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task JsonBody_StaysOneString()
    {
        var config = Configs.With(HttpMethod.Post, _upstream.Url);
        config.Request.JsonBody = """{"typed": "{s}", "text": "is <s>.", "list": [1, "{{s}}"], "last": null}""";
        await ForEachAsync(async naughty =>
        {
            using var json = JsonDocument.Parse((await SendAsync(config, naughty)).Body);
            json.RootElement.EnumerateObject().Select(property => property.Name).ShouldBe(["typed", "text", "list", "last"]);
            json.RootElement.GetProperty("typed").GetString().ShouldBe(naughty);
            json.RootElement.GetProperty("text").GetString().ShouldBe($"is {naughty}.");
            json.RootElement.GetProperty("list").GetArrayLength().ShouldBe(2);
            json.RootElement.GetProperty("list")[1].GetString().ShouldBe(naughty);
            json.RootElement.GetProperty("last").ValueKind.ShouldBe(JsonValueKind.Null);
        });
    }

    [Fact]
    public async Task FormBody_StaysOneField()
    {
        var config = Configs.With(HttpMethod.Post, _upstream.Url);
        config.Request.FormBody = new FormBody
        {
            Fields =
            {
                new QueryParameter { Name = "a", Value = "1" },
                new QueryParameter { Name = "s", Value = "{{s}}" },
                new QueryParameter { Name = "t", Value = "x <s> y" },
            },
        };
        await ForEachAsync(async naughty => (await SendAsync(config, naughty)).Text.Split('&')
            .Select(pair => pair.Split('=') is [var name, var value] ? (name, Decode(value)) : throw new FormatException(pair))
            .ShouldBe([("a", "1"), ("s", naughty), ("t", $"x {naughty} y")]));
    }

    [Fact]
    public async Task TextBody_HoldsTheStringAsItIs()
    {
        var config = Configs.With(HttpMethod.Post, _upstream.Url);
        config.Request.TextBody = new TextBody { Text = "{s}\n<s>!", ContentType = "text/plain" };
        await ForEachAsync(async naughty => (await SendAsync(config, naughty)).Text.ShouldBe($"{naughty}\n{naughty}!"));
    }

    [Fact]
    public async Task Messages_HoldTheStringWithoutC1Controls()
    {
        var clock = new FakeClock();
        using var engine = new EngineUnderTest(clock);
        using var answer = new SemaphoreSlim(0);
        await using var upstream = new RawUpstream(async connection =>
        {
            while (await connection.ReadRequestAsync() is not null)
            {
                await answer.WaitAsync(engine.Token);
                await connection.SendAsync(RawUpstream.Response("", status: "500 Oops"));
            }
        });
        var config = Configs.Get(upstream.Url);
        config.Messages = new Messages { StartMessage = "one {s}", DelayMessage = "two {{s}}", FailureMessage = "<s> three" };

        await ForEachAsync(async original =>
        {
            await using var events =
                engine.Execute(config, Configs.Values(("s", original))).GetAsyncEnumerator(engine.Token);
            // No speech engine knows what to do with a C1 control.
            var naughty = ControlCharacters.ReplaceC1(original);
            (await events.MoveNextAsync()).ShouldBeTrue();
            events.Current.Start.Message.ShouldBe($"one {naughty}");
            var delay = events.MoveNextAsync();
            await upstream.NextRequestAsync(engine.Token);
            clock.Advance(TimeSpan.FromSeconds(2));
            (await delay).ShouldBeTrue();
            events.Current.Delay.Message.ShouldBe($"two {naughty}");
            answer.Release();
            (await events.MoveNextAsync()).ShouldBeTrue();
            events.Current.Failure.Message.ShouldBe($"{naughty} three");
        });
    }

    private async Task CheckQueryAsync(ActionConfig config, Func<string, string[]> pairs) => await ForEachAsync(async naughty =>
    {
        var request = await SendAsync(config, naughty);
        request.Path.ShouldBe("/p");
        request.Query.ShouldNotBeNull().ShouldAllBe(c => char.IsAsciiLetterOrDigit(c) || "-._~%=&".Contains(c, StringComparison.Ordinal));
        request.Query.Split('&').ShouldAllBe(pair => pair.Count(c => c == '=') <= 1);
        request.Query.Split('&').Select(Uri.UnescapeDataString).ShouldBe(pairs(naughty));
    });

    private static string Decode(string formValue) => Uri.UnescapeDataString(formValue.Replace('+', ' '));

    private ActionConfig WithHeaders(string whole, string around)
    {
        var config = Configs.Get(_upstream.Url);
        config.Request.Headers.Add(new Header { Name = "X-Whole", Value = whole });
        config.Request.Headers.Add(new Header { Name = "X-Around", Value = around });
        return config;
    }

    private string[] Refusal(ActionConfig config, string naughty) =>
        [.. Should.Throw<InvalidFieldsException>(() => _engine.Execute(config, Configs.Values(("s", naughty))))
            .Violations.Select(violation => violation.Field)];

    /// <returns>The one request that the execution made.</returns>
    private async Task<RawRequest> SendAsync(ActionConfig config, string naughty)
    {
        var before = _upstream.Requests.Count;
        await _engine.ResultAsync(config, Configs.Values(("s", naughty)));
        _upstream.Requests.Count.ShouldBe(before + 1);
        return await _upstream.NextRequestAsync(_engine.Token);
    }

    private async Task ForEachAsync(Func<string, Task> check)
    {
        await using var file = Suites.Open("naughty-strings.json");
        var strings = await JsonSerializer.DeserializeAsync<string[]>(file, cancellationToken: _engine.Token);
        strings.ShouldNotBeNull().Length.ShouldBe(Count);
        var failed = new StringBuilder();
        foreach (var naughty in strings)
        {
            try
            {
                await check(naughty);
            }
            catch (Exception e) when (e is ShouldAssertException or InvalidFieldsException or SyntaxException or JsonException)
            {
                failed.Append(JsonSerializer.Serialize(naughty)).Append(": ").AppendLine(e.Message);
            }
        }

        failed.ToString().ShouldBeEmpty();
    }
}
