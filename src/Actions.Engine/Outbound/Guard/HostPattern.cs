using Actions.Engine.Syntax;

namespace Actions.Engine.Outbound.Guard;

/// <summary>A host name, or <c>*.</c> and a suffix: all names below the suffix, without the suffix itself.</summary>
internal sealed record HostPattern(string Name, bool IsSuffix)
{
    /// <exception cref="SyntaxException">The text is neither; the message gives the reason.</exception>
    public static HostPattern Parse(string text)
    {
        var isSuffix = text.StartsWith("*.", StringComparison.Ordinal);
        var host = UrlHost.Parse(isSuffix ? text[2..] : text);
        return host.Address is null ? new HostPattern(host.Name, isSuffix) : throw new SyntaxException("is an address, not a name");
    }

    public bool Matches(UrlHost host) => host.Address is null && (IsSuffix
        ? host.Name.Length > Name.Length + 1 && host.Name[^(Name.Length + 1)] == '.'
            && host.Name.EndsWith(Name, StringComparison.Ordinal)
        : host.Name == Name);
}
