using System.Net;
using System.Text.Json;
using Actions.Engine.Outbound;
using Actions.Engine.Outbound.Guard;
using Actions.Engine.Tests.Faults;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Tests.Outbound.Guard;

/// <summary>
/// The web platform's URL tests as action URLs and as redirects: refused, or the host and port that were judged are those
/// that are looked up, dialled and named in the request. Every address is allowed here, so that none is refused for what
/// it is.
/// </summary>
public sealed class DialledTests
{
    [Fact]
    public async Task EveryUrlOfTheSuite_RefusedOrDialledAsJudged()
    {
        await using var file = Suites.Open("wpt-urltestdata.json");
        using var suite = await JsonDocument.ParseAsync(file, cancellationToken: TestContext.Current.CancellationToken);
        await using var scene = new Scene();
        var cases = suite.RootElement.EnumerateArray().Where(test => test.ValueKind == JsonValueKind.Object).ToList();
        foreach (var test in cases)
            await scene.PlayAsync(test);

        Report.Write("guard-urls.md", $"""
            ### URLs judged and dialled: {cases.Count} cases of the web platform's tests

            | refused when saved | refused as a redirect | judged = looked up = dialled = Host | as browsers see it | different |
            |---|---|---|---|---|
            | {scene.RefusedWhenSaved} | {scene.RefusedAsRedirect} | {scene.Checked} | {scene.AsBrowsers} | 0 |

            """);
        cases.Count.ShouldBe(891);
        (scene.RefusedWhenSaved + scene.RefusedAsRedirect + scene.Checked).ShouldBe(cases.Count);
        scene.Checked.ShouldBeGreaterThan(200);
        scene.AsBrowsers.ShouldBe(scene.Checked);
    }

    private sealed class Scene : IAsyncDisposable
    {
        private readonly RawUpstream _upstream;
        private readonly FakeNetwork _network;
        private readonly EngineUnderTest _engine;
        private string _location = "";

        public Scene()
        {
            _upstream = new RawUpstream(
                async connection =>
                {
                    var request = await connection.ReadRequestAsync();
                    await connection.SendAsync(request?.Target == "/start-of-a-redirect"
                        ? $"HTTP/1.1 302 Found\r\nLocation: {_location}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                        : "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
                },
                TestAuthority.SelfSigned);
            _network = new FakeNetwork(_ => [IPAddress.Loopback], _upstream.Port);
            var guard = _network.Guard(new OutboundOptions { AllowHttp = true, AllowedNetworks = "0.0.0.0/0, ::/0" });
            var handler = UpstreamHttp.CreateHandler(new EngineOptions(), guard);
            // Whose name it has is no matter here.
            handler.SslOptions.RemoteCertificateValidationCallback = static (_, seen, _, _) =>
                seen?.GetCertHashString() == TestAuthority.SelfSigned.GetCertHashString();
            _engine = new EngineUnderTest(handler, guard: guard);
        }

        public int RefusedWhenSaved { get; private set; }

        public int RefusedAsRedirect { get; private set; }

        public int Checked { get; private set; }

        public int AsBrowsers { get; private set; }

        public async ValueTask DisposeAsync()
        {
            _engine.Dispose();
            await _upstream.DisposeAsync();
        }

        public async Task PlayAsync(JsonElement test)
        {
            if (TextOf(test, "input") is not { } input)
            {
                // Half a surrogate pair is in no protobuf string.
                RefusedWhenSaved++;
                return;
            }

            var isRedirect = TextOf(test, "base") is { } start && start.StartsWith("http", StringComparison.Ordinal) && !input.Any(char.IsControl);
            _location = input;
            var config = Configs.Get(isRedirect ? new Uri(new Uri(TextOf(test, "base")!), "/start-of-a-redirect").ToString() : Escaped(input));
            config.ResponsePolicy = new ResponsePolicy { MaxRedirects = 1 };
            ActionPlan plan;
            try
            {
                plan = _engine.Compile(config);
            }
            catch (InvalidFieldsException) when (!isRedirect)
            {
                RefusedWhenSaved++;
                return;
            }

            var (dialled, asked, requests) = (_network.Dialled.Count, _network.Asked.Count, _upstream.Requests.Count);
            // The engine's own patience is for one call.
            var token = TestContext.Current.CancellationToken;
            var nothing = new ExecutionInput("tests", new Dictionary<string, Value>());
            var outcome = await _engine.Engine.ExecuteAsync(plan, nothing, token).LastAsync(token);
            var hops = _upstream.Requests.Skip(requests).ToList();
            _network.Dialled.Count.ShouldBe(dialled + hops.Count, input);
            if (isRedirect && hops.Count == 1)
            {
                outcome.Failure.ShouldNotBeNull(input).Reason.ShouldBeOneOf(FailureReason.BlockedAddress, FailureReason.InvalidResponse, FailureReason.HttpStatus);
                RefusedAsRedirect++;
                return;
            }

            outcome.Result.ShouldNotBeNull($"{input}: {outcome.Failure}");
            hops.Count.ShouldBe(isRedirect ? 2 : 1, input);
            var names = new Queue<string>(_network.Asked.Skip(asked));
            foreach (var (hop, endPoint) in hops.Zip(_network.Dialled.Skip(dialled)))
                ShouldBeJudged(hop.Header("Host")!, endPoint, names, input);
            names.ShouldBeEmpty(input);
            Checked++;
            AsBrowsers += IsSeenByBrowsers(test, hops[^1].Header("Host")!) ? 1 : 0;
        }

        /// <summary>The host that the request names is the one that was looked up, or the address that was dialled.</summary>
        private static void ShouldBeJudged(string host, IPEndPoint dialled, Queue<string> names, string input)
        {
            var sent = new Uri($"{(dialled.Port == 443 ? "https" : "http")}://{host}/");
            sent.Port.ShouldBe(dialled.Port, input);
            if (IPAddress.TryParse(sent.IdnHost, out var literal))
                AddressPolicy.AsDialled(literal).ShouldBe(dialled.Address, input);
            else
                (names.Dequeue(), dialled.Address).ShouldBe((sent.IdnHost, IPAddress.Loopback), input);
        }

        private static bool IsSeenByBrowsers(JsonElement test, string host) =>
            TextOf(test, "host") is { } theirs && (theirs == host || UrlHost.Parse(new Uri($"http://{theirs}").IdnHost) == UrlHost.Parse(new Uri($"http://{host}").IdnHost));

        private static string Escaped(string url) =>
            url.Replace("{", @"\{", StringComparison.Ordinal).Replace("<", @"\<", StringComparison.Ordinal);

        private static string? TextOf(JsonElement test, string name)
        {
            try
            {
                return test.TryGetProperty(name, out var value) ? value.GetString() : null;
            }
            catch (InvalidOperationException)
            {
                return null;
            }
        }
    }
}
