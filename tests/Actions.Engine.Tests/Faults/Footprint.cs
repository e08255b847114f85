namespace Actions.Engine.Tests.Faults;

/// <summary>What the process holds.</summary>
/// <param name="Sockets">Open ones, of all sides.</param>
/// <param name="Timers">Armed ones.</param>
/// <param name="Heap">Bytes that a full collection leaves.</param>
internal sealed record Footprint(int Sockets, long Timers, long Heap)
{
    // Longer than a connection that nobody uses is kept, and than any toxic holds back a byte.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(6);

    /// <summary>Sockets are counted first: a collection would close those that were merely forgotten.</summary>
    public static Footprint Now()
    {
        var (sockets, timers) = Count();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return new Footprint(sockets, timers, GC.GetTotalMemory(forceFullCollection: true));
    }

    /// <summary>What is on its way out when the last execution has ended may take its time, within reason.</summary>
    public static async Task<Footprint> SettledAsync(Footprint target)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (Count() is var (sockets, timers) && (sockets > target.Sockets || timers > target.Timers)
            && TimeProvider.System.GetElapsedTime(began) < Patience)
            await Task.Yield();
        return Now();
    }

    public override string ToString() => $"{Sockets} sockets, {Timers} timers, {Heap >> 10} KiB";

    private static (int Sockets, long Timers) Count() =>
        (Directory.GetFiles("/proc/self/fd").Count(IsSocket), Timer.ActiveCount);

    private static bool IsSocket(string descriptor)
    {
        try
        {
            return File.ResolveLinkTarget(descriptor, returnFinalTarget: false)?.Name.StartsWith("socket:", StringComparison.Ordinal) ?? false;
        }
        catch (IOException)
        {
            // Closed meanwhile: the one that listed them, for example.
            return false;
        }
    }
}
