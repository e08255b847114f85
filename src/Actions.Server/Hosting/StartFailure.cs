using System.Net.Sockets;
using Actions.Storage;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;

namespace Actions.Server.Hosting;

/// <summary>What keeps a server from starting and is the operator's to mend.</summary>
internal static class StartFailure
{
    /// <returns>One line that names the setting, or null for anything else.</returns>
    public static string? Explain(Exception exception) => exception switch
    {
        OptionsValidationException e => $"A setting is wrong. {string.Join(" ", e.Failures)}",
        StoreUnavailableException e => $"{e.Message} {e.InnerException?.Message} Look at Storage:Sqlite:Path.",
        IOException { InnerException: AddressInUseException or SocketException } e =>
            $"{e.Message} Look at Kestrel:Endpoints:Grpc:Url and Kestrel:Endpoints:Web:Url.",
        _ => null,
    };
}
