using System.Net;
using Actions.Engine.Executions;
using Actions.Engine.Limits;
using Actions.Engine.Outbound.Guard;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Tests.Outbound.Guard;

/// <summary>What only a look-up or a redirect shows is refused before anything is dialled.</summary>
public sealed class BlockedCallTests : IAsyncDisposable
{
    private const string PublicAddress = "8.8.8.8";
    private static readonly OutboundOptions Http = new() { AllowHttp = true };

    private readonly RawUpstream _api = RawUpstream.Answering(request => request.Path == "/moved"
        ? $"HTTP/1.1 302 Found\r\nLocation: {Uri.UnescapeDataString(request.Query!)}\r\nContent-Length: 0\r\n\r\n"
        : RawUpstream.Response("{}"));

    public ValueTask DisposeAsync() => _api.DisposeAsync();

    [Theory]
    [InlineData("10.0.0.7")]
    [InlineData("8.8.8.8 10.0.0.7")]
    [InlineData("10.0.0.7 8.8.8.8")]
    [InlineData("8.8.8.8 2606:4700::1 ::ffff:10.0.0.7")]
    public async Task NameWithAnAddressThatIsNotPublic_BlockedOnceAndTheAddressNotTold(string addresses)
    {
        var network = Leading(addresses);
        var guard = network.Guard(Http);
        var refused = new List<OutboundRefusal>();
        guard.Refused += refused.Add;
        using var engine = new EngineUnderTest(guard: guard);
        var config = Configs.Get("http://shop.example:8080/orders");
        config.RetryPolicy = new RetryPolicy { MaxAttempts = 3 };

        var failure = await engine.FailureAsync(config);

        (failure.Reason, failure.Retryable, failure.Attempts, failure.StatusCode).ShouldBe((FailureReason.BlockedAddress, false, 1, 0));
        failure.Detail.ShouldBe("The address may not be called: it isn't public.");
        failure.ToString().ShouldNotContain("10.0.0");
        refused.ShouldBe([new OutboundRefusal(
            "http://shop.example:8080",
            "10.0.0.7 is in 10.0.0.0/8, private use (RFC 1918); a network in Outbound__AllowedNetworks or the name in Outbound__AllowedHosts would allow it")]);
        network.Dialled.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("http://10.0.0.7/")]
    [InlineData("http://0x0a.7/")]
    [InlineData("http://[::ffff:10.0.0.7]/")]
    [InlineData("http://inside.example/")]
    [InlineData("http://127.0.0.1/")]
    [InlineData("http://api.example:22/")]
    [InlineData("//inside.example:8080/a")]
    public async Task RedirectToWhatMayNotBeCalled_Blocked(string location)
    {
        var network = Leading(PublicAddress, ("inside.example", "10.0.0.7"));
        using var engine = new EngineUnderTest(guard: network.Guard(Http));
        var config = Configs.Get($"http://api.example/moved?{Uri.EscapeDataString(location)}");
        config.ResponsePolicy = new ResponsePolicy { MaxRedirects = 5 };

        var failure = await engine.FailureAsync(config);

        (failure.Reason, failure.StatusCode).ShouldBe((FailureReason.BlockedAddress, 302));
        failure.Detail.ShouldStartWith("The API redirected to another address. The address may not be called: ");
        failure.ToString().ShouldNotContain("10.0.0");
        network.Dialled.ShouldHaveSingleItem().ToString().ShouldBe($"{PublicAddress}:80");
        _api.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task TokenEndpointThatIsNotPublic_Blocked()
    {
        var network = Leading(PublicAddress, ("tokens.example", "192.168.1.1"));
        using var engine = new EngineUnderTest(guard: network.Guard(Http));
        var config = Configs.Get("http://api.example/");
        config.Authentication = new V1.Authentication
        {
            Oauth2ClientCredentials = new OAuth2ClientCredentials
            {
                TokenUrl = "http://tokens.example/", ClientId = "ann", ClientSecret = new Secret { Plaintext = "secret" },
            },
        };

        var failure = await engine.FailureAsync(config);

        (failure.Reason, failure.Retryable).ShouldBe((FailureReason.BlockedAddress, false));
        failure.Detail.ShouldBe("The token endpoint can't be reached. The address may not be called: it isn't public.");
        network.Dialled.ShouldBeEmpty();
        _api.Requests.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("10.0.0.7 192.168.1.1 fd12::1 100.64.0.1", true)]
    [InlineData("8.8.8.8", true)]
    [InlineData("169.254.169.254", false)]
    [InlineData("fe80::1", false)]
    [InlineData("fd00:ec2::254", false)]
    [InlineData("100.100.100.200", false)]
    [InlineData("127.0.0.1", false)]
    [InlineData("::1", false)]
    [InlineData("0.0.0.0", false)]
    [InlineData("224.0.0.1", false)]
    [InlineData("64:ff9b::169.254.169.254", false)]
    [InlineData("64:ff9b::10.0.0.7", true)]
    [InlineData("10.0.0.1", false)] // this machine's own
    [InlineData("9.9.9.9", false)] // this machine's own as well, though public
    [InlineData("10.0.0.7 10.0.0.1", false)]
    public async Task HostAllowed_MayBeInternalButNotThisMachineNorMetadata(string addresses, bool allowed)
    {
        var network = Leading(addresses, own: "10.0.0.1 9.9.9.9");
        using var engine = new EngineUnderTest(
            guard: network.Guard(new OutboundOptions { AllowHttp = true, AllowedHosts = "other.example,*.inside.example" }));

        var outcome = await engine.OutcomeAsync(Configs.Get("http://api.inside.example/"));

        (outcome.Failure?.Reason).ShouldBe(allowed ? null : FailureReason.BlockedAddress);
        network.Dialled.Count.ShouldBe(allowed ? 1 : 0);
    }

    [Fact]
    public async Task OwnAddressInAnAllowedNetwork_Called()
    {
        using var engine = new EngineUnderTest(
            guard: Leading("10.0.0.1", own: "10.0.0.1").Guard(new OutboundOptions { AllowHttp = true, AllowedNetworks = "10.0.0.0/24" }));

        (await engine.ResultAsync(Configs.Get("http://neighbour.example/"))).StatusCode.ShouldBe(200);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.9.9.9")]
    [InlineData("::1")]
    [InlineData("0.0.0.0")]
    [InlineData("::")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("64:ff9b::127.0.0.1")]
    [InlineData("10.0.0.1")]
    [InlineData("64:ff9b::10.0.0.1")]
    [InlineData("9.9.9.9")]
    public async Task OwnListener_BlockedWhateverIsAllowed(string address)
    {
        const int port = 5080;
        var network = Leading(address, own: "10.0.0.1 9.9.9.9");
        var options = new OutboundOptions { AllowHttp = true, AllowedNetworks = "0.0.0.0/0,::/0", AllowedHosts = "*.example" };
        using var engine = new EngineUnderTest(guard: network.Guard(options, 5081, port));
        var literal = address.Contains(':', StringComparison.Ordinal) ? $"[{address}]" : address;

        (await engine.FailureAsync(Configs.Get($"http://self.example:{port}/"))).Reason.ShouldBe(FailureReason.BlockedAddress);
        Should.Throw<InvalidFieldsException>(() => engine.Compile(Configs.Get($"http://{literal}:{port}/")))
            .Violations.ShouldHaveSingleItem().Description.ShouldEndWith(" is this server itself, which no setting allows.");
        network.Dialled.ShouldBeEmpty();

        (await engine.ResultAsync(Configs.Get($"http://self.example:{port + 2}/"))).StatusCode.ShouldBe(200);
    }

    [Theory]
    [InlineData("127.0.0.1 ::1", true)]
    [InlineData("127.0.0.1 8.8.8.8", false)] // somebody may be on the path
    public async Task HttpToLocalhost_OnlyWhereItIsLoopback(string addresses, bool allowed)
    {
        using var engine = new EngineUnderTest(guard: Leading(addresses).Guard(new OutboundOptions { AllowedNetworks = "loopback" }));

        var outcome = await engine.OutcomeAsync(Configs.Get("http://localhost:9000/"));

        (outcome.Failure?.Detail).ShouldBe(allowed ? null : "The address may not be called: it isn't https.");
    }

    [Fact]
    public async Task NameThatLeadsToADeniedAddress_Blocked()
    {
        var options = new OutboundOptions { AllowHttp = true, AllowedNetworks = "0.0.0.0/0", DeniedHosts = "10.0.0.7" };
        using var engine = new EngineUnderTest(guard: Leading("8.8.8.8 10.0.0.7").Guard(options));

        (await engine.FailureAsync(Configs.Get("http://api.example/"))).Detail.ShouldBe("The address may not be called: its host is denied.");
    }

    [Fact]
    public async Task NameWithoutAddress_NameResolution()
    {
        using var engine = new EngineUnderTest(guard: Leading("").Guard(Http));

        (await engine.FailureAsync(Configs.Get("http://api.example/"))).Reason.ShouldBe(FailureReason.NameResolution);
    }

    [Fact]
    public async Task FirstAddressDead_NextOneDialledAndOneLookUpForAllCalls()
    {
        var network = new FakeNetwork(_ => FakeNetwork.Addresses("2606:4700::1 8.8.8.8"), _api.Port) { Dead = [IPAddress.Parse("2606:4700::1")] };
        using var engine = new EngineUnderTest(guard: network.Guard(Http));

        for (var i = 0; i < 10; i++)
            (await engine.ResultAsync(Configs.Get("http://API.example.:8080/"))).StatusCode.ShouldBe(200);

        // The connection is kept, and was judged when it was made.
        network.Asked.ShouldBe(["api.example."]);
        network.Dialled.Select(endPoint => endPoint.ToString()).ShouldBe(["[2606:4700::1]:8080", "8.8.8.8:8080"]);
        _api.Requests.Count.ShouldBe(10);
    }

    [Fact]
    public async Task EveryAddressDead_Connection()
    {
        var network = new FakeNetwork(_ => FakeNetwork.Addresses("8.8.4.4 8.8.8.8"), _api.Port) { Dead = FakeNetwork.Addresses("8.8.4.4 8.8.8.8") };
        using var engine = new EngineUnderTest(guard: network.Guard(Http));

        (await engine.FailureAsync(Configs.Get("http://api.example/"))).Reason.ShouldBe(FailureReason.Connection);

        network.Dialled.Count.ShouldBe(2);
    }

    [Fact]
    public async Task ManyRefusals_DoNotOpenTheCircuit()
    {
        var addresses = FakeNetwork.Addresses("10.0.0.7");
        var network = new FakeNetwork(_ => addresses, _api.Port);
        var options = new EngineOptions { CircuitMinimumAttempts = 5 };
        using var engine = new EngineUnderTest(options: options, guard: network.Guard(Http));
        for (var i = 0; i < 20; i++)
            (await engine.FailureAsync(Configs.Get("http://api.example/"))).Reason.ShouldBe(FailureReason.BlockedAddress);

        addresses = FakeNetwork.Addresses(PublicAddress);

        (await engine.ResultAsync(Configs.Get("http://api.example/"))).StatusCode.ShouldBe(200);
    }

    [Fact]
    public async Task ActionStoredUnderOtherSettings_BlockedWhenExecuted()
    {
        var network = Leading(PublicAddress);
        using var engine = new EngineUnderTest(guard: network.Guard(new OutboundOptions()));
        var stored = new ActionCompiler(new EngineOptions(), Guards.With(new OutboundOptions()))
            .CompileStored(Configs.Get("http://api.example/"), "action_config");

        var last = await engine.Engine.ExecuteAsync(stored, new ExecutionInput("tests", new Dictionary<string, Value>()), engine.Token)
            .LastAsync(engine.Token);

        (last.Failure.Reason, last.Failure.Detail).ShouldBe((FailureReason.BlockedAddress, "The address may not be called: it isn't https."));
        network.Asked.ShouldBeEmpty();
    }

    private FakeNetwork Leading(string addresses, (string Name, string Addresses)? other = null, string own = "") =>
        new(name => FakeNetwork.Addresses(name == other?.Name ? other.Value.Addresses : addresses), _api.Port) { Own = FakeNetwork.Addresses(own) };
}
