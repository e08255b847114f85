using System.Collections.Frozen;
using Actions.Engine.Limits;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Variables;

/// <summary>Step 1: gives every name that an action refers to or declares its value.</summary>
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

    /// <summary>Call-time values over defaults. Values that nothing refers to are ignored.</summary>
    /// <exception cref="InvalidFieldsException">Names each variable that is missing or doesn't fit.</exception>
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
            if (variable is null ? value is null or { KindCase: Value.KindOneofCase.None } : variable.IsAbsent(value))
                value = variable?.Default;

            if (value is null)
                violations.AddMissingVariable(name);
            else if (Judge(variable, value) is { } wrong)
                violations.Add($"variables.{name}", wrong);
            else
                values.Add(name, value);
        }

        violations.ThrowIfAny();
        return new VariableValues(values, _numeric);
    }

    private string? Judge(VariablePlan? variable, Value value)
    {
        var size = value.CalculateSize();
        if (size > options.MaxVariableBytes)
            return $"has {size} bytes; at most {options.MaxVariableBytes} are allowed.";
        return JsonValue.HasNonFiniteNumber(value)
            ? "holds a number that JSON doesn't know (NaN or an infinity)."
            : variable?.Judge(value);
    }
}
