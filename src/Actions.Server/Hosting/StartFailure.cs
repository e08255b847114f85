using Actions.Server.Secrets;
using Actions.Storage;
using Microsoft.Extensions.Options;

namespace Actions.Server.Hosting;

/// <summary>What keeps a server from starting and is the operator's to mend.</summary>
internal static class StartFailure
{
    /// <returns>One line that names the setting, or null for anything else.</returns>
    public static string? Explain(Exception exception) => exception switch
    {
        OptionsValidationException e => $"A setting is wrong. {string.Join(" ", e.Failures)}",
        StartRefusedException e => e.Message,
        // Of a value that is no number, time and so on; its own text names the key.
        InvalidOperationException { Source: "Microsoft.Extensions.Configuration.Binder" } e => $"A setting is wrong. {OneLine(e)}",
        StoreUnavailableException { InnerException: { } cause } e => $"{e.Message} {OneLine(cause)}",
        KeyRingUnreadableException => OneLine(exception),
        // An address or a certificate, whatever the type: there are many.
        _ when exception.StackTrace?.Contains(" Microsoft.AspNetCore.Server.Kestrel.", StringComparison.Ordinal) == true =>
            $"{OneLine(exception)} Look at Kestrel:Endpoints:Grpc:Url, Kestrel:Endpoints:Web:Url and what else is under Kestrel.",
        _ => null,
    };

    private static string OneLine(Exception e) => $"{e.Message.ReplaceLineEndings(" ").TrimEnd(' ', '.')}.";
}
