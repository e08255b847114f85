using Actions.Server.Configuration;
using Actions.Server.Secrets;
using Actions.Storage;
using Microsoft.Extensions.Options;

namespace Actions.Server.Startup;

/// <summary>Explains the failures to start that an operator can fix.</summary>
internal static class StartFailure
{
    /// <returns>One line; for failures that an operator can mend, it names the setting.</returns>
    public static string Explain(Exception exception) => exception switch
    {
        OptionsValidationException e => $"A setting is wrong. {string.Join(" ", e.Failures)}",
        StartRefusedException e => e.Message,
        // A value of the wrong type, e.g. no number or no time. The exception's text names the key.
        InvalidOperationException { Source: "Microsoft.Extensions.Configuration.Binder" } e => $"A setting is wrong. {OneLine(e)}",
        StoreUnavailableException { InnerException: { } cause } e => $"{e.Message} {OneLine(cause)}",
        KeyRingUnreadableException => OneLine(exception),
        // A wrong address or certificate. Kestrel has many exception types for them.
        _ when exception.StackTrace?.Contains(" Microsoft.AspNetCore.Server.Kestrel.", StringComparison.Ordinal) == true =>
            $"{OneLine(exception)} Check Kestrel:Endpoints:Grpc:Url, Kestrel:Endpoints:Web:Url and the other settings of Kestrel.",
        // A file of settings, e.g. appsettings.json.
        InvalidDataException { InnerException: { } cause } e => $"{OneLine(e)} {OneLine(cause)}",
        _ => $"{OneLine(exception)} ({exception.GetType().Name})",
    };

    private static string OneLine(Exception e) => $"{e.Message.ReplaceLineEndings(" ").TrimEnd(' ', '.')}.";
}
