using System.Net;
using Actions.Engine.Outbound.Guard;
using Actions.Engine.Syntax;

namespace Actions.Engine.Tests.Outbound.Guard;

/// <summary>What some resolver or browser takes for an address is judged as that address.</summary>
public sealed class UrlHostTests
{
    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.1.")]
    [InlineData("127.1")]
    [InlineData("127.0.1")]
    [InlineData("2130706433")]
    [InlineData("2130706433.")]
    [InlineData("017700000001")]
    [InlineData("0x7f000001")]
    [InlineData("0X7F000001")]
    [InlineData("0x7f.1")]
    [InlineData("0x7F.0.0x0.1")]
    [InlineData("0177.0.0.1")]
    [InlineData("0177.0x.0.1")]
    [InlineData("00000177.0.0.01")]
    [InlineData("\uff11\uff12\uff17\uff0e\uff10\u3002\uff10\uff61\uff11")] // fullwidth digits, three kinds of dots
    [InlineData("\uff10\uff38\uff17\uff46.1")] // fullwidth 0X7f
    public void SpellingOfAnIpv4Address_IsThatAddress(string text) =>
        UrlHost.Parse(text).ShouldBe(new UrlHost("127.0.0.1", IPAddress.Loopback));

    [Theory]
    [InlineData("0", "0.0.0.0")]
    [InlineData("0x", "0.0.0.0")]
    [InlineData("1.2", "1.0.0.2")]
    [InlineData("1.2.3", "1.2.0.3")]
    [InlineData("1.65535", "1.0.255.255")]
    [InlineData("4294967295", "255.255.255.255")]
    [InlineData("[::1]", "[::1]")]
    [InlineData("::1", "[::1]")]
    [InlineData("[0:0:0:0:0:0:0:1]", "[::1]")]
    [InlineData("[::FFFF:127.0.0.1]", "[::ffff:127.0.0.1]")]
    [InlineData("[::ffff:7f00:1]", "[::ffff:127.0.0.1]")]
    [InlineData("[2001:DB8::1]", "[2001:db8::1]")]
    public void OtherSpelling_BroughtToOneForm(string text, string form)
    {
        var host = UrlHost.Parse(text);

        host.Text.ShouldBe(form);
        host.Address.ShouldBe(IPAddress.Parse(form));
        UrlHost.Parse(form).ShouldBe(host);
    }

    [Theory]
    [InlineData("256.0.0.1")]
    [InlineData("1.2.3.4.5")]
    [InlineData("1.2.3.256")]
    [InlineData("1.16777216")]
    [InlineData("4294967296")]
    [InlineData("0x100000000")]
    [InlineData("99999999999999999999999999")]
    [InlineData("08.0.0.1")]
    [InlineData("127.0.0.09")]
    [InlineData("0x7g.1.1.1")]
    [InlineData("a.1")]
    [InlineData("example.0x1")]
    [InlineData("[::1%25eth0]")]
    [InlineData("[::1%1]")]
    [InlineData("::1%1")]
    [InlineData("[::1]]")]
    [InlineData("[[::1]]")]
    [InlineData("[::1")]
    [InlineData("::1]")]
    [InlineData("[]")]
    [InlineData("[127.0.0.1]")]
    [InlineData("[::0177.0.0.1]")]
    [InlineData("[::1/64]")]
    [InlineData("[1:2:3:4:5:6:7:8:9]")]
    [InlineData("")]
    [InlineData(".")]
    [InlineData(".a")]
    [InlineData("a..b")]
    [InlineData("a..")]
    [InlineData("127.0.0.1..")]
    [InlineData("a b")]
    [InlineData("127.0.0.1 ")]
    [InlineData("127.0.0.1\n")]
    [InlineData("127.0.0.1\0.example")]
    [InlineData("127.0.0.1%2f.example")]
    [InlineData("a@b")]
    [InlineData("\u2460\u2461\u2466.0.0.1")] // circled
    [InlineData("127\u00ad.0.0.1")] // soft hyphen
    [InlineData("127.0.0.\u00b9")] // superscript
    [InlineData("\ud835\udfcf27.0.0.1")] // mathematical bold
    [InlineData("\ud800.example")]
    public void NeitherAddressNorName_Refused(string text) => Should.Throw<SyntaxException>(() => UrlHost.Parse(text));

    [Theory]
    [InlineData("Example.COM", "example.com")]
    [InlineData("example.com.", "example.com.")]
    [InlineData("a_b.example", "a_b.example")]
    [InlineData("1.example", "1.example")]
    [InlineData("1e100", "1e100")]
    [InlineData("0x7f.example", "0x7f.example")]
    [InlineData("0x7g", "0x7g")]
    [InlineData("\uff45xample.com", "example.com")]
    [InlineData("b\u00fccher.example", "xn--bcher-kva.example")]
    [InlineData("B\u00dcCHER.example", "xn--bcher-kva.example")]
    [InlineData("\u65e5\u672c\u3002example", "xn--wgv71a.example")]
    [InlineData("127.0.0.\u0661", "127.0.0.xn--9hb")] // an Arabic-Indic digit: no resolver reads it as a number
    public void Name_InAsciiAndLowerCase(string text, string form)
    {
        var host = UrlHost.Parse(text);

        host.ShouldBe(new UrlHost(form, null));
        UrlHost.Parse(form).ShouldBe(host);
        IPAddress.TryParse(form, out _).ShouldBeFalse();
    }
}
