namespace Actions.Demo;

/// <summary>The last lines of the server's output, printed if the demo fails.</summary>
internal sealed class ServerOutput
{
    private const int Capacity = 40;

    private readonly Queue<string> lines = new();

    public IReadOnlyCollection<string> Lines
    {
        get
        {
            lock (lines)
                return [.. lines];
        }
    }

    public void Clear()
    {
        lock (lines)
            lines.Clear();
    }

    public void Add(string? line)
    {
        // Null is the end of the stream.
        if (line is null)
            return;
        lock (lines)
        {
            lines.Enqueue(line);
            if (lines.Count > Capacity)
                lines.Dequeue();
        }
    }
}
