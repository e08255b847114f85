using System.CommandLine;
using System.CommandLine.Parsing;

namespace Actions.Server.Commands;

/// <summary>
/// Settings on the command line, in the forms of .NET's configuration: <c>--Section:Key=value</c>, <c>--Section:Key
/// value</c>, <c>/Section:Key value</c> or <c>Section:Key=value</c>. All other arguments are refused: a mistyped option
/// or command must not start a server.
/// </summary>
internal static class SettingArguments
{
    // Names without a section: those of .NET's host, and OpenTelemetry's variables. WebApplicationFactory also sets
    // whole sections to an empty value (--Storage=), beside the settings in them.
    private const string OpenTelemetry = "OTEL_";
    private static readonly HashSet<string> HostSettings = new(StringComparer.OrdinalIgnoreCase)
    {
        HostDefaults.ApplicationKey, HostDefaults.ContentRootKey, HostDefaults.EnvironmentKey, WebHostDefaults.ServerUrlsKey,
        WebHostDefaults.WebRootKey, "AllowedHosts",
    };

    public static Argument<string[]> Create()
    {
        var argument = new Argument<string[]>("settings")
        {
            Arity = ArgumentArity.ZeroOrMore,
            Description = "Settings that override the environment: --Section:Key=value ...",
        };
        argument.Validators.Add(Check);
        return argument;
    }

    private static void Check(ArgumentResult result)
    {
        var tokens = result.Tokens;
        for (var i = 0; i < tokens.Count; i++)
        {
            var text = tokens[i].Value;
            var isOption = text.StartsWith("--", StringComparison.Ordinal) || text.StartsWith('/');
            var (name, hasValue) = Split(text.TrimStart('-', '/'));
            if (!isOption && (text.StartsWith('-') || !hasValue))
                result.AddError($"There is no command '{text}'.");
            else if (!name.Contains(':', StringComparison.Ordinal) && !HostSettings.Contains(name)
                && !name.StartsWith(OpenTelemetry, StringComparison.OrdinalIgnoreCase)
                && !(text.EndsWith('=') && tokens.Any(other => other.Value.StartsWith($"--{name}:", StringComparison.Ordinal))))
                result.AddError($"There is no option '{text}'. A setting is written as --Section:Key=value.");
            // The value is the next argument.
            else if (!hasValue && ++i == tokens.Count)
                result.AddError($"The setting '{text}' has no value.");
            else
                continue;
            return;
        }
    }

    private static (string Name, bool HasValue) Split(string text) =>
        text.IndexOf('=', StringComparison.Ordinal) is >= 0 and var equals ? (text[..equals], true) : (text, false);
}
