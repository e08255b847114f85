using System.Net;
using System.Text.Json;
using Actions.Engine.Executions;
using Actions.Engine.Limits;
using Actions.Engine.Outbound;
using Actions.Engine.Outbound.Guard;
using Actions.Engine.Tests.Faults;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Tests.Outbound.Guard;

/// <summary>
/// The web platform's URL tests as action URLs and as redirects: refused, or the host and port that were judged are
/// those
/// that are looked up, dialled and named in the request. Every address is allowed here, so that none is refused for
/// what
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

            | refused when saved | refused as a redirect | judged = looked up = dialled = Host | the host that browsers see | another |
            |---|---|---|---|---|
            | {scene.RefusedWhenSaved} | {scene.RefusedAsRedirect} | {scene.Checked} | {scene.AsBrowsers} | {scene.Different.Count} |

            """);
        cases.Count.ShouldBe(891);
        (scene.RefusedWhenSaved + scene.RefusedAsRedirect + scene.Checked).ShouldBe(cases.Count);
        scene.Checked.ShouldBeGreaterThan(200);
        scene.Different.ShouldBeEmpty();
    }

    private enum Refused
    {
        WhenSaved,
        AsRedirect,
    }

    private sealed class Scene : IAsyncDisposable
    {
        private readonly RawUpstream _upstream;
        private readonly FakeNetwork _network;
        private readonly EngineUnderTest _engine;
        private string? _location;

        public Scene()
        {
            _upstream = new RawUpstream(
                async connection =>
                {
                    await connection.ReadRequestAsync();
                    await connection.SendAsync(Interlocked.Exchange(ref _location, null) is { } location
                        ? $"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
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

        public List<string> Different { get; } = [];

        public async ValueTask DisposeAsync()
        {
            _engine.Dispose();
            await _upstream.DisposeAsync();
        }

        /// <summary>The URL as it is written, against its base as a redirect; or else as browsers resolve it.</summary>
        public async Task PlayAsync(JsonElement test)
        {
            var input = TextOf(test, "input") ?? "\n"; // half a surrogate pair is in no protobuf string
            var start = TextOf(test, "base") is { } from && from.StartsWith("http", StringComparison.Ordinal) && !input.Any(char.IsControl)
                ? new Uri(new Uri(from), "/a/b/c").ToString()
                : null;
            var refused = await CallAsync(test, start ?? Escaped(input), start is null ? null : input);
            if (refused is not null && TextOf(test, "href") is { } href && href.StartsWith("http", StringComparison.Ordinal))
                refused = await CallAsync(test, Escaped(href.Split('#')[0]), location: null);
            RefusedWhenSaved += refused == Refused.WhenSaved ? 1 : 0;
            RefusedAsRedirect += refused == Refused.AsRedirect ? 1 : 0;
            Checked += refused is null ? 1 : 0;
        }

        /// <returns>Null: it was called, as it was judged.</returns>
        private async Task<Refused?> CallAsync(JsonElement test, string url, string? location)
        {
            _location = location;
            var config = Configs.Get(url);
            config.ResponsePolicy = new ResponsePolicy { MaxRedirects = 1 };
            ActionPlan plan;
            try
            {
                plan = _engine.Compile(config);
            }
            catch (InvalidFieldsException)
            {
                return Refused.WhenSaved;
            }

            var (dialled, asked, requests) = (_network.Dialled.Count, _network.Asked.Count, _upstream.Requests.Count);
            // The engine's own patience is for one call.
            var token = TestContext.Current.CancellationToken;
            var nothing = new ExecutionInput("tests", new Dictionary<string, Value>());
            var outcome = await _engine.Engine.ExecuteAsync(plan, nothing, token).LastAsync(token);
            var said = $"{location ?? url}: {outcome}";
            var hops = _upstream.Requests.Skip(requests).ToList();
            _network.Dialled.Count.ShouldBe(dialled + hops.Count, said);
            if (location is not null && hops.Count == 1)
            {
                outcome.Failure.ShouldNotBeNull(said).Reason
                    .ShouldBeOneOf(FailureReason.BlockedAddress, FailureReason.InvalidResponse, FailureReason.HttpStatus);
                return Refused.AsRedirect;
            }

            outcome.Result.ShouldNotBeNull(said);
            hops.Count.ShouldBe(location is null ? 1 : 2, said);
            var names = new Queue<string>(_network.Asked.Skip(asked));
            foreach (var (hop, endPoint) in hops.Zip(_network.Dialled.Skip(dialled)))
                ShouldBeJudged(hop.Header("Host")!, endPoint, names, said);
            names.ShouldBeEmpty(said);
            if (IsSeenByBrowsers(test, hops[^1].Header("Host")!))
                AsBrowsers++;
            else
                Different.Add($"{said} {hops[^1].Header("Host")}");
            return null;
        }

        /// <summary>The host that the request names is the one that was looked up, or the address that was
        /// dialled.</summary>
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
