using Actions.Engine.Executions;
using Actions.Engine.Limits;
using Actions.Engine.Variables;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Tests.Conversations;

/// <summary>What an execution wants from its call's memory, and what it does with it.</summary>
public sealed class RememberedValueTests : IAsyncLifetime
{
    private readonly EngineUnderTest _engine = new();
    private readonly RawUpstream _api = RawUpstream.Answering(RawUpstream.Response("{}"));

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        _engine.Dispose();
        await _api.DisposeAsync();
    }

    [Fact]
    public void NothingLacking_NothingWantedAndNothingAllocated()
    {
        var plan = _engine.Compile(Action("order={order}&size={size}"));
        var given = new Dictionary<string, Value> { ["order"] = Value.ForString("7"), ["size"] = Value.ForNumber(2) };
        plan.WantedFromMemory(given).ShouldBeEmpty();

        var before = GC.GetAllocatedBytesForCurrentThread();
        plan.WantedFromMemory(given);

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
    }

    [Fact]
    public void ValueLacking_WantedWithOrWithoutADefault()
    {
        var config = Action("order={order}&size={size}&note={note}");
        config.Variables.Add(new Variable { Name = "size", DefaultValue = Value.ForString("L") });
        config.Variables.Add(new Variable { Name = "unused", Optional = true });
        var plan = _engine.Compile(config);

        plan.WantedFromMemory(Configs.Values(("note", ""))).ShouldBe(["order", "size", "unused"], ignoreOrder: true);
        var nothing = new Dictionary<string, Value>
        {
            ["order"] = new(), ["size"] = Value.ForNull(), ["note"] = Value.ForNull(),
        };
        plan.WantedFromMemory(nothing).ShouldBe(["order", "size", "unused"], ignoreOrder: true);
    }

    [Fact]
    public void MemberOfAVariable_WantedUnlessTheRequestHasEither()
    {
        var plan = _engine.Compile(Action("name={customer.name}"));
        var customer = Value.ForStruct(new Struct { Fields = { ["name"] = Value.ForString("Ann") } });

        plan.WantedFromMemory(Configs.Values()).ShouldBe(["customer.name", "customer"], ignoreOrder: true);
        plan.WantedFromMemory(Configs.Values(("customer.name", "Ann"))).ShouldBeEmpty();
        plan.WantedFromMemory(new Dictionary<string, Value> { ["customer"] = customer }).ShouldBeEmpty();
    }

    [Fact]
    public async Task Remembered_BetweenTheRequestAndTheDefault()
    {
        var config = Action("a={a}&b={b}&c={c}&d={d.e}");
        foreach (var name in new[] { "a", "b", "c" })
            config.Variables.Add(new Variable { Name = name, DefaultValue = Value.ForString("default") });
        var customer = Value.ForStruct(new Struct { Fields = { ["e"] = Value.ForNumber(4) } });

        await RunAsync(
            config, Configs.Values(("a", "request")), ("b", Value.ForString("call"), false), ("d", customer, false));

        _api.Requests.ShouldHaveSingleItem().Target.ShouldEndWith("?a=request&b=call&c=default&d=4");
    }

    [Fact]
    public async Task RememberedValueThatDoesNotFit_RefusedWithItsOrigin()
    {
        var config = Action("a={a}&b={b}");
        config.Variables.Add(new Variable { Name = "a", Type = VariableType.Integer });
        config.Variables.Add(new Variable { Name = "b", Type = VariableType.Integer });

        var refused = await Should.ThrowAsync<InvalidFieldsException>(() => RunAsync(
            config, Configs.Values(), ("a", Value.ForString("many"), false), ("b", Value.ForString("hush"), true)));

        refused.Violations.Length.ShouldBe(2);
        var (open, sensitive) = (
            refused.Violations.Single(violation => violation.Field == "variables.a"),
            refused.Violations.Single(violation => violation.Field == "variables.b"));
        open.Description.ShouldContain("got the text \"many\"");
        open.Description.ShouldEndWith("The call remembers this value from the action 'Find'; pass another one.");
        sensitive.Description.ShouldNotContain("hush");
        sensitive.Description.ShouldContain("from the action 'Find'");
        refused.Message.ShouldNotContain("many");
    }

    [Fact]
    public async Task SensitiveRememberedValue_MaskedWhereTheRequestIsShown()
    {
        var config = Action("token={token}&part={card.number}");
        var card = Value.ForStruct(new Struct { Fields = { ["number"] = Value.ForString("4111-2222") } });

        var result = await RunAsync(
            config,
            Configs.Values(),
            dryRun: true,
            ("token", Value.ForString("hush-hush"), true),
            ("card", card, true));

        result.Result.RenderedRequest.Url.ShouldEndWith("?token=MASKED&part=MASKED");
        result.ToString().ShouldNotContain("hush-hush");
        result.ToString().ShouldNotContain("4111");
    }

    [Fact]
    public async Task DerivedKey_SentUnlessTheClientOrTheActionHasOne()
    {
        var plain = Action("");
        var own = Action("");
        own.Request.Headers.Add(new Header { Name = "idempotency-key", Value = "own" });

        await SendAsync(plain, "", "derived");
        await SendAsync(plain, "mine", "derived");
        await SendAsync(own, "", "derived");
        await SendAsync(plain, "", "");

        _api.Requests.Select(request => request.Header("Idempotency-Key")).ShouldBe(["derived", "mine", "own", null]);
    }

    private Task SendAsync(ActionConfig config, string brought, string derived) => _engine.Engine.ExecuteAsync(
        _engine.Compile(config),
        new ExecutionInput("tests", Configs.Values(), brought) { DerivedIdempotencyKey = derived },
        _engine.Token).LastAsync(_engine.Token).AsTask();

    private Task<ExecutionEvent> RunAsync(
        ActionConfig config,
        Dictionary<string, Value> variables,
        params (string Name, Value Value, bool Sensitive)[] remembered) =>
        RunAsync(config, variables, dryRun: false, remembered);

    private async Task<ExecutionEvent> RunAsync(
        ActionConfig config,
        Dictionary<string, Value> variables,
        bool dryRun,
        params (string Name, Value Value, bool Sensitive)[] remembered)
    {
        var input = new ExecutionInput("tests", variables, DryRun: dryRun)
        {
            Remembered = remembered.ToDictionary(
                one => one.Name, one => new RememberedValue(one.Value, "Find", one.Sensitive)),
        };
        return await _engine.Engine.ExecuteAsync(_engine.Compile(config), input, _engine.Token)
            .LastAsync(_engine.Token);
    }

    private ActionConfig Action(string query) => Configs.Get($"{_api.Url}/orders?{query}");
}
