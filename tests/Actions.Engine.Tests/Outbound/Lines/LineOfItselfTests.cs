using Actions.Engine.Limits;
using Actions.Engine.Tests.Outbound.Attempts;
using Actions.Engine.Tests.Outbound.Authentication;
using Actions.V1;

namespace Actions.Engine.Tests.Outbound.Lines;

/// <summary>An execution that needs a host several times has one place there at most: it never waits for
/// itself.</summary>
public sealed class LineOfItselfTests
{
    [Fact]
    public async Task TokensRedirectsAndRefusedTokensOfOneHost_NeedOnePlace()
    {
        using var engine = new EngineUnderTest(options: new EngineOptions { MaxCallsPerHost = 1 });
        var (inFlight, most, tokens, refused) = (0, 0, 0, 0);
        await using var host = RawUpstream.Answering(request =>
        {
            most = Math.Max(most, Interlocked.Increment(ref inFlight));
            var answer = request.Target switch
            {
                "/token" => TokenScene.Token($"t{Interlocked.Increment(ref tokens)}"),
                "/moved" => "HTTP/1.1 302 Found\r\nLocation: /orders\r\nContent-Length: 0\r\n\r\n",
                _ when request.Header("Authorization") == "Bearer t1" =>
                    Answers.Status(401, $"X-Refused: {Interlocked.Increment(ref refused)}\r\n"),
                _ => Answers.Ok,
            };
            Interlocked.Decrement(ref inFlight);
            return answer;
        });
        var config = Configs.Get($"{host.Url}/moved");
        config.Authentication = Methods.OAuth2($"{host.Url}/token");
        config.ResponsePolicy = new ResponsePolicy { MaxRedirects = 2 };

        var all = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => engine.OutcomeAsync(config)));

        all.ShouldAllBe(outcome => outcome.Result != null);
        (most, tokens).ShouldBe((1, 2));
        refused.ShouldBeGreaterThan(0);
    }
}
