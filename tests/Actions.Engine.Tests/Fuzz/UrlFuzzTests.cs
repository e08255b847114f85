using System.Net;
using System.Text;
using Actions.Engine.Executions;
using Actions.Engine.Limits;
using Actions.Engine.Outbound;
using Actions.Engine.Outbound.Guard;
using Actions.Engine.Tests.Outbound.Guard;
using Actions.V1;

namespace Actions.Engine.Tests.Fuzz;

/// <summary>
/// Whatever a URL says, in an action or in a redirect, and whatever names lead to: no connection is made but to a
/// public
/// address and an allowed port.
/// </summary>
public sealed class UrlFuzzTests
{
    private static readonly string[] Urls =
    [
        "http://api.example.com/orders", "http://93.184.215.14:8080/", "http://[2606:2800:21f:cb07::1]/", "http://127.0.0.1/", "http://localhost:5080/",
        "http://0x7f.1/", "http://2130706433/", "http://017700000001/", "http://127.1/", "http://[::1]/", "http://[::ffff:169.254.169.254]/",
        "http://[64:ff9b::a00:1]/", "http://[2002:7f00:1::]/", "http://[fe80::1%25eth0]/", "http://169.254.169.254/latest/meta-data/", "http://10.0.0.1:80/",
        "http://public.example/", "http://private.example/", "http://mixed.example/", "http://user@api.example.com/", "http://１２７.0.0.1/",
        "http://api.example.com./", "http://xn--bcher-kva.example/", "http://api.example.com:443/",
    ];

    private static readonly string[] Words =
    [
        "http://", "https://", "//", "/", "\\", "@", ":", "[", "]", "::", "%", "%31", "%2e", "%00", ".", "..", "0x", "0", "00", "127", "1", "2130706433",
        "0xffffffff", "ffff:", "64:ff9b::", "2002:", "fe80::", "%25", "localhost", "private.example", "。", "．", "１", "①", "\u00ad", "\u200b", "ß", "#", "?", ":80",
        ":0", ":65536", ":22", ":6379", " ", "\t", "{a}", "<a>",
    ];

    private static readonly IPAddress[] Public = [IPAddress.Parse("93.184.215.14"), IPAddress.Parse("2606:2800:21f:cb07::1")];

    [Fact]
    public async Task AnyUrl_LeadsToPublicAddressesOnly()
    {
        string? location = null;
        await using var upstream = RawUpstream.Answering(_ => Interlocked.Exchange(ref location, null) is { } elsewhere
            ? $"HTTP/1.1 302 Found\r\nLocation: {elsewhere}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            : "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        var network = new FakeNetwork(AddressesOf, upstream.Port);
        var guard = network.Guard(new OutboundOptions { AllowHttp = true });
        using var engine = new EngineUnderTest(UpstreamHttp.CreateHandler(new EngineOptions(), guard), guard: guard);

        await FuzzRun.PlayAsync("URLs", new Mutator(Urls, Words, FuzzRun.Seed), async input =>
        {
            var url = Encoding.UTF8.GetString(input);
            location = null;
            var called = await TryCallAsync(engine, url);
            // No header holds a line break.
            location = url.ReplaceLineEndings("");
            await TryCallAsync(engine, "http://public.example/");

            while (network.Dialled.TryDequeue(out var dialled))
            {
                AddressPolicy.Classify(dialled.Address).ShouldBe(AddressClass.Public, url);
                (dialled.Port is 80 or 443 or >= 1024).ShouldBeTrue($"{dialled} {url}");
            }

            while (network.Asked.TryDequeue(out var asked))
                IPAddress.TryParse(asked, out _).ShouldBeFalse(url);
            return called;
        });
    }

    private static IPAddress[] AddressesOf(string name) =>
        name.StartsWith("private", StringComparison.Ordinal) ? [IPAddress.Parse("10.1.2.3")]
        : name.StartsWith("mixed", StringComparison.Ordinal) ? [Public[0], IPAddress.Loopback]
        : Public;

    /// <returns>Whether a connection was made.</returns>
    private static async Task<bool> TryCallAsync(EngineUnderTest engine, string url)
    {
        var config = Configs.Get(url);
        config.ResponsePolicy = new ResponsePolicy { MaxRedirects = 2 };
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30), TimeProvider.System);
        try
        {
            var input = new ExecutionInput("fuzz", Configs.Values(("a", "127.0.0.1")), "", BodyView.Unspecified);
            var last = await engine.Engine.ExecuteAsync(engine.Compile(config), input, patience.Token).LastAsync(patience.Token);
            return last.Result is not null;
        }
        catch (InvalidFieldsException)
        {
            return false;
        }
    }
}
