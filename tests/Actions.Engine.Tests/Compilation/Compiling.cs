using Actions.Engine.Limits;
using Actions.Engine.Tests.Outbound.Guard;
using Actions.V1;

namespace Actions.Engine.Tests.Compilation;

/// <summary>Compiles an action that is right but for what a test changes.</summary>
internal static class Compiling
{
    public const string Root = "action_config";

    /// <returns>What is wrong, without the root's name; empty when it compiles.</returns>
    public static IReadOnlyList<FieldViolation> Violations(Action<ActionConfig> change, EngineOptions? options = null)
    {
        var config = Configs.Get("https://api.example/orders/{id}");
        change(config);
        try
        {
            new ActionCompiler(options ?? new EngineOptions(), Guards.Local).Compile(config, Root).ShouldNotBeNull();
            return [];
        }
        catch (InvalidFieldsException e)
        {
            e.Violations.ShouldAllBe(violation => violation.Field.StartsWith($"{Root}.") && violation.Description.EndsWith('.'));
            return [.. e.Violations.Select(violation => violation with { Field = violation.Field[(Root.Length + 1)..] })];
        }
    }

    /// <summary>The change is all right.</summary>
    public static void ShouldBeAccepted(Action<ActionConfig> change, EngineOptions? options = null) =>
        Violations(change, options).ShouldBeEmpty();

    /// <summary>The change gives one violation, of that field.</summary>
    public static void ShouldBeRefused(string field, Action<ActionConfig> change, string because = "", EngineOptions? options = null)
    {
        var violation = Violations(change, options).ShouldHaveSingleItem();
        violation.Field.ShouldBe(field);
        violation.Description.ShouldContain(because);
    }
}
