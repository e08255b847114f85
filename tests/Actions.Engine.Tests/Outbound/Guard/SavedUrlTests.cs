using Actions.Engine.Limits;
using Actions.Engine.Outbound.Guard;
using Actions.V1;
using HttpMethod = Actions.V1.HttpMethod;

namespace Actions.Engine.Tests.Outbound.Guard;

/// <summary>What is known when an action is saved is refused then, and says what would help.</summary>
public sealed class SavedUrlTests
{
    private const string AllowNetwork = "; a network in Outbound__AllowedNetworks would allow it.";

    [Theory]
    [InlineData("http://api.example/", "only https is allowed; Outbound__AllowHttp=true would allow http.")]
    [InlineData("https://127.0.0.1/", "127.0.0.1 is in 127.0.0.0/8, loopback (RFC 1122 section 3.2.1.3)" + AllowNetwork)]
    [InlineData("https://2130706433/{id}", "127.0.0.1 is in 127.0.0.0/8, loopback (RFC 1122 section 3.2.1.3)" + AllowNetwork)]
    [InlineData("https://0x7f.1/?q={id}", "127.0.0.1 is in 127.0.0.0/8, loopback (RFC 1122 section 3.2.1.3)" + AllowNetwork)]
    [InlineData("https://169.254.169.254/latest/meta-data", "169.254.169.254 is in 169.254.169.254/32, cloud metadata (link-local)" + AllowNetwork)]
    [InlineData("https://[fd00:ec2::254]/", "fd00:ec2::254 is in fd00:ec2::254/128, cloud metadata (Amazon)" + AllowNetwork)]
    [InlineData("https://[::ffff:10.0.0.1]/", "10.0.0.1 is in 10.0.0.0/8, private use (RFC 1918)" + AllowNetwork)]
    [InlineData("https://[64:ff9b::10.0.0.1]/", "64:ff9b::a00:1 carries an IPv4 address, NAT64 (RFC 6052): 10.0.0.1 is in 10.0.0.0/8, private use (RFC 1918)" + AllowNetwork)]
    [InlineData("https://localhost:8443/", "localhost is this machine (RFC 6761); Outbound__AllowedNetworks=loopback would allow it.")]
    [InlineData("http://a.localhost/", "a.localhost is this machine (RFC 6761); Outbound__AllowedNetworks=loopback would allow it.")]
    [InlineData("https://api.example:22/", "port 22 isn't allowed: only 80, 443 and those from 1024 up are.")]
    [InlineData("https://api.example:1023/", "port 1023 isn't allowed: only 80, 443 and those from 1024 up are.")]
    [InlineData("https://api.example:6379/", "port 6379 is among Outbound__DeniedPorts.")]
    [InlineData("https://api.example:6050/", "port 6050 is among Outbound__DeniedPorts.")]
    public void NotAllowedByDefault_RefusedWithTheRemedy(string url, string refusal)
    {
        Refusals(new OutboundOptions(), Configs.Get(url)).ShouldBe([$"request.url may not be called: {refusal}"]);
    }

    [Theory]
    [InlineData("https://api.example/")]
    [InlineData("https://api.example:80/")]
    [InlineData("https://api.example:1024/")]
    [InlineData("https://api.example:65535/")]
    [InlineData("https://8.8.8.8/")]
    [InlineData("https://[2606:4700:4700::1111]/")]
    [InlineData("https://[64:ff9b::8.8.8.8]/")]
    public void PublicByDefault_Saved(string url) => Refusals(new OutboundOptions(), Configs.Get(url)).ShouldBeEmpty();

    [Theory]
    [InlineData("loopback", "http://127.0.0.1:9000/")]
    [InlineData("loopback", "http://[::1]:9000/")]
    [InlineData("loopback", "http://localhost:9000/")]
    [InlineData("LOOPBACK", "http://127.255.255.254:9000/")]
    [InlineData("127.0.0.0/8", "http://127.0.0.1:9000/")]
    [InlineData("127.0.0.0/8", "http://[::ffff:127.0.0.1]:9000/")]
    [InlineData("127.0.0.1", "http://127.0.0.1:9000/")]
    [InlineData("10.0.0.0/8, fd12::/16", "https://10.1.2.3/")]
    [InlineData("10.0.0.0/8, fd12::/16", "https://[fd12::1]/")]
    [InlineData("0.0.0.0/0", "http://localhost:9000/")]
    public void NetworkAllowed_Saved(string networks, string url) =>
        Refusals(new OutboundOptions { AllowedNetworks = networks }, Configs.Get(url)).ShouldBeEmpty();

    [Theory]
    [InlineData("127.0.0.2/32", "http://127.0.0.1:9000/")]
    [InlineData("10.0.0.0/8", "http://10.0.0.1:9000/")] // somebody may be on the path
    [InlineData("10.0.0.0/8", "https://localhost/")]
    [InlineData("10.0.0.0/8", "https://[64:ff9b::10.0.0.1]/")] // a way that nobody allowed
    [InlineData("0.0.0.0/0", "https://[::1]/")]
    [InlineData("loopback", "http://0.0.0.0:9000/")]
    [InlineData("loopback", "https://127.0.0.1:22/")]
    [InlineData("loopback", "http://api.example/")]
    public void OtherNetworkAllowed_Refused(string networks, string url) =>
        Refusals(new OutboundOptions { AllowedNetworks = networks }, Configs.Get(url)).ShouldHaveSingleItem();

    [Theory]
    [InlineData("evil.example", "https://evil.example/")]
    [InlineData("evil.example", "https://EVIL.example./")]
    [InlineData("*.evil.example", "https://a.b.evil.example/")]
    [InlineData("b\u00fccher.example", "https://xn--bcher-kva.example/")]
    [InlineData("8.8.8.8", "https://8.8.8.8/")]
    [InlineData("8.8.8.8", "https://[::ffff:8.8.8.8]/")]
    [InlineData("8.8.8.8", "https://[64:ff9b::8.8.8.8]/")]
    public void HostDenied_RefusedWhateverElseIsAllowed(string denied, string url)
    {
        var options = new OutboundOptions { DeniedHosts = denied, AllowedHosts = denied.Contains("evil", StringComparison.Ordinal) ? denied : "", AllowedNetworks = "0.0.0.0/0" };

        Refusals(options, Configs.Get(url)).ShouldHaveSingleItem().ShouldEndWith(" is denied by Outbound__DeniedHosts.");
    }

    [Theory]
    [InlineData("*.evil.example", "https://evil.example/")]
    [InlineData("evil.example", "https://a.evil.example/")]
    [InlineData("*.evil.example", "https://notevil.example/")]
    public void OtherHostDenied_Saved(string denied, string url) =>
        Refusals(new OutboundOptions { DeniedHosts = denied }, Configs.Get(url)).ShouldBeEmpty();

    [Fact]
    public void PortsSet_InPlaceOfTheDefaults()
    {
        var options = new OutboundOptions { DeniedPorts = "9000-9002, 7777" };

        Refusals(options, Configs.Get("https://api.example:6379/")).ShouldBeEmpty();
        Refusals(options, Configs.Get("https://api.example:9001/")).ShouldHaveSingleItem();
        Refusals(options, Configs.Get("https://api.example:7777/")).ShouldHaveSingleItem();
        Refusals(options, Configs.Get("https://api.example:9003/")).ShouldBeEmpty();
    }

    [Fact]
    public void TokenUrl_RefusedLikeTheActionsOwn()
    {
        var config = Configs.With(HttpMethod.Get, "https://10.0.0.1/");
        config.Authentication = new V1.Authentication
        {
            Oauth2ClientCredentials = new OAuth2ClientCredentials
            {
                TokenUrl = "http://tokens.example/", ClientId = "ann", ClientSecret = new Secret { Plaintext = "secret" },
            },
        };

        Refusals(new OutboundOptions(), config).ShouldBe(
        [
            "authentication.oauth2_client_credentials.token_url may not be called: only https is allowed; Outbound__AllowHttp=true would allow http.",
            $"request.url may not be called: 10.0.0.1 is in 10.0.0.0/8, private use (RFC 1918){AllowNetwork}",
        ], ignoreOrder: true);
    }

    [Fact]
    public void ActionStoredUnderOtherSettings_StillCompiles() =>
        new ActionCompiler(new EngineOptions(), Guards.With(new OutboundOptions()))
            .CompileStored(Configs.Get("http://10.0.0.1/"), "action_config").ShouldNotBeNull();

    private static string[] Refusals(OutboundOptions options, ActionConfig config)
    {
        try
        {
            new ActionCompiler(new EngineOptions(), Guards.With(options)).Compile(config, "");
            return [];
        }
        catch (InvalidFieldsException e)
        {
            return [.. e.Violations.Select(violation => $"{violation.Field} {violation.Description}")];
        }
    }
}
