using Actions.Storage;
using Actions.V1;

namespace Actions.Server.Tests.Configs;

/// <summary>A server with more actions than fit on a page.</summary>
public sealed class ManyActions : IAsyncLifetime
{
    /// <summary>Of all actions.</summary>
    public const int Count = 205;

    /// <summary>One in so many has the label <c>stage</c>.</summary>
    public const int StageEvery = 5;

    public RunningServer Server { get; private set; } = null!;

    /// <summary>In the order of a list.</summary>
    public IReadOnlyList<ActionConfig> All { get; private set; } = [];

    public async ValueTask InitializeAsync()
    {
        Server = await RunningServer.StartAsync();
        var created = new List<ActionConfig>();
        for (var i = 0; i < Count; i++)
        {
            // Neither in the order of their names nor in one case.
            var number = i * 101 % Count;
            var action = AnAction.Named(number % 2 == 0 ? $"Order {number:000}" : $"oRDER {number:000}");
            action.Labels.Add("parity", number % 2 == 0 ? "even" : "odd");
            if (number % StageEvery == 0)
                action.Labels.Add("stage", "live");
            created.Add(await Server.CreateAsync(action));
        }

        All = [.. created.OrderBy(action => ActionName.Key(action.Name), StringComparer.Ordinal)];
    }

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}
