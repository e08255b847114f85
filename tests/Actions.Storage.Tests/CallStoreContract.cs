namespace Actions.Storage.Tests;

/// <summary>What every engine guarantees of calls. An engine's class says where a store of its own lies.</summary>
public abstract partial class CallStoreContract : IAsyncLifetime
{
    private const string Workspace = "workspace";

    private static readonly DateTimeOffset Start = new(2024, 2, 29, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);
    private static readonly CallKey Call = new(Workspace, "call");

    private readonly SettableClock _clock = new(Start);
    private StoreHost _host = null!;
    private int _made;

    /// <summary>The settings of a place of this test's own, the same at each call.</summary>
    protected abstract IReadOnlyDictionary<string, string?> Settings { get; }

    /// <summary>Whether the store is decorated, as the server's is.</summary>
    protected virtual bool IsDecorated => false;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private ICallStore Calls => _host.Calls;

    public async ValueTask InitializeAsync() => _host = await OpenAsync();

    public virtual ValueTask DisposeAsync()
    {
        _host.Dispose();
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task FirstClaim_IsGrantedAndStored()
    {
        var execution = NewExecution(identity: "identity");

        (await Calls.ClaimAsync(new CallClaim(execution), Stop))
            .ShouldBe(new ClaimAnswer(IsGranted: true, Holder: null));

        ShouldBe(await Calls.GetExecutionAsync(Workspace, execution.Id, Stop), execution);
        (await Calls.GetCallAsync(Call, Stop)).ShouldNotBeNull()
            .Executions.ShouldHaveSingleItem().Id.ShouldBe(execution.Id);
    }

    [Fact]
    public async Task SecondClaim_GetsTheHolderAsItIsNow()
    {
        var first = NewExecution(identity: "identity");
        var second = NewExecution(identity: "identity");
        await Calls.ClaimAsync(new CallClaim(first), Stop);
        var ended =
            first with { State = StoredExecutionState.Succeeded, LastSequence = 2, Content = new byte[] { 7, 8, 9 } };
        await Calls.WriteAsync([new CallWrite(ended, [])], Stop);

        var answer = await Calls.ClaimAsync(new CallClaim(second), Stop);

        answer.IsGranted.ShouldBeFalse();
        ShouldBe(answer.Holder, ended);
        (await Calls.GetExecutionAsync(Workspace, second.Id, Stop)).ShouldBeNull();
    }

    [Fact]
    public async Task ClaimAgainByTheHolder_IsGranted()
    {
        var execution = NewExecution(identity: "identity");
        await Calls.ClaimAsync(new CallClaim(execution), Stop);

        (await Calls.ClaimAsync(new CallClaim(execution), Stop)).IsGranted.ShouldBeTrue();
    }

    [Fact]
    public async Task ClaimInPlaceOfTheHolder_IsGrantedOnce()
    {
        var (first, second, third) =
            (NewExecution(identity: "identity"), NewExecution(identity: "identity"),
             NewExecution(identity: "identity"));
        await Calls.ClaimAsync(new CallClaim(first), Stop);

        (await Calls.ClaimAsync(new CallClaim(second, first.Id), Stop)).IsGranted.ShouldBeTrue();
        var late = await Calls.ClaimAsync(new CallClaim(third, first.Id), Stop);

        late.IsGranted.ShouldBeFalse();
        ShouldBe(late.Holder, second);
        // The one that was replaced stays readable, and its late writes don't take the identity back.
        await Calls.WriteAsync([new CallWrite(first with { State = StoredExecutionState.Unknown }, [])], Stop);
        (await Calls.ClaimAsync(new CallClaim(third), Stop)).Holder?.Id.ShouldBe(second.Id);
        (await Calls.GetExecutionAsync(Workspace, first.Id, Stop))?.State.ShouldBe(StoredExecutionState.Unknown);
    }

    [Fact]
    public async Task ClaimInPlaceOfNobody_IsGranted()
    {
        var execution = NewExecution(identity: "identity");

        (await Calls.ClaimAsync(new CallClaim(execution, "forgotten"), Stop)).IsGranted.ShouldBeTrue();
    }

    [Fact]
    public async Task SameIdentityElsewhere_IsFree()
    {
        await Calls.ClaimAsync(new CallClaim(NewExecution(identity: "identity")), Stop);

        foreach (var (call, identity) in (IEnumerable<(CallKey, string)>)
        [
            (Call, "other"), (Call, "Identity"), (new("neighbour", Call.CallId), "identity"),
            (new(Workspace, "other"), "identity"),
        ])
            (await Calls.ClaimAsync(new CallClaim(NewExecution(call, identity)), Stop)).IsGranted.ShouldBeTrue();
    }

    [Fact]
    public async Task ClaimOfAnExpiredCall_IsGrantedAnew()
    {
        var (first, second) =
            (NewExecution(identity: "identity"), NewExecution(identity: "identity", started: Start + Lifetime));
        await Calls.ClaimAsync(new CallClaim(first), Stop);
        _clock.Now = Start + Lifetime;

        (await Calls.ClaimAsync(new CallClaim(second), Stop)).IsGranted.ShouldBeTrue();

        (await Calls.GetCallAsync(Call, Stop)).ShouldNotBeNull()
            .Executions.ShouldHaveSingleItem().Id.ShouldBe(second.Id);
        (await Calls.GetExecutionAsync(Workspace, first.Id, Stop)).ShouldBeNull();
    }

    [Fact]
    public async Task ExecutionThatWasNotClaimed_HoldsNothing()
    {
        var written = NewExecution(identity: "identity");
        await Calls.WriteAsync([new CallWrite(written, [])], Stop);

        (await Calls.ClaimAsync(new CallClaim(NewExecution(identity: "identity")), Stop)).IsGranted.ShouldBeTrue();
        (await Calls.GetCallAsync(Call, Stop)).ShouldNotBeNull().Executions.Count.ShouldBe(2);
    }

    [Fact]
    public async Task ClaimsAtTheSameTime_AreGrantedToOneEach()
    {
        using var second = await OpenAsync();
        const int Identities = 20;
        var claims = await Task.WhenAll(
            from identity in Enumerable.Range(0, Identities)
            from racer in Enumerable.Range(0, 8)
            let execution = NewExecution(identity: $"identity {identity}")
            let store = racer % 2 == 0 ? Calls : second.Calls
            select Task.Run(
                async () => (execution, answer: await store.ClaimAsync(new CallClaim(execution), Stop)), Stop));

        foreach (var race in claims.GroupBy(claim => claim.execution.Identity))
        {
            var winner = race.Where(claim => claim.answer.IsGranted).ShouldHaveSingleItem().execution;
            foreach (var (_, answer) in race.Where(claim => !claim.answer.IsGranted))
                answer.Holder?.Id.ShouldBe(winner.Id);
        }

        (await Calls.GetCallAsync(Call, Stop)).ShouldNotBeNull().Executions.Count.ShouldBe(Identities);
    }

    [Fact]
    public async Task ReplacementsAtTheSameTime_AreGrantedToOne()
    {
        using var second = await OpenAsync();
        var holder = NewExecution(identity: "identity");
        await Calls.ClaimAsync(new CallClaim(holder), Stop);
        for (var round = 0; round < 10; round++)
        {
            var claims = await Task.WhenAll(
                from racer in Enumerable.Range(0, 6)
                let execution = NewExecution(identity: "identity")
                let store = racer % 2 == 0 ? Calls : second.Calls
                select Task.Run(
                    async () => (execution, answer:
                        await store.ClaimAsync(new CallClaim(execution, holder.Id), Stop)), Stop));

            holder = claims.Where(claim => claim.answer.IsGranted).ShouldHaveSingleItem().execution;
        }
    }

    private async Task<StoreHost> OpenAsync()
    {
        var host = new StoreHost(Settings, _clock, IsDecorated);
        await host.Store.InitializeAsync(Stop);
        await host.Calls.InitializeAsync(Stop);
        return host;
    }

    private StoredExecution NewExecution(CallKey? call = null, string identity = "", DateTimeOffset? started = null)
    {
        var made = Interlocked.Increment(ref _made);
        var time = started ?? Start;
        return new StoredExecution
        {
            Call = call ?? Call,
            Id = $"{made:x32}",
            Identity = identity,
            State = StoredExecutionState.Running,
            Started = time,
            Deadline = time + TimeSpan.FromSeconds(30) + TimeSpan.FromTicks(1),
            Expires = time + Lifetime,
            LastSequence = 1,
            Content = BitConverter.GetBytes(made),
            Summary = BitConverter.GetBytes(-made),
        };
    }

    private static StoredVariable NewVariable(string name, int value, DateTimeOffset? written = null) =>
        new(name, written ?? Start, BitConverter.GetBytes(value));

    private static int ValueOf(StoredVariable variable) => BitConverter.ToInt32(variable.Content.Span);

    private static void ShouldBe(StoredExecution? found, StoredExecution expected)
    {
        found.ShouldNotBeNull();
        found.Content.ToArray().ShouldBe(expected.Content.ToArray());
        found.Summary.ToArray().ShouldBe(expected.Summary.ToArray());
        (found with { Content = default, Summary = default })
            .ShouldBe(expected with { Content = default, Summary = default });
    }
}
