using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;

namespace Actions.Server.Logging;

/// <summary>
/// Logs to the console, in place of the framework's provider and with its settings and formatters. That one wakes a
/// thread, which makes a system call, for each event.
/// </summary>
[ProviderAlias("Console")]
internal sealed class ConsoleLog : ILoggerProvider, ISupportExternalScope
{
    // Each thread keeps so much for its next event.
    private const int MaxKeptChars = 1_024;

    private readonly IOptionsMonitor<ConsoleLoggerOptions> _options;
    private readonly Dictionary<string, ConsoleFormatter> _formatters;
    private readonly ConsoleBatch _output;
    private readonly Lazy<ConsoleBatch> _errors;
    private IExternalScopeProvider? _scopes;

    [ThreadStatic]
    private static StringWriter? _text;

    public ConsoleLog(IOptionsMonitor<ConsoleLoggerOptions> options, IEnumerable<ConsoleFormatter> formatters)
    {
        _options = options;
        _formatters = formatters.ToDictionary(formatter => formatter.Name, StringComparer.OrdinalIgnoreCase);
        _output = new ConsoleBatch(Console.OpenStandardOutput(), options.CurrentValue);
        _errors = new(() => new ConsoleBatch(Console.OpenStandardError(), options.CurrentValue));
    }

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    public void SetScopeProvider(IExternalScopeProvider scopeProvider) => _scopes = scopeProvider;

    public void Dispose()
    {
        _output.Dispose();
        if (_errors.IsValueCreated)
            _errors.Value.Dispose();
    }

    private void Print<TState>(in LogEntry<TState> entry)
    {
        var options = _options.CurrentValue;
        var writer = _text ??= new StringWriter(CultureInfo.InvariantCulture);
        var text = writer.GetStringBuilder();
        try
        {
            _formatters[options.FormatterName ?? ConsoleFormatterNames.Simple].Write(entry, _scopes, writer);
            if (text.Length > 0)
                (entry.LogLevel >= options.LogToStandardErrorThreshold ? _errors.Value : _output)
                    .Add(text, isUrgent: entry.LogLevel >= LogLevel.Error);
        }
        finally
        {
            text.Clear();
            text.Capacity = Math.Min(text.Capacity, MaxKeptChars);
        }
    }

    private sealed class Logger(ConsoleLog owner, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => owner._scopes?.Push(state);

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            owner.Print(new LogEntry<TState>(logLevel, category, eventId, state, exception, formatter));
    }
}
