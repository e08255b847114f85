using Actions.V1;
using Google.Protobuf.WellKnownTypes;
using Enum = System.Enum;

namespace Actions.Server.Tests.Apis;

/// <summary>The tables of docs/apis.md on arguments: what becomes of a value, for each type.</summary>
public sealed class ArgumentTests(ServerFixture fixture) : IClassFixture<ServerFixture>, IAsyncDisposable
{
    private readonly RunningServer _server = fixture.Server;
    private readonly RawUpstream _upstream = RawUpstream.Answering(RawUpstream.Response("{}"));

    public ValueTask DisposeAsync() => _upstream.DisposeAsync();

    public static TheoryData<string, string, string> Types => [.. DocTable.Read("docs/apis.md", "Arguments")
        .Select(row => (row["type"], row["argument"], row["JSON body"]))];

    [Theory]
    [MemberData(nameof(Types))]
    public async Task Argument_ConvertedOrRefusedWithWords(string type, string argument, string expected)
    {
        var action = Sending("""["{v}"]""");
        if (type != "not declared")
            action.Variables.Add(Declare(type));

        var observed = await _server.ExecuteAsync(_upstream, action, ("v", Arguments.Parse(argument)));

        observed.BodyOrViolation().ShouldBe(observed.Request is null ? expected : $"[{expected}]");
    }

    public static TheoryData<string, string, string> Refused => [.. DocTable.Read("docs/apis.md", "Arguments")
        .Select(row => (row["type"], row["argument"], row["JSON body"]))
        .Where(row => row.Item3.StartsWith("expected", StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task DefaultValueThatDoesNotFit_RefusedWhenItIsSaved(string type, string argument, string expected)
    {
        var action = AnAction.Any();
        action.Variables.Add(Declare($"{type}, default {argument}"));

        var refusal = await Refusal.OfAsync(_server.Configs.CreateActionConfigAsync(
            new() { ActionConfig = action }, cancellationToken: TestContext.Current.CancellationToken));

        refusal.Violations.ShouldBe([("action_config.variables[0].default_value", expected)]);
    }

    public static TheoryData<string, string, string> Missing =>
        [.. DocTable.Read("docs/apis.md", "Arguments without a value")
            .Select(row => (row["variable"], row["argument"], row["JSON body"]))];

    [Theory]
    [MemberData(nameof(Missing))]
    public async Task ArgumentWithoutAValue_DefaultOrLeftOut(string variable, string argument, string expected)
    {
        var action = Sending("""{"v": "{v}"}""");
        action.Variables.Add(Declare(variable));

        var observed = await _server.ExecuteAsync(_upstream, action, ("v", Arguments.Parse(argument)));

        observed.BodyOrViolation().ShouldBe(expected);
    }

    public static TheoryData<string, string, string, string> Allowed =>
        [.. DocTable.Read("docs/apis.md", "Allowed values")
            .Select(row => (row["type"], row["allowed"], row["argument"], row["JSON body"]))];

    [Theory]
    [MemberData(nameof(Allowed))]
    public async Task AllowedValue_InItsOwnSpelling(string type, string allowed, string argument, string expected)
    {
        var action = Sending("""["{v}"]""");
        action.Variables.Add(Declare($"{type}, allowed {allowed}"));

        var observed = await _server.ExecuteAsync(_upstream, action, ("v", Arguments.Parse(argument)));

        observed.BodyOrViolation().ShouldBe(observed.Request is null ? expected : $"[{expected}]");
    }

    [Fact]
    public async Task Initialize_ConvertsAsExecuteDoes()
    {
        var action = Sending("""{"n": "{n}", "gone": "{gone}"}""");
        action.Variables.Add(new Variable { Name = "n", Type = VariableType.Integer });
        action.Variables.Add(new Variable { Name = "gone", Optional = true });

        var response = await _server.Configs.InitializeAsync(
            new() { Draft = action, Variables = { ["n"] = Value.ForString("+5.0") } },
            cancellationToken: TestContext.Current.CancellationToken);

        response.Request.Body.ShouldBe("""{"n":5}""");
        (await _upstream.NextRequestAsync(TestContext.Current.CancellationToken)).Text.ShouldBe("""{"n":5}""");
    }

    [Fact]
    public async Task ValueThatDoesNotFit_NeitherInTheLogNorInTheStatusText()
    {
        var action = Sending("""["{v}"]""");
        action.Variables.Add(Declare("INTEGER"));
        var stored = await _server.CreateAsync(action);

        var refusal = await Refusal.OfAsync(_server.Actions.Execute(
            new() { Id = stored.Id, Variables = { ["v"] = Value.ForString("k3pt-out") } },
            cancellationToken: TestContext.Current.CancellationToken));

        refusal.Violations.ShouldBe([("variables.v", "expected an integer such as 3, got the text \"k3pt-out\".")]);
        refusal.Text.ShouldBe("variables.v expected an integer such as 3, got a text.");
        _server.Log.ShouldNotContain(line => line.Contains("k3pt-out"));
    }

    /// <param name="words">E.g. "INTEGER, optional, default 7, allowed 7 8".</param>
    internal static Variable Declare(string words)
    {
        var variable = new Variable { Name = "v" };
        foreach (var word in words.Split(", "))
        {
            if (word == "optional")
                variable.Optional = true;
            else if (word.StartsWith("default ", StringComparison.Ordinal))
                variable.DefaultValue = Arguments.Parse(word["default ".Length..]);
            else if (word.StartsWith("allowed ", StringComparison.Ordinal))
                variable.AllowedValues.Add(word["allowed ".Length..].Split(' '));
            else
                variable.Type = Enum.Parse<VariableType>(word, ignoreCase: true);
        }

        return variable;
    }

    private ActionConfig Sending(string json)
    {
        var action = AnAction.Calling(_upstream.Url);
        action.Request.Method = V1.HttpMethod.Post;
        action.Request.JsonBody = json;
        return action;
    }
}
