using Actions.Engine.Limits;
using Actions.Engine.Syntax;
using Actions.Engine.Templates;
using Actions.Engine.Tests.Variables;
using Actions.V1;

namespace Actions.Engine.Tests.Templates;

public sealed class UrlTemplateTests
{
    [Theory]
    // The origin.
    [InlineData("http://h", "http://h/")]
    [InlineData("http://h/", "http://h/")]
    [InlineData("HTTPS://H.Example/Path", "https://h.example/Path")]
    [InlineData("http://h:8080", "http://h:8080/")]
    [InlineData("http://h:80/", "http://h/")]
    [InlineData("https://h:443/", "https://h/")]
    [InlineData("https://h:80/", "https://h:80/")]
    [InlineData("http://h:65535/", "http://h:65535/")]
    [InlineData("http://127.0.0.1:5000/a", "http://127.0.0.1:5000/a")]
    [InlineData("http://[::1]:5000/a", "http://[::1]:5000/a")]
    [InlineData("http://[2001:DB8::1]/a", "http://[2001:db8::1]/a")]
    [InlineData("http://b\u00fccher.example/", "http://xn--bcher-kva.example/")]
    [InlineData("http://\u65e5\u672c.example:81", "http://xn--wgv71a.example:81/")]
    [InlineData("http://xn--bcher-kva.example/", "http://xn--bcher-kva.example/")]
    [InlineData("http://a_b.example/", "http://a_b.example/")]
    // Addresses in disguise: shown as what they are.
    [InlineData("http://2130706433/", "http://127.0.0.1/")]
    [InlineData("http://0x7f.1/", "http://127.0.0.1/")]
    // The path.
    [InlineData("http://h/a/b/", "http://h/a/b/")]
    [InlineData("http://h//a///b", "http://h//a///b")]
    [InlineData("http://h/...", "http://h/...")]
    [InlineData("http://h/.a/b./..c", "http://h/.a/b./..c")]
    [InlineData("http://h/a%2Fb%2e%zz%", "http://h/a%2Fb%2e%25zz%25")]
    [InlineData("http://h/%41", "http://h/%41")]
    [InlineData("http://h/-._~!$&'()*+,;=:@", "http://h/-._~!$&'()*+,;=:@")]
    [InlineData("http://h/\u00e4\u65e5\ud83d\ude00", "http://h/%C3%A4%E6%97%A5%F0%9F%98%80")]
    [InlineData("http://h/[a]^`|\"", "http://h/%5Ba%5D%5E%60%7C%22")]
    [InlineData(@"http://h/\{a}/\<a>", "http://h/%7Ba%7D/%3Ca%3E")]
    // The query.
    [InlineData("http://h?", "http://h/?")]
    [InlineData("http://h?x=1", "http://h/?x=1")]
    [InlineData("http://h/?x=1&y=2&x=3", "http://h/?x=1&y=2&x=3")]
    [InlineData("http://h/a?b/../c?d=/?", "http://h/a?b/../c?d=/?")]
    [InlineData("http://h/?q=a+b%20c", "http://h/?q=a+b%20c")]
    [InlineData("http://h/?q=[a]|{", "http://h/?q=%5Ba%5D%7C%7B")]
    public void NoPlaceholder_NormalizedOnlyWhereItMust(string url, string rendered) => Render(url).ShouldBe(rendered);

    [Theory]
    [InlineData("http://h/{a}", "x", "http://h/x")]
    [InlineData("http://h/a/<a>/b", "x", "http://h/a/x/b")]
    [InlineData("http://h/{{a}}{{a}}", "x", "http://h/xx")]
    [InlineData("http://h/pre{a}post", "/", "http://h/pre%2Fpost")]
    [InlineData("http://h/{a}", "a/b?c#d&e=f", "http://h/a%2Fb%3Fc%23d%26e%3Df")]
    [InlineData("http://h/{a}", "%2F", "http://h/%252F")]
    [InlineData("http://h/{a}", @"..\..", "http://h/..%5C..")]
    [InlineData("http://h/{a}", "../x", "http://h/..%2Fx")]
    [InlineData("http://h/{a}", "...", "http://h/...")]
    [InlineData("http://h/{a}-", "", "http://h/-")]
    [InlineData("http://h/{a}·", " ", "http://h/%20%C2%B7")]
    [InlineData("http://h/{a}", " +~", "http://h/%20%2B~")]
    [InlineData("http://h/{a}", "\r\n\0x", "http://h/%0D%0A%00x")]
    [InlineData("http://h/{a}", "\u00e4\ud83d\ude00", "http://h/%C3%A4%F0%9F%98%80")]
    [InlineData("http://h/%{a}", "41", "http://h/%2541")]
    [InlineData("http://h/%4{a}", "1", "http://h/%2541")]
    [InlineData("http://h/%2e{a}", "x", "http://h/%2ex")]
    [InlineData("http://h?q={a}", "x", "http://h/?q=x")]
    [InlineData("http://h/?q={a}&r=<a>", "1&2=3", "http://h/?q=1%262%3D3&r=1%262%3D3")]
    [InlineData("http://h/?{a}", "x=1&y", "http://h/?x%3D1%26y")]
    [InlineData("http://h/?q={a}", "..", "http://h/?q=..")]
    [InlineData("http://h/?q={a}", "#", "http://h/?q=%23")]
    [InlineData("http://h/?q={a}", " +%", "http://h/?q=%20%2B%25")]
    [InlineData("http://h/{a}?q={a}", "a/b", "http://h/a%2Fb?q=a%2Fb")]
    public void Placeholder_EncodedAsOneSegmentOrValue(string url, string value, string rendered) =>
        Render(url, [("a", value)]).ShouldBe(rendered);

    [Theory]
    [InlineData("http://h", "http://h/?n=v")]
    [InlineData("http://h/", "http://h/?n=v")]
    [InlineData("http://h?", "http://h/?n=v")]
    [InlineData("http://h/?x=1", "http://h/?x=1&n=v")]
    [InlineData("http://h/?x=1&", "http://h/?x=1&n=v")]
    [InlineData("http://h/?x", "http://h/?x&n=v")]
    [InlineData("http://h/?x={a}", "http://h/?x=%26&n=v")]
    [InlineData("http://h/?{empty}", "http://h/?n=v")]
    public void Parameter_AppendedToTheUrlsOwnQuery(string url, string rendered) =>
        Render(url, [("a", "&"), ("empty", "")], ("n", "v")).ShouldBe(rendered);

    [Fact]
    public void Parameters_EncodedInOrder() => Render(
            "http://h/", [], ("a b", "1&2"), ("\u00e4", "\u00f6=+"), ("same", ""), ("same", "#"))
        .ShouldBe("http://h/?a%20b=1%262&%C3%A4=%C3%B6%3D%2B&same=&same=%23");

    [Theory]
    [InlineData("http://h/{a}", "a", ".")]
    [InlineData("http://h/{a}", "a", "..")]
    [InlineData("http://h/x/{a}/y", "a", "..")]
    [InlineData("http://h/{a}?q=1", "a", "..")]
    [InlineData("http://h/.{a}", "a", ".")]
    [InlineData("http://h/.{a}", "a", "")]
    [InlineData("http://h/{a}.", "a", ".")]
    [InlineData("http://h/%2e{a}", "a", ".")]
    [InlineData("http://h/{a}%2E", "a", ".")]
    [InlineData("http://h/%2E%2e{a}", "a", "")]
    [InlineData("http://h/{a}{b}", "a b", ".")]
    [InlineData("http://h/{a}", "a", "")]
    [InlineData("http://h/{a}/b", "a", "")]
    [InlineData("http://h/x/{a}/", "a", " ")]
    [InlineData("http://h/{a}?q=1", "a", "\t\r\n")]
    [InlineData("http://h/{a}", "a", "\u00a0\u3000")]
    [InlineData("http://h/{a}", "a", "\u200b\ufeff\0")]
    [InlineData("http://h/%20{a}", "a", "")]
    [InlineData("http://h/{a}{b}", "a b", "")]
    public void ValueThatChangesThePath_RefusedNamingTheVariables(string url, string names, string value)
    {
        var violations = new Violations();

        UrlTemplate.Parse(url).Render(Bound.Texts(("a", value), ("b", value)), [], limit: 1_000, violations);

        Should.Throw<InvalidFieldsException>(violations.ThrowIfAny).Violations.Select(violation => violation.Field)
            .ShouldBe(names.Split(' ').Select(name => $"variables.{name}"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("h")]
    [InlineData("/a")]
    [InlineData("//h/a")]
    [InlineData("ftp://h/")]
    [InlineData("file:///etc/passwd")]
    [InlineData("http:/h")]
    [InlineData("http:h")]
    [InlineData(" http://h")]
    [InlineData("javascript:alert(1)")]
    [InlineData("{a}://h/")]
    [InlineData("{a}")]
    [InlineData("htt{a}://h/")]
    [InlineData("http:{a}")]
    public void NotHttp_Refused(string url) =>
        Refusal(url).ShouldBe("must start with http:// or https://, without a placeholder in it");

    [Theory]
    [InlineData("http://{a}")]
    [InlineData("http://{a}/")]
    [InlineData("http://h{a}/")]
    [InlineData("http://{a}.example/")]
    [InlineData("http://h:{a}/")]
    [InlineData("http://h:80{a}/")]
    [InlineData("http://{a}@h/")]
    [InlineData("http://u:{a}@h/")]
    [InlineData("http://[{a}]/")]
    [InlineData("http://h{{a}}?q")]
    public void PlaceholderBeforeThePath_Refused(string url) =>
        Refusal(url).ShouldBe("must not contain a placeholder in the host or port; put a '/' after the host");

    [Theory]
    [InlineData("http://u@h/")]
    [InlineData("http://u:p@h/")]
    [InlineData("http://@h/")]
    [InlineData("http://good.example@evil.example/")]
    public void UserInfo_Refused(string url) => Refusal(url).ShouldBe("must not contain a user name or password");

    [Theory]
    [InlineData("http://")]
    [InlineData("http:///a")]
    [InlineData("http://?a")]
    [InlineData("http://:80/")]
    [InlineData("http://h:/")]
    [InlineData("http://h:0/")]
    [InlineData("http://h:65536/")]
    [InlineData("http://h:-1/")]
    [InlineData("http://h:8o/")]
    [InlineData("http://h:80:80/")]
    [InlineData("http://[::1/")]
    [InlineData("http://[::g]/")]
    [InlineData("http://[fe80::1%25eth0]/")]
    [InlineData("http://h%41/")]
    [InlineData("http://a..b/")]
    [InlineData("http://a,b/")]
    [InlineData("http://a<b/")]
    public void HostOrPortBroken_Refused(string url) => Refusal(url).ShouldStartWith("has no valid host and port: '");

    [Theory]
    [InlineData("http://h#f", "fragment")]
    [InlineData("http://h/#", "fragment")]
    [InlineData("http://h/?q#{a}", "fragment")]
    [InlineData("http://h/{a}#f", "fragment")]
    [InlineData(@"http://h\a", "backslash")]
    [InlineData(@"http://h/a\b", "backslash")]
    [InlineData(@"http://h/?q=\", "backslash")]
    [InlineData("http://h/a b", "white space")]
    [InlineData("http://h h/", "white space")]
    [InlineData("http://h/?q=a b", "white space")]
    [InlineData("http://h/ ", "white space")]
    [InlineData("http://h/a\tb", "white space")]
    [InlineData("http://h/a\r\nb", "white space")]
    [InlineData("http://h/a\0", "white space")]
    [InlineData("http://h/a\u0085", "white space")]
    [InlineData("http://h/a\u3000", "white space")]
    [InlineData("http://h/.", "'.' or '..'")]
    [InlineData("http://h/a/../b", "'.' or '..'")]
    [InlineData("http://h/%2e%2E/{a}", "'.' or '..'")]
    [InlineData("http://h/.%2e?q", "'.' or '..'")]
    public void WhatWouldNotBeSentAsItIsWritten_Refused(string url, string reason) =>
        Refusal(url).ShouldContain(reason);

    [Fact]
    public void Names_OfPathAndQuery() =>
        UrlTemplate.Parse("http://h/<b>/{a}?{{c}}={a}").Names.ShouldBe(["b", "a", "c", "a"]);

    private static string Render(
        string url, (string Name, string Value)[]? values = null, params (string Name, string Value)[] parameters)
    {
        var violations = new Violations();
        var rendered = UrlTemplate.Parse(url).Render(
            Bound.Texts(values ?? []), [.. parameters.Select(Pair)], limit: 1_000, violations);
        violations.ThrowIfAny();
        // What is shown is what is sent.
        $"{rendered.Scheme}://{rendered.Authority}{rendered.PathAndQuery}".ShouldBe(rendered.OriginalString);
        return rendered.OriginalString;
    }

    private static PairTemplate Pair((string Name, string Value) pair) =>
        PairTemplate.Of(pair.Name, Template.Parse(pair.Value), ListStyle.Unspecified, Uri.EscapeDataString);

    private static string Refusal(string url) => Should.Throw<SyntaxException>(() => UrlTemplate.Parse(url)).Message;
}
