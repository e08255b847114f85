namespace Actions.Demo;

/// <summary>The last _lines of the server's output, printed if the demo fails.</summary>
internal sealed class ServerOutput
{
    private const int Capacity = 40;

    private readonly Queue<string> _lines = new();

    public IReadOnlyCollection<string> Lines
    {
        get
        {
            lock (_lines)
                return [.. _lines];
        }
    }

    public void Clear()
    {
        lock (_lines)
            _lines.Clear();
    }

    public void Add(string? line)
    {
        // Null is the end of the stream.
        if (line is null)
            return;
        lock (_lines)
        {
            _lines.Enqueue(line);
            if (_lines.Count > Capacity)
                _lines.Dequeue();
        }
    }
}
