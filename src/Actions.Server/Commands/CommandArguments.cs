namespace Actions.Server.Commands;

/// <summary>A command was written in a way that it can't be understood.</summary>
internal sealed class UsageException(string message) : Exception(message);

/// <summary>The <c>--name value</c> pairs of a command.</summary>
internal sealed class CommandArguments
{
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);

    /// <exception cref="UsageException">Something else is among them.</exception>
    public CommandArguments(IEnumerable<string> args)
    {
        foreach (var pair in args.Chunk(2))
        {
            if (pair is not [['-', '-', .. var name], var value] || !_values.TryAdd(name, value))
                throw new UsageException($"'{pair[0]}' is not a --name with one value, once.");
        }
    }

    /// <exception cref="UsageException">It is missing.</exception>
    public string Required(string name) =>
        Optional(name) is { Length: > 0 } value ? value : throw new UsageException($"--{name} is missing.");

    public string? Optional(string name) => _values.Remove(name, out var value) ? value : null;

    /// <summary>To be called when all that is known was taken.</summary>
    /// <exception cref="UsageException">Something is left.</exception>
    public void Finished()
    {
        if (_values.Count > 0)
            throw new UsageException($"--{_values.Keys.First()} is not known here.");
    }
}
