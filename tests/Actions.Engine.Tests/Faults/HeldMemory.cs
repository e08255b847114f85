namespace Actions.Engine.Tests.Faults;

/// <summary>
/// The most that this process has held in its managed memory at once, beyond what it held at first: a thread collects
/// what nobody refers to, and looks, again and again.
/// </summary>
internal sealed class HeldMemory : IDisposable
{
    // A collection stops everybody: not one after the other.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(25);

    private readonly ManualResetEventSlim _enough = new();
    private readonly long _first = GC.GetTotalMemory(forceFullCollection: true);
    private readonly Thread _looking;
    private long _most;

    public HeldMemory()
    {
        _looking = new Thread(Look) { IsBackground = true };
        _looking.Start();
    }

    /// <returns>Bytes.</returns>
    public long Most()
    {
        Dispose();
        return Math.Max(_most, 0);
    }

    public void Dispose()
    {
        _enough.Set();
        _looking.Join();
    }

    private void Look()
    {
        do
        {
            GC.Collect();
            _most = Math.Max(_most, GC.GetTotalMemory(forceFullCollection: false) - _first);
        }
        while (!_enough.Wait(Pause));
    }
}
