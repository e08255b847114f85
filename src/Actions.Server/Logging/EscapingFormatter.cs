using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Actions.Server.Logging;

/// <summary>
/// Wraps each console formatter (simple, systemd, json): one log event can't print the line of another. Everything that
/// is logged passes here once, so that no call site has to think of it.
/// </summary>
internal sealed class EscapingFormatter(ConsoleFormatter inner) : ConsoleFormatter(inner.Name)
{
    // CommandLine tells a failed start or stop in one line. The frameworks would print their stack traces above it.
    private static readonly HashSet<(string Category, int Event)> ToldElsewhere =
    [
        ("Microsoft.Extensions.Hosting.Internal.Host", 11), // Hosting failed to start.
        ("Microsoft.Extensions.Hosting.Internal.Host", 5), // Hosting failed to stop.
        ("Microsoft.AspNetCore.Server.Kestrel", 0), // Unable to start Kestrel.
    ];

    // JSON escapes by itself, and its scopes are read member by member.
    private readonly bool _scopesAreText = inner.Name != ConsoleFormatterNames.Json;

    public override void Write<TState>(
        in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var (format, exception) = (logEntry.Formatter, logEntry.Exception);
        if (exception is not null && ToldElsewhere.Contains((logEntry.Category, logEntry.EventId.Id)))
            return;
        inner.Write(
            new LogEntry<TState>(
                logEntry.LogLevel,
                logEntry.Category,
                logEntry.EventId,
                logEntry.State,
                exception is null ? null : new EscapedException(exception),
                (state, _) => SingleLineText.Escape(format(state, exception))),
            _scopesAreText && scopeProvider is not null ? new EscapedScopes(scopeProvider) : scopeProvider,
            textWriter);
    }

    private sealed class EscapedScopes(IExternalScopeProvider scopes) : IExternalScopeProvider
    {
        public void ForEachScope<TState>(Action<object?, TState> callback, TState state) =>
            scopes.ForEachScope((scope, inner) => callback(SingleLineText.Escape(scope?.ToString() ?? ""), inner), state);

        public IDisposable Push(object? state) => scopes.Push(state);
    }

    /// <summary>Prints as the exception does, each line indented by the formatter as a part of its event.</summary>
    private sealed class EscapedException(Exception exception) : Exception
    {
        public override string Message => SingleLineText.Escape(exception.Message);

        // The stack's own line feeds stay. A message could hold one as well: no line may begin at the margin.
        public override string ToString() =>
            string.Join(
                Environment.NewLine + "   ",
                exception.ToString().Split(["\r\n", "\n", "\r"], StringSplitOptions.None).Select(SingleLineText.Escape));
    }
}

/// <summary>Registers the console with the wrapped formatters.</summary>
internal static class LoggingRegistration
{
    public static void AddSafeConsole(this IServiceCollection services)
    {
        foreach (var formatter in services.Where(service => service.ServiceType == typeof(ConsoleFormatter)).ToList())
        {
            services.Remove(formatter);
            services.AddSingleton<ConsoleFormatter>(provider => new EscapingFormatter(
                (ConsoleFormatter)ActivatorUtilities.CreateInstance(provider, formatter.ImplementationType!)));
        }

        foreach (var console in services.Where(service => service.ImplementationType == typeof(ConsoleLoggerProvider)).ToList())
        {
            services.Remove(console);
            services.AddSingleton<ILoggerProvider, ConsoleLog>();
        }
    }
}
