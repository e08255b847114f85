using System.Text;
using Actions.Engine.Tests.Outbound.Authentication;
using Actions.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using HttpMethod = Actions.V1.HttpMethod;

namespace Actions.Engine.Tests.Masking;

/// <summary>What Initialize shows of an API that repeats what it is sent.</summary>
public sealed class EchoTests : IDisposable
{
    private readonly EngineUnderTest _engine = new();

    public void Dispose() => _engine.Dispose();

    [Fact]
    public async Task JsonEcho_MaskedInBodyFieldsAndShape()
    {
        await using var api = RawUpstream.Answering(request => RawUpstream.Response(
            $$"""{"key": "{{request.Header("X-Key")}}", "{{request.Header("X-Key")}}": 1, "pin": 4711, "note": "pin=4711", "ok": true}"""));
        var config = Configs.Get($"{api.Url}/");
        config.Authentication = Methods.ApiKey("X-Key", "hunter2hunter2");
        config.Variables.Add(new Variable { Name = "pin", Type = VariableType.Integer, Sensitive = true });
        config.Variables.Add(new Variable { Name = "ok", Type = VariableType.Boolean, Sensitive = true });

        var response = await _engine.InitializeAsync(config, new Dictionary<string, Value> { ["pin"] = Value.ForNumber(4711), ["ok"] = Value.ForBool(true) });

        var sample = response.Sample.ShouldNotBeNull();
        sample.Body.ToStringUtf8().ShouldBe("""{"key": "MASKED", "MASKED": 1, "pin": MASKED, "note": "pin=MASKED", "ok": true}""");
        sample.Shape.ShouldBe("""{"key":"","MASKED":0,"pin":0,"note":"","ok":true}""");
        sample.Fields.Select(field => (field.JsonPath, field.Value.ToString())).ShouldBe(
        [
            ("$['key']", "\"MASKED\""), ("$['pin']", "\"MASKED\""), ("$['note']", "\"pin=MASKED\""), ("$['ok']", "true"),
        ]);
        Encoding.UTF8.GetString(response.ToByteArray()).ShouldNotContain("hunter2");
    }

    [Fact]
    public async Task SensitiveObject_MaskedWithTheNamesOfItsMembers()
    {
        await using var api = RawUpstream.Answering(RawUpstream.Response(
            """{"echo": {"ann-smith": {"iban-of": {"DE89": [4711, true]}}}, "n": "ann-smith, DE89, 4711", "o": 1}"""));
        var config = Configs.Get($"{api.Url}/");
        config.Variables.Add(new Variable { Name = "who", Type = VariableType.Json, Sensitive = true });
        var who = JsonParser.Default.Parse<Value>("""{"ann-smith": {"iban-of": {"DE89": [4711, true]}}}""");

        var response = await _engine.InitializeAsync(config, new Dictionary<string, Value> { ["who"] = who });

        var sample = response.Sample.ShouldNotBeNull();
        sample.Body.ToStringUtf8().ShouldBe(
            """{"echo": {"MASKED": {"MASKED": {"MASKED": [MASKED, true]}}}, "n": "MASKED, MASKED, MASKED", "o": 1}""");
        sample.Shape.ShouldBe("""{"echo":{"MASKED":{"MASKED":{"MASKED":[0,true]}}},"n":"","o":0}""");
        sample.Fields.Select(field => field.JsonPath).ShouldBe(["$['echo']", "$['n']", "$['o']"]);
        var shown = response.ToString();
        foreach (var part in (string[])["ann", "smith", "iban", "DE89", "4711"])
            shown.ShouldNotContain(part);
    }

    [Fact]
    public async Task Token_MaskedAsTheSecretIs()
    {
        await using var endpoint = RawUpstream.Answering(TokenScene.Token("t0ken-of-today"));
        await using var api = RawUpstream.Answering(request => RawUpstream.Response($"got {request.Header("Authorization")}", "text/plain", "401 Unauthorized"));
        var config = Configs.Get($"{api.Url}/");
        config.Authentication = Methods.OAuth2($"{endpoint.Url}/token", "ann", "hunter2hunter2");

        var response = await _engine.InitializeAsync(config);

        response.Sample.Body.ToStringUtf8().ShouldBe("got Bearer MASKED");
    }

    [Theory]
    [InlineData("utf-16")]
    [InlineData("iso-8859-1")]
    public async Task OtherCharset_MaskedInIt(string charset)
    {
        var encoding = Encoding.GetEncoding(charset);
        var body = encoding.GetBytes("für hunter2-ü.");
        await using var api = RawUpstream.AnsweringOnce((byte[])
        [
            .. Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset={charset}\r\nContent-Length: {body.Length}\r\n\r\n"), .. body,
        ]);
        var config = Configs.Get($"{api.Url}/");
        config.Authentication = Methods.Bearer("hunter2-ü");

        var sample = (await _engine.InitializeAsync(config)).Sample.ShouldNotBeNull();

        encoding.GetString(sample.Body.Span).ShouldBe("für MASKED.");
    }

    [Fact]
    public async Task SecretAcrossTheCut_NotLeftInHalf()
    {
        var before = new string('x', (64 << 10) - 5);
        await using var api = RawUpstream.Answering(RawUpstream.Response($"{before}hunter2hunter2 and more", "text/plain"));
        var config = Configs.Get($"{api.Url}/");
        config.Authentication = Methods.Bearer("hunter2hunter2");

        var sample = (await _engine.InitializeAsync(config)).Sample.ShouldNotBeNull();

        (sample.Body.Length, sample.BodyTruncated).ShouldBe((64 << 10, true));
        sample.Body.ToStringUtf8()[before.Length..].ShouldBe("MASKE");
    }

    [Fact]
    public async Task SameValueElsewhereInTheRequest_MaskedInWhatIsShown()
    {
        await using var api = RawUpstream.Answering(RawUpstream.Response("{}"));
        var config = Configs.With(HttpMethod.Post, $"{api.Url}/of/hunter2hunter2/{{other}}");
        config.Request.Headers.Add(new Header { Name = "X-Copy", Value = "hunter2hunter2" });
        config.Request.JsonBody = """{"copy": "{other}", "basic": "YW5uOmh1bnRlcjJodW50ZXIy"}""";
        config.Authentication = Methods.Basic("ann", "hunter2hunter2");

        var request = (await _engine.InitializeAsync(config, Configs.Values(("other", "hunter2hunter2")))).Request;

        request.Url.ShouldBe($"{api.Url}/of/MASKED/MASKED");
        request.Headers.ShouldContain(new Header { Name = "X-Copy", Value = "MASKED" });
        request.Body.ShouldNotContain("aHVud");
        request.ToString().ShouldNotContain("hunter2");
        request.Curl.ShouldContain("'X-Copy: MASKED'");
    }

    [Fact]
    public async Task FailureMessage_MaskedToo()
    {
        await using var hangingUp = new RawUpstream(_ => Task.CompletedTask);
        var config = Configs.Get(hangingUp.Url);
        config.Variables.Add(new Variable { Name = "name", Sensitive = true });
        config.Messages = new Messages { FailureMessage = "Sorry, {name}." };

        (await _engine.InitializeAsync(config, Configs.Values(("name", "Zoë Secret")))).Failure.Message.ShouldBe("Sorry, MASKED.");
    }
}
