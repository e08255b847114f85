using Actions.Engine.Limits;
using Actions.Engine.Tests.Outbound.Guard;
using Actions.V1;

namespace Actions.Engine.Tests.Compilation;

/// <summary>What is wrong with an action, or that nothing is.</summary>
internal static class Compiled
{
    public static ActionConfig Sound() => Configs.Get("https://api.example.com/orders");

    public static void ShouldCompile(this ActionConfig config) =>
        new ActionCompiler(new EngineOptions(), Guards.Local).Compile(config, "action_config");

    public static void ShouldViolateAll(this ActionConfig config, params string[] fields) =>
        Should.Throw<InvalidFieldsException>(config.ShouldCompile)
            .Violations.Select(violation => violation.Field).ShouldBe(fields.Select(field => $"action_config.{field}"), ignoreOrder: true);

    public static void ShouldViolate(this ActionConfig config, string field, string description = "")
    {
        var violation = Should.Throw<InvalidFieldsException>(config.ShouldCompile).Violations.ShouldHaveSingleItem();
        violation.Field.ShouldBe($"action_config.{field}");
        violation.Description.ShouldContain(description);
    }
}
