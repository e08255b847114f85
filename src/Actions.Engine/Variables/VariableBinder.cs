using System.Collections.Frozen;
using Actions.Engine.Limits;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Variables;

/// <summary>Step 1: binds a value to every name that an action refers to or declares.</summary>
internal sealed class VariableBinder(
    FrozenDictionary<string, VariablePlan> declared, IEnumerable<string> referredTo, EngineOptions options)
{
    private readonly FrozenSet<string> _names = referredTo.Concat(declared.Keys).ToFrozenSet(StringComparer.Ordinal);

    private readonly FrozenSet<string> _numeric =
        declared.Values.Where(variable => variable.IsNumeric).Select(variable => variable.Name).ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Every name that an execution needs a value for.</summary>
    public IEnumerable<string> Names => _names;

    public FrozenSet<string> Sensitive { get; } =
        declared.Values.Where(variable => variable.Sensitive).Select(variable => variable.Name).ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Call-time values override defaults. Values without a reference are ignored.</summary>
    /// <exception cref="InvalidFieldsException">One violation for each variable that is missing or has the wrong
    /// value.</exception>
    public VariableValues Bind(IReadOnlyDictionary<string, Value> brought)
    {
        var violations = new Violations();
        violations.CheckLimit("variables", brought.Count, options.MaxVariables, "variables");
        violations.ThrowIfAny();

        var values = new Dictionary<string, Value>(_names.Count, StringComparer.Ordinal);
        foreach (var name in _names)
        {
            var variable = declared.GetValueOrDefault(name);
            var value = brought.GetValueOrDefault(name);
            var absent = variable?.IsAbsent(value) ?? value is null or { KindCase: Value.KindOneofCase.None };
            if (!absent)
                value = Read(name, variable, value!, violations);
            else if ((value = variable?.Default) is null && variable is not { Optional: true })
                violations.AddMissingVariable(name);

            if (value is not null)
                values.Add(name, value);
        }

        violations.ThrowIfAny();
        return new VariableValues(values, _numeric);
    }

    private Value? Read(string name, VariablePlan? variable, Value value, Violations violations)
    {
        var field = $"variables.{name}";
        if (!IsSound(value, field, violations))
            return null;
        if (variable is null)
            return value;
        // JSON text may be larger as values.
        return variable.Read(value, field, violations) is { } read && IsSound(read, field, violations) ? read : null;
    }

    private bool IsSound(Value value, string field, Violations violations)
    {
        if (ValueRules.ProblemsOf(value, options.MaxVariableBytes).FirstOrDefault() is not { } problem)
            return true;
        violations.Add(field, problem);
        return false;
    }
}
