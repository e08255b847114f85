using Actions.Engine.Executions;
using Actions.Engine.Limits;
using Actions.Engine.Outbound.Guard;
using Actions.Engine.Tests.Outbound.Guard;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Tests.Compilation;

/// <summary>An action that was stored under older rules is executed as before, until it is saved again.</summary>
public sealed class StoredActionTests
{
    private static readonly SsrfGuard Guard = Guards.Local;

    [Fact]
    public void StoredPastedToken_Compiles()
    {
        var config = Compiled.Sound();
        config.Authentication = new Authentication
        {
            BearerToken = new BearerToken { Token = new Secret { Plaintext = "Bearer abc" } },
        };

        config.ShouldViolate("authentication.bearer_token.token", "leave 'Bearer' away");
        new ActionCompiler(new EngineOptions(), Guard).CompileStored(config, "action_config").ShouldNotBeNull();
    }

    [Theory]
    [InlineData("7", true)]
    [InlineData("8", false)]
    public async Task StoredAllowedValueOfAnotherType_MatchesNothing(string value, bool accepted)
    {
        await using var api = RawUpstream.Answering(RawUpstream.Response("{}"));
        using var engine = new EngineUnderTest();
        var config = Configs.Get($"{api.Url}/{{n}}");
        config.Variables.Add(new Variable { Name = "n", Type = VariableType.Integer, AllowedValues = { "7", "many" } });
        config.ShouldViolate("variables[0].allowed_values[1]", "expected an integer");
        var plan = new ActionCompiler(new EngineOptions(), Guard).CompileStored(config, "action_config");
        var input = new ExecutionInput(
            "tests", new Dictionary<string, Value> { ["n"] = Value.ForString(value) }, "", BodyView.Unspecified);

        if (accepted)
            (await engine.Engine.ExecuteAsync(plan, input, engine.Token).LastAsync(engine.Token)).Result.ShouldNotBeNull();
        else
            Should.Throw<InvalidFieldsException>(() => engine.Engine.ExecuteAsync(plan, input, engine.Token));
    }
}
