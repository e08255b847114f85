using System.Collections.Frozen;
using Actions.Engine.Limits;
using Actions.Engine.Templates;
using Actions.Engine.Variables;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Compilation;

/// <summary>Compiles <see cref="ActionConfig.Variables"/>.</summary>
internal sealed class VariableCompiler(EngineOptions options, Violations violations)
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

            var plan = new VariablePlan(
                variable.Name, variable.Type, null, variable.Sensitive, [.. variable.AllowedValues]);
            if (!plan.IsAbsent(variable.DefaultValue))
            {
                CheckDefault(plan, variable.DefaultValue, $"{field}.default_value");
                plan = plan with { Default = variable.DefaultValue.Clone() };
            }

            if (!plans.TryAdd(variable.Name, plan))
                violations.Add($"{field}.name", $"declares '{variable.Name}' a second time.");
        }

        return plans.ToFrozenDictionary(StringComparer.Ordinal);
    }

    public static void CheckName(string name, string field, EngineOptions options, Violations violations)
    {
        if (!Template.IsName(name))
            violations.Add(field, "must be letters, digits, underscores and dots, starting with a letter or an underscore.");
        violations.CheckLimit(field, name.Length, options.MaxVariableNameLength, "characters");
    }

    private void CheckDefault(VariablePlan plan, Value value, string field)
    {
        foreach (var problem in ValueRules.ProblemsOf(value, options.MaxVariableBytes))
            violations.Add(field, problem);
        if (plan.Check(value) is { } wrong)
            violations.Add(field, wrong);
    }
}
