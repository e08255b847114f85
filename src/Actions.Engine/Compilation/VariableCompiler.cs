using System.Collections.Frozen;
using Actions.Engine.Limits;
using Actions.Engine.Templates;
using Actions.Engine.Variables;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Compilation;

/// <summary>Compiles <see cref="ActionConfig.Variables"/>.</summary>
/// <param name="isSaved">False for a stored action: rules that are younger than it don't apply.</param>
internal sealed class VariableCompiler(EngineOptions options, bool isSaved, Violations violations)
{
    public FrozenDictionary<string, VariablePlan> Compile(IReadOnlyList<Variable> variables)
    {
        violations.CheckLimit("variables", variables.Count, options.MaxVariables, "variables");
        var plans = new Dictionary<string, VariablePlan>(StringComparer.Ordinal);
        for (var i = 0; i < variables.Count; i++)
        {
            var variable = variables[i];
            var field = $"variables[{i}]";
            CheckName(variable.Name, $"{field}.name", options, violations);
            violations.CheckLimit(
                $"{field}.description", variable.Description.Length, ContractLimits.MaxDescriptionLength, "characters");
            violations.CheckLimit($"{field}.allowed_values", variable.AllowedValues.Count, options.MaxAllowedValues, "values");
            if (!System.Enum.IsDefined(variable.Type))
                violations.Add($"{field}.type", "isn't a known variable type; use a value of VariableType.");

            var plan = Compile(variable, field);
            if (!plans.TryAdd(variable.Name, plan))
                violations.Add($"{field}.name", $"declares '{variable.Name}' a second time.");
        }

        return plans.ToFrozenDictionary(StringComparer.Ordinal);
    }

    private VariablePlan Compile(Variable variable, string field)
    {
        var plan = new VariablePlan(variable.Name, variable.Type, null, variable.Sensitive, variable.Optional, []);
        var misfits = isSaved ? violations : new Violations();
        // A text that doesn't fit the type matches no value, and still is one: without it, every value would be
        // allowed.
        var allowed = variable.AllowedValues.Select((text, i) =>
            plan.Read(Value.ForString(text), $"{field}.allowed_values[{i}]", misfits) ?? Value.ForString(text));
        plan = plan with { AllowedValues = [.. allowed] };
        return plan.IsAbsent(variable.DefaultValue)
            ? plan
            : plan with { Default = ReadDefault(plan, variable.DefaultValue, $"{field}.default_value") };
    }

    public static void CheckName(string name, string field, EngineOptions options, Violations violations)
    {
        if (!Template.IsName(name))
            violations.Add(field, "must be letters, digits, underscores and dots, starting with a letter or an underscore.");
        violations.CheckLimit(field, name.Length, options.MaxVariableNameLength, "characters");
    }

    private Value? ReadDefault(VariablePlan plan, Value value, string field)
    {
        var problems = ValueRules.ProblemsOf(value, options.MaxVariableBytes).ToList();
        foreach (var problem in problems)
            violations.Add(field, problem);
        return problems.Count == 0 ? plan.Read(value.Clone(), field, violations) : null;
    }
}
