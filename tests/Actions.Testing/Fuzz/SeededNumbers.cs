namespace Actions.Testing.Fuzz;

/// <summary>Random numbers that the same seed repeats, on any version of .NET.</summary>
internal sealed class SeededNumbers(int seed)
{
    private ulong _state = (ulong)seed;

    public int Next(int from, int end) => from + Next(end - from);

    /// <summary>A number from 0 to less than the end.</summary>
    // SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
    public int Next(int end)
    {
        var mixed = _state += 0x9e3779b97f4a7c15;
        mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
        return (int)((mixed ^ (mixed >> 31)) % (ulong)end);
    }

    public T Pick<T>(IReadOnlyList<T> from) => from[Next(from.Count)];
}
