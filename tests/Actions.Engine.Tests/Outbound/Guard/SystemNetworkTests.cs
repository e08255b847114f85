using System.Net;
using System.Runtime.InteropServices;
using Actions.Engine.Outbound.Guard;
using Actions.Engine.Syntax;
using FsCheck;
using FsCheck.Fluent;

namespace Actions.Engine.Tests.Outbound.Guard;

/// <summary>What the system itself says, where the guard relies on it.</summary>
public sealed class SystemNetworkTests
{
    private const int Runs = 20_000;

    private static Arbitrary<string> Texts { get; } = Arb.From(
        Gen.Elements('0', '1', '2', '7', '8', '9', '0', '1', 'x', 'X', 'a', 'F', '.', '.', '.', '.').ArrayOf()
            .Select(characters => new string(characters)));

    [Fact]
    public async Task Localhost_LeadsToLoopbackAddressesOfThisMachine()
    {
        var addresses = await SystemNetwork.Instance.ResolveAsync("localhost", TestContext.Current.CancellationToken);

        addresses.ShouldNotBeEmpty();
        addresses.ShouldAllBe(address => IPAddress.IsLoopback(address));
        SystemNetwork.Instance.OwnAddresses().ShouldContain(IPAddress.Loopback);
    }

    [Fact]
    public async Task ResolverThatGivesUp_IsNotWaitedFor() =>
        await Should.ThrowAsync<OperationCanceledException>(
            SystemNetwork.Instance.ResolveAsync("localhost", new CancellationToken(canceled: true)));

    /// <summary>The C library's own parser, by which a resolver takes names for addresses, agrees with ours or is never
    /// asked.</summary>
    [Fact]
    public void TextThatTheLibraryTakesForAnAddress_IsThatAddressOrRefused()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() || OperatingSystem.IsMacOS(), "There is no inet_aton here.");
        var (addresses, same) = (0, 0);
        Check.One(Seeded.Runs(Runs), Prop.ForAll(Texts, text =>
        {
            var isAddress = ParseAddress(text, out var theirs) != 0;
            addresses += isAddress ? 1 : 0;
            if (TryParse(text) is not { } host)
                return;
            TryParse(host.Text).ShouldBe(host, text);
            if (isAddress)
                host.Address.ShouldBe(new IPAddress(theirs), text);
            same += isAddress ? 1 : 0;
            if (host.Address is null)
                (ParseAddress(host.Text, out _) != 0 || IPAddress.TryParse(host.Text, out _)).ShouldBeFalse(text);
        }));

        addresses.ShouldBeGreaterThan(Runs / 50);
        same.ShouldBeGreaterThan(addresses / 2);
    }

    /// <summary>A text that is a host already is taken as it is. Any other spelling of it takes the long way.</summary>
    [Fact]
    public void HostInCapitalsOrFullWidth_SameHost() => Check.One(Seeded.Runs(Runs), Prop.ForAll(Texts, text =>
    {
        var small = text.ToLowerInvariant();
        var wide = string.Concat(small.Select(c => (char)(c + 0xfee0)));
        TryParse(small.ToUpperInvariant()).ShouldBe(TryParse(small), text);
        TryParse(wide).ShouldBe(TryParse(small), text);
    }));

    private static UrlHost? TryParse(string text)
    {
        try
        {
            return UrlHost.Parse(text);
        }
        catch (SyntaxException)
        {
            return null;
        }
    }

    [DllImport("libc", EntryPoint = "inet_aton")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int ParseAddress([MarshalAs(UnmanagedType.LPUTF8Str)] string text, out uint address);
}
