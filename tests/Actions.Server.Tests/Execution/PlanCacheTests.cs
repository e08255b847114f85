using Actions.Engine;
using Actions.Server.Catalog;
using Actions.Server.Configuration;
using Actions.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Actions.Server.Tests.Execution;

/// <summary>Which loads are shared and which are kept, by the writes that end meanwhile.</summary>
public sealed class PlanCacheTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private const string Workspace = "default";

    private static readonly PlanKey ById = new(Workspace, "1", "");
    private static readonly PlanKey ByName = new(Workspace, "", "order");

    private readonly PlanCache _cache = new(Options.Create(new ServerOptions()));
    private readonly TaskCompletionSource<CachedPlan?> _read = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Fact]
    public async Task LoadWithoutAWrite_IsSharedAndKept()
    {
        var first = _cache.LoadAsync(ById, () => _read.Task);
        var second = _cache.LoadAsync(ById, () => throw new InvalidOperationException("It is shared."));
        var plan = Plan("a");
        _read.SetResult(plan);

        (await first).ShouldBeSameAs(plan.Plan);
        (await second).ShouldBeSameAs(plan.Plan);
        _cache.Find(ById).ShouldBeSameAs(plan.Plan);
        _cache.Find(ByName).ShouldBeSameAs(plan.Plan);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task CallThatMissedBeforeTheLoadEnded_StartsNoSecondOne(bool byId)
    {
        var wanted = byId ? ById : ByName;
        _cache.Find(wanted).ShouldBeNull();
        var plan = Plan("a");
        await _cache.LoadAsync(ById, () => Task.FromResult<CachedPlan?>(plan));

        var late = await _cache.LoadAsync(wanted, () => throw new InvalidOperationException("It was loaded."));

        late.ShouldBeSameAs(plan.Plan);
    }

    [Fact]
    public async Task LargePlans_KeptUpToTheirBytes()
    {
        var cache = new PlanCache(Options.Create(new ServerOptions { MaxCachedActionBytes = 64 << 20 }));
        var compiler = fixture.Server.Services.GetRequiredService<ActionCompiler>();
        for (var i = 0; i < 25; i++)
        {
            var action = AnAction.Any();
            action.Id = $"{i}";
            action.Request.Method = V1.HttpMethod.Post;
            action.Request.JsonBody = $"[{string.Join(',', Enumerable.Range(0, 10_000).Select(n => $"\"{n}{{x}}\""))}]";
            var plan = new CachedPlan(compiler.Compile(action, "action_config"), "a");
            await cache.LoadAsync(new PlanKey(Workspace, action.Id, ""), () => Task.FromResult<CachedPlan?>(plan));
        }

        cache.Cached.Sum(cached => cached.Value.Plan.Bytes).ShouldBeInRange(1, 64 << 20);
        cache.Cached.Count.ShouldBeInRange(1, 24);
        (cache.Cached.Count + cache.Evictions).ShouldBe(25);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task LoadDuringAWriteOfItsAction_IsUsedAndNeitherSharedNorKept(bool byId)
    {
        var wanted = byId ? ById : ByName;
        var before = _cache.LoadAsync(wanted, () => _read.Task);
        _cache.Invalidate(new ActionKey(Workspace, "1"), etag: null);
        var (older, newer) = (Plan("a"), Plan("b"));

        (await _cache.LoadAsync(wanted, () => Task.FromResult<CachedPlan?>(newer))).ShouldBeSameAs(newer.Plan);
        _read.SetResult(older);

        (await before).ShouldBeSameAs(older.Plan);
        _cache.Find(wanted).ShouldBeSameAs(newer.Plan);
    }

    [Fact]
    public async Task LoadDuringAWriteOfAnotherAction_IsKept()
    {
        var load = _cache.LoadAsync(ById, () => _read.Task);
        _cache.Invalidate(new ActionKey(Workspace, "2"), etag: null);
        _cache.Invalidate(new ActionKey("neighbour", "1"), etag: null);
        _read.SetResult(Plan("a"));

        var plan = await load;
        _cache.Find(ById).ShouldBeSameAs(plan.ShouldNotBeNull());
    }

    [Fact]
    public async Task LoadWhileWritesMayHaveGoneUnreported_IsNotKept()
    {
        var load = _cache.LoadAsync(ById, () => _read.Task);
        _cache.InvalidateLoads();
        _read.SetResult(Plan("a"));

        (await load).ShouldNotBeNull();
        _cache.Find(ById).ShouldBeNull();
    }

    [Fact]
    public async Task CachedPlan_StaysOnlyWhenTheReportedVersionIsItsOwn()
    {
        await _cache.LoadAsync(ById, () => Task.FromResult<CachedPlan?>(Plan("a")));

        _cache.Invalidate(new ActionKey(Workspace, "1"), "a");
        _cache.Find(ById).ShouldNotBeNull();
        _cache.Invalidate(new ActionKey(Workspace, "1"), "b");
        _cache.Find(ById).ShouldBeNull();
    }

    private CachedPlan Plan(string etag)
    {
        var action = AnAction.Any();
        (action.Id, action.Name) = ("1", "order");
        return new CachedPlan(
            fixture.Server.Services.GetRequiredService<ActionCompiler>().CompileStored(action, "action_config"), etag);
    }
}
