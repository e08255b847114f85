using Actions.Engine.Limits;
using Actions.Engine.Outbound.Attempts;
using Actions.Engine.Outcomes;
using Actions.Engine.Telemetry;
using Actions.V1;

namespace Actions.Engine.Tests.Outbound.Lines;

/// <summary>Nearly every call finds a free place and a closed breaker: that has to cost next to nothing.</summary>
public sealed class TurnCostTests
{
    [Fact]
    public void PlaceIsFree_TurnCostsLittleMoreThanItself()
    {
        const int turns = 1_000;
        var hosts = new UpstreamHosts(new EngineOptions(), TimeProvider.System, EngineMetrics.Detached);
        var result = new AttemptResult.Succeeded(new Result());
        Take(turns);

        var before = GC.GetAllocatedBytesForCurrentThread();
        Take(turns);

        // The turn has 112 bytes. A build without optimization makes an object of each asynchronous method in
        // addition.
        ((GC.GetAllocatedBytesForCurrentThread() - before) / turns).ShouldBeLessThan(1_000);

        void Take(int count)
        {
            for (var i = 0; i < count; i++)
            {
                using var turn = new HostTurn(hosts, "tests", this, 0, TimeSpan.FromSeconds(10)).Guarded("shop");
                turn.EnterAsync("shop", TestContext.Current.CancellationToken).AsTask().IsCompleted.ShouldBeTrue();
                turn.Tell(result);
            }
        }
    }
}
