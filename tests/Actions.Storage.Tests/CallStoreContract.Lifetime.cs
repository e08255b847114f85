namespace Actions.Storage.Tests;

/// <summary>How long calls are kept, how many, and which names they may have.</summary>
public abstract partial class CallStoreContract
{
    [Fact]
    public async Task CallThatIsUsed_LivesOn()
    {
        var first = NewExecution();
        await Calls.WriteAsync([new CallWrite(first, [NewVariable("a", 1)])], Stop);
        await Calls.WriteAsync([new CallWrite(NewExecution(started: Start.AddMinutes(30)), [])], Stop);
        // An earlier time doesn't shorten it.
        await Calls.WriteAsync([new CallWrite(NewExecution(started: Start.AddMinutes(20)), [])], Stop);
        var expires = Start.AddMinutes(30) + Lifetime;
        _clock.Now = expires.AddMilliseconds(-1);

        (await Calls.GetCallAsync(Call, Stop)).ShouldNotBeNull().Expires.ShouldBe(expires);
        ShouldBe(await Calls.GetExecutionAsync(Workspace, first.Id, Stop), first with { Expires = expires });
        (await Calls.GetVariablesAsync(Call, ["a"], Stop)).ShouldHaveSingleItem();

        _clock.Now = expires;
        await ShouldBeForgottenAsync(first);
    }

    [Fact]
    public async Task ExpiredCall_IsNotMixedWithANewOneOfItsName()
    {
        await Calls.WriteAsync([new CallWrite(NewExecution(), [NewVariable("a", 1)])], Stop);
        _clock.Now = Start + Lifetime;
        var anew = NewExecution(started: _clock.Now);

        await Calls.WriteAsync([new CallWrite(anew, [])], Stop);

        var call = (await Calls.GetCallAsync(Call, Stop)).ShouldNotBeNull();
        call.Executions.ShouldHaveSingleItem().Id.ShouldBe(anew.Id);
        call.Variables.ShouldBeEmpty();
    }

    [Fact]
    public async Task Purge_DeletesWhatHasExpired()
    {
        for (var i = 0; i < 250; i++)
            await Calls.WriteAsync(
                [new CallWrite(NewExecution(new(Workspace, $"old {i}")), [NewVariable("a", i)])], Stop);
        var kept = NewExecution(started: Start.AddTicks(TimeSpan.TicksPerMillisecond));
        await Calls.WriteAsync([new CallWrite(kept, [])], Stop);

        (await Calls.PurgeAsync((Start + Lifetime).AddMilliseconds(-1), 1000, Stop)).ShouldBe(0);
        (await Calls.PurgeAsync(Start + Lifetime, 1000, Stop)).ShouldBe(250);

        // The clock of this process stands still: they would be found if they were there.
        (await Calls.GetCallAsync(new(Workspace, "old 7"), Stop)).ShouldBeNull();
        (await Calls.GetExecutionAsync(Workspace, kept.Id, Stop)).ShouldNotBeNull();
    }

    [Fact]
    public async Task Purge_DeletesTheLeastRecentlyUsedOfAFullWorkspace()
    {
        for (var i = 0; i < 10; i++)
            await Calls.WriteAsync(
                [new CallWrite(NewExecution(new(Workspace, $"{i}"), started: Start.AddSeconds(i)), [])], Stop);
        for (var i = 0; i < 4; i++)
            await Calls.WriteAsync([new CallWrite(NewExecution(new("neighbour", $"{i}")), [])], Stop);
        await Calls.WriteAsync(
            [new CallWrite(NewExecution(new(Workspace, "0"), started: Start.AddSeconds(10)), [])], Stop);

        (await Calls.PurgeAsync(Start, 4, Stop)).ShouldBe(6);

        foreach (var i in Enumerable.Range(0, 10))
            ((await Calls.GetCallAsync(new(Workspace, $"{i}"), Stop)) is not null).ShouldBe(i is 0 or > 6, $"call {i}");
        foreach (var i in Enumerable.Range(0, 4))
            (await Calls.GetCallAsync(new("neighbour", $"{i}"), Stop)).ShouldNotBeNull();
    }

    [Fact]
    public async Task EndOfACall_IsForgottenWhenItExpires()
    {
        var late = NewExecution();
        await Calls.EndAsync(Call, Start.AddSeconds(1), Start.AddMinutes(1), Stop);
        _clock.Now = Start.AddMinutes(1);

        (await Calls.FindEndedAsync([Call], Stop)).ShouldBeEmpty();
        await Calls.WriteAsync([new CallWrite(late, [])], Stop);
        (await Calls.GetExecutionAsync(Workspace, late.Id, Stop)).ShouldNotBeNull();
    }

    [Fact]
    public async Task OtherWorkspaces_NeitherSeeNorChangeACall()
    {
        var mine = NewExecution(identity: "identity");
        await Calls.ClaimAsync(new CallClaim(mine), Stop);
        await Calls.WriteAsync([new CallWrite(mine, [NewVariable("a", 1)])], Stop);
        var theirs = mine with { Call = new("neighbour", Call.CallId), LastSequence = 7 };

        (await Calls.GetExecutionAsync("neighbour", mine.Id, Stop)).ShouldBeNull();
        (await Calls.GetCallAsync(theirs.Call, Stop)).ShouldBeNull();
        (await Calls.GetVariablesAsync(theirs.Call, [], Stop)).ShouldBeEmpty();
        (await Calls.ClaimAsync(new CallClaim(theirs), Stop)).IsGranted.ShouldBeTrue();
        await Calls.WriteAsync([new CallWrite(theirs, [NewVariable("a", 2)])], Stop);
        await Calls.EndAsync(theirs.Call, Start.AddSeconds(1), Start + Lifetime, Stop);

        ShouldBe(await Calls.GetExecutionAsync(Workspace, mine.Id, Stop), mine);
        ValueOf((await Calls.GetVariablesAsync(Call, [], Stop)).ShouldHaveSingleItem()).ShouldBe(1);
    }

    [Fact]
    public async Task OddNames_AreKeptApart()
    {
        string[] names =
        [
            "", "\0", "a", "a\0", "a\0b", "A", " a", "a ", "a.b", "$a", "a%2Eb",
            "'; DROP TABLE calls; --", "é", "e\u0301", "☎️👩‍👩‍👧",
            "\ud83d\ude00", new string('x', 4096), new string('x', 4095) + "y",
        ];
        var executions = new Dictionary<string, StoredExecution>(StringComparer.Ordinal);
        foreach (var name in names)
        {
            var execution = executions[name] = NewExecution(new(Workspace, name), identity: "identity");
            (await Calls.ClaimAsync(new CallClaim(execution), Stop)).IsGranted.ShouldBeTrue(name);
            await Calls.WriteAsync([new CallWrite(execution, [NewVariable("a", 1)])], Stop);
        }

        foreach (var (name, execution) in executions)
        {
            ShouldBe(await Calls.GetExecutionAsync(Workspace, execution.Id, Stop), execution);
            (await Calls.GetCallAsync(new(Workspace, name), Stop)).ShouldNotBeNull().Executions.ShouldHaveSingleItem()
                .Id.ShouldBe(execution.Id);
        }

        var variables = names.Where(name => name.Length > 0).Select((name, i) => NewVariable(name, i)).ToList();
        var owner = NewExecution(new(Workspace, "variables"));
        await Calls.WriteAsync([new CallWrite(owner, variables)], Stop);
        foreach (var variable in variables)
        {
            var found = (await Calls.GetVariablesAsync(owner.Call, [variable.Name], Stop)).ShouldHaveSingleItem();
            (found.Name, ValueOf(found)).ShouldBe((variable.Name, ValueOf(variable)));
        }

        await Calls.EndAsync(new(Workspace, "a\0"), Start.AddSeconds(1), Start + Lifetime, Stop);
        (await Calls.FindEndedAsync([.. names.Select(name => new CallKey(Workspace, name))], Stop))
            .ShouldHaveSingleItem().Key.CallId.ShouldBe("a\0");
    }

    [Fact]
    public async Task TenThousandCalls_AreAllKept()
    {
        const int Count = 10_000;
        var content = new byte[2_000];
        foreach (var some in Enumerable.Range(0, Count).Chunk(500))
        {
            await Calls.WriteAsync(
                [.. some.Select(i => new CallWrite(
                    NewExecution(new(Workspace, $"call {i}")) with { Content = content },
                    [NewVariable("order", i), NewVariable("name", i)]))],
                Stop);
        }

        foreach (var i in (int[])[0, 4_999, 9_999])
            ValueOf((await Calls.GetVariablesAsync(new(Workspace, $"call {i}"), ["order"], Stop))[0]).ShouldBe(i);
        ReportSize(Count);
        (await Calls.PurgeAsync(Start, Count - 1, Stop)).ShouldBe(1);
        (await Calls.PurgeAsync(Start + Lifetime, Count, Stop)).ShouldBe(Count - 1);
    }

    /// <summary>Tells how much a call takes, where it can be seen.</summary>
    protected virtual void ReportSize(int calls)
    {
    }
}
