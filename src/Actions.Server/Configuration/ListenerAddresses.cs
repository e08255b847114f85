using System.Net;

namespace Actions.Server.Configuration;

/// <summary>The addresses of the configured listeners.</summary>
internal static class ListenerAddresses
{
    /// <returns>Each listener that other machines can reach, with the key of its setting.</returns>
    public static IEnumerable<(string Key, string Url)> BeyondLoopback(IConfiguration configuration) =>
        from endpoint in configuration.GetSection("Kestrel:Endpoints").GetChildren()
        let url = endpoint["Url"]
        where !string.IsNullOrEmpty(url) && !IsLocal(url)
        select ($"{endpoint.Path}:Url", url);

    /// <summary>An address that can't be parsed counts as local: Kestrel refuses it.</summary>
    private static bool IsLocal(string url)
    {
        BindingAddress address;
        try
        {
            address = BindingAddress.Parse(url);
        }
        catch (FormatException)
        {
            return true;
        }

        return address.IsUnixPipe || address.IsNamedPipe || address.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip) && IPAddress.IsLoopback(ip));
    }
}
