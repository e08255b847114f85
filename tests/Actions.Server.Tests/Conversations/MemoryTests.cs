using System.Text;
using Actions.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Actions.Server.Tests.Conversations;

/// <summary>Results that later executions of the same call find.</summary>
public sealed class MemoryTests : IAsyncLifetime
{
    private const string Secret = "hush-4711-hush";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("actions-memory-tests-");
    private RunningServer _server = null!;
    private RawUpstream _api = null!;
    private string _answer = $$"""{"order":"A7","token":"{{Secret}}","customer":{"name":"Ann"},"count":3}""";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Database => Path.Combine(_folder.FullName, "actions.db");

    public async ValueTask InitializeAsync()
    {
        _api = RawUpstream.Answering(_ => RawUpstream.Response(_answer));
        _server = await StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        await _api.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task ValueThatTheRequestLacks_FoundInTheSameCallOnly()
    {
        var find = await CreateFindAsync();
        var use = await CreateUseAsync("order={order}&name={customer.name}&token={token}");
        await ResultAsync(find, "call 1");

        await ResultAsync(use, "call 1");

        _api.Requests.Last().Target.ShouldEndWith($"?order=A7&name=Ann&token={Secret}");
        (await RefusalAsync(use, "call 2")).Violations.Select(violation => violation.Field)
            .ShouldBe(["variables.order", "variables.customer.name", "variables.token"], ignoreOrder: true);
        (await RefusalAsync(use, "")).Code.ShouldBe(StatusCode.InvalidArgument);
    }

    [Fact]
    public async Task SeveralOrigins_RequestBeforeCallBeforeDefault()
    {
        var find = await CreateFindAsync();
        var use = await CreateUseAsync(
            "order={order}&count={count}&size={size}",
            new Variable { Name = "order", DefaultValue = Value.ForString("default") },
            new Variable { Name = "count", Type = VariableType.Integer, DefaultValue = Value.ForNumber(1) },
            new Variable { Name = "size", DefaultValue = Value.ForString("L") });
        await ResultAsync(find, "call");

        await ResultAsync(use, "call", ("order", Value.ForString("request")), ("count", Value.ForNull()));

        _api.Requests.Last().Target.ShouldEndWith("?order=request&count=3&size=L");
    }

    [Fact]
    public async Task LaterResult_ReplacesTheEarlierOne()
    {
        var (find, use) = (await CreateFindAsync(), await CreateUseAsync("order={order}&count={count}"));
        await ResultAsync(find, "call");
        _answer = """{"order":"B8"}""";
        await ResultAsync(find, "call");

        await ResultAsync(use, "call");

        _api.Requests.Last().Target.ShouldEndWith("?order=B8&count=3");
    }

    [Fact]
    public async Task ResultOfAnotherServer_Found()
    {
        var (find, use) = (await CreateFindAsync(), await CreateUseAsync("order={order}"));
        await using var other = await StartAsync();
        await ResultAsync(find, "call");

        (await other.ExecuteAsync(new() { Id = use.Id, CallId = "call" }))[^1].Result.ShouldNotBeNull();

        _api.Requests.Last().Target.ShouldEndWith("?order=A7");
        var kept = (await other.Actions.GetCallAsync(new() { CallId = "call" }, cancellationToken: Token)).Variables;
        kept.Single(variable => variable.Name == "order").ActionName.ShouldBe(find.Name);
    }

    [Fact]
    public async Task StoreAway_NoValueAndAWarningOnlyForThoseThatLackOne()
    {
        var find = await CreateFindAsync();
        var size = new Variable { Name = "size", DefaultValue = Value.ForString("L") };
        var use = await CreateUseAsync("size={size}", size);
        await ResultAsync(find, "call");
        await ResultAsync(use, "call");
        foreach (var file in _folder.GetFiles("actions-calls.db*"))
            file.MoveTo(file.FullName + ".away");

        var complete = await ResultAsync(use, "call", ("size", Value.ForString("M")));
        var lacking = await ResultAsync(use, "call");

        complete.Warnings.ShouldBeEmpty();
        var warning = lacking.Warnings.ShouldHaveSingleItem();
        (warning.Kind, warning.Variable).ShouldBe((WarningKind.MemoryUnavailable, ""));
        _api.Requests.Last().Target.ShouldEndWith("?size=L");
    }

    [Fact]
    public async Task EndedCall_RemembersNothing()
    {
        var (find, use) = (await CreateFindAsync(), await CreateUseAsync("order={order}"));
        await ResultAsync(find, "call");
        await ResultAsync(find, "another");

        await _server.Actions.EndCallAsync(new() { CallId = "call" }, cancellationToken: Token);

        (await RefusalAsync(use, "call")).Violations.ShouldHaveSingleItem().Field.ShouldBe("variables.order");
        (await Refusal.OfAsync(_server.Actions.GetCallAsync(new() { CallId = "call" }, cancellationToken: Token)))
            .Code.ShouldBe(StatusCode.NotFound);
        await ResultAsync(use, "another");
    }

    [Fact]
    public async Task SensitiveResult_KeptAndNeverShown()
    {
        var find = await CreateFindAsync();
        var use = await CreateUseAsync("token={token}");

        (await ResultAsync(find, "call")).Variables["token"].StringValue.ShouldBe(Secret);
        var dryRun = await _server.ExecuteAsync(new() { Id = use.Id, CallId = "call", DryRun = true });

        dryRun[^1].Result.RenderedRequest.Url.ShouldEndWith("?token=MASKED");
        var kept = await _server.Actions.GetCallAsync(new() { CallId = "call" }, cancellationToken: Token);
        kept.Variables.Select(variable => (variable.Name, variable.Sensitive, variable.Value?.ToString()))
            .ShouldBe(
            [
                ("count", false, "3"),
                ("customer", false, "{ \"name\": \"Ann\" }"),
                ("order", false, "\"A7\""),
                ("token", true, null),
            ]);
        kept.Variables.ShouldAllBe(variable => variable.ActionId == find.Id && variable.ExecutionId.Length == 32);
        _server.Log.ShouldNotContain(line => line.Contains(Secret, StringComparison.Ordinal));
        foreach (var file in _folder.GetFiles())
            Encoding.Latin1.GetString(await ReadAsync(file)).ShouldNotContain(Secret, Case.Sensitive, file.Name);
    }

    [Fact]
    public async Task RememberedValueThatDoesNotFit_RefusedWithItsAction()
    {
        var find = await CreateFindAsync();
        var use = await CreateUseAsync(
            "order={order}&token={token}",
            new Variable { Name = "order", Type = VariableType.Integer },
            new Variable { Name = "token", Type = VariableType.Integer });
        await ResultAsync(find, "call");

        var violations = (await RefusalAsync(use, "call")).Violations;

        violations.Single(violation => violation.Field == "variables.order").Description.ShouldBe(
            "expected an integer such as 3, got the text \"A7\". "
            + $"The call remembers this value from the action '{find.Name}'; pass another one.");
        violations.Single(violation => violation.Field == "variables.token").Description.ShouldNotContain(Secret);
    }

    [Fact]
    public async Task WhatNeverHappened_NotRemembered()
    {
        var (find, use) = (await CreateFindAsync(), await CreateUseAsync("order={order}"));
        var response = new SimulatedResponse { Body = ByteString.CopyFromUtf8(_answer) };
        var simulated = new Simulation { Attempts = { new SimulatedAttempt { Response = response } } };

        await _server.ExecuteAsync(new() { Id = find.Id, CallId = "call", DryRun = true });
        await _server.ExecuteAsync(new() { Id = find.Id, CallId = "call", Simulate = simulated });
        _answer = "{";
        (await _server.ExecuteAsync(new() { Id = find.Id, CallId = "call" }))[^1].Failure.ShouldNotBeNull();

        (await RefusalAsync(use, "call")).Violations.ShouldHaveSingleItem().Field.ShouldBe("variables.order");
    }

    [Fact]
    public async Task CallThatRemembersTooMuch_KeepsWhatFits()
    {
        await _server.DisposeAsync();
        _server = await StartAsync(("Calls:MaxCallBytes", "65536"));
        _answer = $$"""{"order":"A7","token":"{{new string('x', 66_000)}}"}""";
        var (find, use) = (await CreateFindAsync(), await CreateUseAsync("order={order}"));

        (await ResultAsync(find, "call")).Variables["token"].StringValue.Length.ShouldBe(66_000);
        await ResultAsync(use, "call");

        var kept = await _server.Actions.GetCallAsync(new() { CallId = "call" }, cancellationToken: Token);
        kept.Variables.Select(variable => variable.Name).ShouldBe(["order"]);
        _server.Log.ShouldContain(line => line.Contains("'token' isn't remembered", StringComparison.Ordinal));
    }

    private Task<RunningServer> StartAsync(params IEnumerable<(string Key, string Value)> settings) =>
        RunningServer.StartAsync(
            settings.Append(("Storage:Sqlite:Path", Database)).ToDictionary(pair => pair.Item1, pair => pair.Item2));

    private Task<ActionConfig> CreateFindAsync()
    {
        var action = AnAction.Calling($"{_api.Url}/orders");
        action.Results.Add(new ResultField { Variable = "order", JsonPath = "$.order", Required = true });
        action.Results.Add(new ResultField { Variable = "token", JsonPath = "$.token", Sensitive = true });
        action.Results.Add(new ResultField { Variable = "customer", JsonPath = "$.customer" });
        action.Results.Add(new ResultField { Variable = "count", JsonPath = "$.count" });
        return _server.CreateAsync(action);
    }

    private Task<ActionConfig> CreateUseAsync(string query, params IEnumerable<Variable> variables)
    {
        var action = AnAction.Calling($"{_api.Url}/use?{query}");
        action.Variables.Add(variables);
        return _server.CreateAsync(action);
    }

    private async Task<Result> ResultAsync(
        ActionConfig action, string callId, params (string Name, Value Value)[] variables)
    {
        var request = new ExecuteRequest { Id = action.Id, CallId = callId };
        foreach (var (name, value) in variables)
            request.Variables.Add(name, value);
        var last = (await _server.ExecuteAsync(request))[^1];
        return last.Result.ShouldNotBeNull(last.ToString());
    }

    private async Task<Refusal> RefusalAsync(ActionConfig action, string callId) =>
        await Refusal.OfAsync(_server.ExecuteAsync(new() { Id = action.Id, CallId = callId }));

    private static async Task<byte[]> ReadAsync(FileInfo file)
    {
        // The server has it open.
        await using var stream = new FileStream(
            file.FullName, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes, Token);
        return bytes.ToArray();
    }
}
