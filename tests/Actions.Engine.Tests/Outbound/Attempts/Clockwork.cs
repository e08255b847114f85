namespace Actions.Engine.Tests.Outbound.Attempts;

/// <summary>A clock that stands still while real sockets work: it goes on when the engine waits for it.</summary>
internal static class Clockwork
{
    // How often it is looked whether the engine waits.
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(1);

    /// <summary>Returns when a timer is set that is due within so much time; time-outs are further away.</summary>
    /// <returns>What is left until then.</returns>
    public static async Task<TimeSpan> WaitSetAsync(this FakeClock clock, TimeSpan within, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (clock.NextDue - clock.Now is { } left && left <= within)
                return left;
            await Task.Delay(Glance, TimeProvider.System, cancellationToken);
        }
    }

    /// <summary>Lets pass every wait of so much time or less until it is done.</summary>
    public static async Task<T> PassWaitsAsync<T>(this FakeClock clock, Task<T> running, TimeSpan within)
    {
        while (!running.IsCompleted)
        {
            if (clock.NextDue - clock.Now is { } left && left <= within)
                clock.Advance(left);
            else
                await Task.WhenAny(running, Task.Delay(Glance, TimeProvider.System));
        }

        return await running;
    }
}
