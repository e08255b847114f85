using Actions.V1;
using Grpc.Core;

namespace Actions.Allocations;

/// <summary>
/// Bytes that a server allocates for an execution. They fall until the runtime has compiled the code for good, which on
/// a busy machine takes longer; so windows are measured until some in a row agree, and their median counts.
/// </summary>
internal sealed class Measurement(
    MeteredServer server, Scenario scenario, StandInApi api, ActionService.ActionServiceClient actions)
{
    private const int Window = 300;

    private const int InRow = 5;
    private const int MaxWindows = 40;
    private const double Agreement = 1.01;

    private readonly List<double> _windows = [];

    private IEnumerable<double> LastInRow => _windows.TakeLast(InRow);

    /// <summary>A part of the warming up: all actions take their turn, because they share most of the code.</summary>
    public Task WarmAsync() => MeasureWindowAsync();

    /// <summary>Called again, it goes on: a number that is too high may be of code that isn't warm.</summary>
    public async Task<double> MeasureAsync()
    {
        for (var i = 0; i < MaxWindows; i++)
        {
            _windows.Add(await MeasureWindowAsync());
            if (i >= InRow - 1 && LastInRow.Max() <= LastInRow.Min() * Agreement)
                break;
        }

        return LastInRow.Order().ElementAt(InRow / 2);
    }

    private async Task<double> MeasureWindowAsync()
    {
        var before = await server.ReadAsync();
        for (var i = 0; i < Window; i++)
            await ExecuteAsync();
        return (double)((await server.ReadAsync()).Allocated - before.Allocated) / Window;
    }

    private async Task ExecuteAsync()
    {
        using var call = actions.Execute(scenario.ToRequest());
        var events = new List<ExecutionEvent.EventOneofCase>();
        await foreach (var message in call.ResponseStream.ReadAllAsync())
        {
            events.Add(message.Event.EventCase);
            if (message.Event.EventCase == ExecutionEvent.EventOneofCase.Delay)
                api.HearDelay();
        }

        if (!events.SequenceEqual(scenario.Events))
            throw new InvalidOperationException($"{scenario.Name} ended in {string.Join(", ", events)}.");
    }
}
