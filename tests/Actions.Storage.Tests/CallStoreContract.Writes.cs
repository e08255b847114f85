namespace Actions.Storage.Tests;

/// <summary>Executions, variables and the end of a call.</summary>
public abstract partial class CallStoreContract
{
    [Fact]
    public async Task WrittenExecution_IsFoundWholeAlsoByAnotherProcess()
    {
        var execution = NewExecution(identity: "identity")
            with { SameAs = "another", State = StoredExecutionState.AbortedUnknown };
        await Calls.WriteAsync([new CallWrite(execution, [])], Stop);

        ShouldBe(await Calls.GetExecutionAsync(Workspace, execution.Id, Stop), execution);
        using var second = await OpenAsync();
        ShouldBe(await second.Calls.GetExecutionAsync(Workspace, execution.Id, Stop), execution);
        (await Calls.GetExecutionAsync(Workspace, "unknown", Stop)).ShouldBeNull();
    }

    [Fact]
    public async Task LaterWrite_ReplacesTheExecution()
    {
        var running = NewExecution();
        await Calls.WriteAsync([new CallWrite(running, [])], Stop);
        var succeeded = running with
        {
            State = StoredExecutionState.Succeeded, LastSequence = 3,
            Content = new byte[] { 1, 2, 3 }, Summary = new byte[] { 4 },
        };

        await Calls.WriteAsync([new CallWrite(succeeded, [])], Stop);

        ShouldBe(await Calls.GetExecutionAsync(Workspace, running.Id, Stop), succeeded);
        (await Calls.GetCallAsync(Call, Stop)).ShouldNotBeNull().Executions.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task ManyWritesAtOnce_AreAllStored()
    {
        var executions = Enumerable.Range(0, 40)
            .Select(i => NewExecution(new CallKey($"workspace {i % 2}", $"call {i % 7}"))).ToList();
        var first = executions[0];
        var last = first with { LastSequence = 9, State = StoredExecutionState.Failed };

        await Calls.WriteAsync(
            [
                .. executions.Select((execution, i) => new CallWrite(execution, [NewVariable($"variable {i}", i)])),
                new CallWrite(last, [NewVariable("variable 0", 99)]),
            ],
            Stop);
        await Calls.WriteAsync([], Stop);

        ShouldBe(await Calls.GetExecutionAsync(first.Call.Workspace, first.Id, Stop), last);
        foreach (var call in executions.GroupBy(execution => execution.Call))
        {
            var stored = (await Calls.GetCallAsync(call.Key, Stop)).ShouldNotBeNull();
            stored.Executions.Select(execution => execution.Id).ShouldBe(call.Select(execution => execution.Id));
            stored.Variables.Count.ShouldBe(call.Count());
        }

        ValueOf((await Calls.GetVariablesAsync(first.Call, ["variable 0"], Stop)).ShouldHaveSingleItem()).ShouldBe(99);
    }

    [Fact]
    public async Task Variables_AreFoundByNameAndTheLaterOneStays()
    {
        var execution = NewExecution();
        await Calls.WriteAsync(
            [new CallWrite(execution, [NewVariable("b", 1, Start.AddSeconds(2)),
                NewVariable("a", 2), NewVariable("c.d", 3)])], Stop);
        await Calls.WriteAsync(
            [new CallWrite(execution, [NewVariable("b", 4, Start.AddSeconds(1)),
                NewVariable("a", 5, Start.AddTicks(1))])], Stop);
        await Calls.WriteAsync([new CallWrite(NewExecution(new(Workspace, "other")), [NewVariable("a", 6)])], Stop);

        var all = await Calls.GetVariablesAsync(Call, [], Stop);
        var some = await Calls.GetVariablesAsync(Call, ["c.d", "unknown", "a", "a"], Stop);

        all.Select(variable => (variable.Name, ValueOf(variable), variable.Written)).ShouldBe(
            [("a", 5, Start.AddTicks(1)), ("b", 1, Start.AddSeconds(2)), ("c.d", 3, Start)]);
        some.Select(variable => (variable.Name, ValueOf(variable))).ShouldBe([("a", 5), ("c.d", 3)], ignoreOrder: true);
        (await Calls.GetVariablesAsync(new(Workspace, "unknown"), [], Stop)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Call_ListsExecutionsByStartWithoutContent()
    {
        var later = NewExecution(started: Start.AddTicks(1));
        var (second, first) = (NewExecution(), NewExecution());
        (second, first) = (second with { Id = "b" }, first with { Id = "a" });
        await Calls.WriteAsync(
            [new CallWrite(later, [NewVariable("z", 1)]),
                new CallWrite(second, []), new CallWrite(first, [NewVariable("y", 2)])], Stop);

        var call = (await Calls.GetCallAsync(Call, Stop)).ShouldNotBeNull();

        call.Call.ShouldBe(Call);
        call.Executions.Select(execution => execution.Id).ShouldBe(["a", "b", later.Id]);
        call.Executions.ShouldAllBe(execution => execution.Content.IsEmpty);
        call.Executions[0].Summary.ToArray().ShouldBe(first.Summary.ToArray());
        call.Variables.Select(variable => variable.Name).ShouldBe(["y", "z"]);
        (await Calls.GetCallAsync(new(Workspace, "unknown"), Stop)).ShouldBeNull();
    }

    [Fact]
    public async Task ContentChangedAfterwards_ChangesNothingStored()
    {
        byte[] content = [1, 2, 3], value = [4, 5, 6];
        var execution = NewExecution(identity: "identity") with { Content = content };
        await Calls.ClaimAsync(new CallClaim(execution), Stop);
        await Calls.WriteAsync([new CallWrite(execution, [new StoredVariable("a", Start, value)])], Stop);
        content[0] = value[0] = 99;
        foreach (var found in new[]
        {
            (await Calls.GetExecutionAsync(Workspace, execution.Id, Stop))!.Content,
            (await Calls.GetVariablesAsync(Call, ["a"], Stop))[0].Content,
        })
            System.Runtime.InteropServices.MemoryMarshal.AsMemory(found).Span[1] = 99;

        (await Calls.GetExecutionAsync(Workspace, execution.Id, Stop))!.Content.ToArray().ShouldBe([1, 2, 3]);
        (await Calls.GetVariablesAsync(Call, ["a"], Stop))[0].Content.ToArray().ShouldBe([4, 5, 6]);
    }

    [Fact]
    public async Task EndedCall_ForgetsEverythingAndIgnoresWhatBeganBefore()
    {
        var early = NewExecution(identity: "identity");
        await Calls.ClaimAsync(new CallClaim(early), Stop);
        await Calls.WriteAsync([new CallWrite(early, [NewVariable("a", 1)])], Stop);
        var end = Start.AddMinutes(1);

        await Calls.EndAsync(Call, end, end + Lifetime, Stop);

        await ShouldBeForgottenAsync(early);
        await Calls.WriteAsync([new CallWrite(early, [NewVariable("a", 2)])], Stop);
        (await Calls.ClaimAsync(new CallClaim(early), Stop)).ShouldBe(new ClaimAnswer(IsGranted: false, Holder: null));
        (await Calls.ClaimAsync(new CallClaim(NewExecution(identity: "identity"), early.Id), Stop))
            .IsGranted.ShouldBeFalse();
        await ShouldBeForgottenAsync(early);
        (await Calls.FindEndedAsync([Call, new(Workspace, "other"), new("neighbour", Call.CallId)], Stop))
            .ShouldBe(new Dictionary<CallKey, DateTimeOffset> { [Call] = end });
        using var second = await OpenAsync();
        (await second.Calls.FindEndedAsync([Call], Stop))[Call].ShouldBe(end);
        (await Calls.FindEndedAsync([], Stop)).ShouldBeEmpty();
    }

    [Fact]
    public async Task EndedCall_CanBeUsedAnew()
    {
        var (early, late) =
            (NewExecution(identity: "identity"), NewExecution(identity: "identity", started: Start.AddMinutes(1)));
        await Calls.ClaimAsync(new CallClaim(early), Stop);
        await Calls.EndAsync(Call, Start.AddMinutes(1), Start.AddMinutes(1) + Lifetime, Stop);

        (await Calls.ClaimAsync(new CallClaim(late), Stop)).IsGranted.ShouldBeTrue();
        await Calls.WriteAsync(
            [new CallWrite(early, [NewVariable("a", 1)]), new CallWrite(late, [NewVariable("b", 2)])], Stop);

        var call = (await Calls.GetCallAsync(Call, Stop)).ShouldNotBeNull();
        call.Executions.ShouldHaveSingleItem().Id.ShouldBe(late.Id);
        call.Variables.ShouldHaveSingleItem().Name.ShouldBe("b");
        (await Calls.FindEndedAsync([Call], Stop)).Keys.ShouldBe([Call]);
    }

    [Fact]
    public async Task CallThatNobodyKnows_CanBeEnded()
    {
        await Calls.EndAsync(Call, Start.AddSeconds(1), Start + Lifetime, Stop);
        await Calls.EndAsync(Call, Start.AddSeconds(2), Start + Lifetime, Stop);

        (await Calls.FindEndedAsync([Call], Stop))[Call].ShouldBe(Start.AddSeconds(2));
        await Calls.WriteAsync([new CallWrite(NewExecution(started: Start.AddSeconds(1)), [])], Stop);
        (await Calls.GetCallAsync(Call, Stop)).ShouldBeNull();
    }

    private async Task ShouldBeForgottenAsync(StoredExecution execution)
    {
        (await Calls.GetCallAsync(execution.Call, Stop)).ShouldBeNull();
        (await Calls.GetExecutionAsync(execution.Call.Workspace, execution.Id, Stop)).ShouldBeNull();
        (await Calls.GetVariablesAsync(execution.Call, [], Stop)).ShouldBeEmpty();
    }
}
