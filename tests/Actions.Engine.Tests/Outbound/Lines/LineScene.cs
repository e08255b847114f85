using System.Threading.Channels;
using Actions.Engine.Executions;
using Actions.Engine.Limits;
using Actions.Engine.Tests.Outbound.Attempts;
using Actions.V1;

namespace Actions.Engine.Tests.Outbound.Lines;

/// <summary>An API that answers a request when the test says so, and an engine whose calls wait in line for
/// it.</summary>
internal sealed class LineScene : IAsyncDisposable
{
    private readonly Channel<string> _answers = Channel.CreateUnbounded<string>();

    public LineScene(EngineOptions options)
    {
        Engine = new EngineUnderTest(Clock, options, metrics: Watch.Metrics);
        Api = new RawUpstream(async connection =>
        {
            while (await connection.ReadRequestAsync() is not null && await NextAnswerAsync() is { } answer)
                await connection.SendAsync(answer);
        });
    }

    public FakeClock Clock { get; } = new();

    public LineWatch Watch { get; } = new();

    public EngineUnderTest Engine { get; }

    public RawUpstream Api { get; }

    /// <summary>What the API was asked, in this order.</summary>
    public IEnumerable<string> Targets => Api.Requests.Select(request => request.Target);

    /// <summary>An action that calls what <c>{name}</c> says.</summary>
    public ActionPlan Plan(Action<ActionConfig>? change = null)
    {
        var config = Configs.Get($"{Api.Url}/{{{{name}}}}");
        change?.Invoke(config);
        return Engine.Compile(config);
    }

    /// <summary>Executes an action whose request will be in flight when this returns.</summary>
    public async Task<Task<ExecutionEvent>> HoldAsync(ActionPlan plan, string name = "held")
    {
        var running = RunAsync(plan, name);
        await Api.NextRequestAsync(Engine.Token);
        return running;
    }

    /// <summary>Executes an action that will stand in line when this returns, at this place.</summary>
    public async Task<Task<ExecutionEvent>> WaitAsync(
        ActionPlan plan, string name, int length, CancellationToken? cancellationToken = null)
    {
        var running = RunAsync(plan, name, cancellationToken);
        await Watch.UntilAsync(length, Engine.Token);
        return running;
    }

    public async Task<ExecutionEvent> RunAsync(
        ActionPlan plan, string name, CancellationToken? cancellationToken = null) =>
        await Events(plan, name, cancellationToken).LastAsync(CancellationToken.None);

    public IAsyncEnumerable<ExecutionEvent> Events(
        ActionPlan plan, string name, CancellationToken? cancellationToken = null) =>
        Engine.Engine.ExecuteAsync(
            plan, new ExecutionInput("tests", Configs.Values(("name", name))), cancellationToken ?? Engine.Token);

    /// <summary>Answers as many requests.</summary>
    public void Answer(int requests = 1, string answer = Answers.Ok)
    {
        for (var i = 0; i < requests; i++)
            _answers.Writer.TryWrite(answer);
    }

    public async ValueTask DisposeAsync()
    {
        _answers.Writer.Complete();
        await Api.DisposeAsync();
        Engine.Dispose();
        Watch.Dispose();
    }

    private async Task<string?> NextAnswerAsync()
    {
        while (await _answers.Reader.WaitToReadAsync(Engine.Token))
        {
            if (_answers.Reader.TryRead(out var answer))
                return answer;
        }

        return null;
    }
}
