using System.Collections.Frozen;
using Actions.Engine.Limits;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Variables;

/// <summary>Step 1: binds a value to every name that an action refers to or declares.</summary>
internal sealed class VariableBinder(
    FrozenDictionary<string, VariablePlan> declared, IEnumerable<string> referredTo, EngineOptions options)
{
    // A placeholder names a variable, or a member of one: see Reference.
    private readonly FrozenSet<string> _references = referredTo.ToFrozenSet(StringComparer.Ordinal);

    private readonly FrozenSet<string> _numeric =
        declared.Values.Where(variable => variable.IsNumeric).Select(variable => variable.Name).ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Every name that an execution needs a value for.</summary>
    public IEnumerable<string> Names => _references.Concat(declared.Keys).Distinct();

    /// <summary>The sensitive variables, and the placeholders of their members.</summary>
    public FrozenSet<string> Sensitive { get; } =
        declared.Values.Where(variable => variable.Sensitive).Select(variable => variable.Name)
            .Concat(referredTo.Where(reference => declared.GetValueOrDefault(
                Reference.Resolve(reference, declared.ContainsKey).Variable) is { Sensitive: true }))
            .ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Call-time values override defaults. Values without a reference are ignored.</summary>
    /// <exception cref="InvalidFieldsException">One violation for each variable that is missing or has the wrong
    /// value.</exception>
    public VariableValues Bind(IReadOnlyDictionary<string, Value> brought)
    {
        var violations = new Violations();
        violations.CheckLimit("variables", brought.Count, options.MaxVariables, "variables");
        violations.ThrowIfAny();

        var values = new Dictionary<string, Value>(StringComparer.Ordinal);
        var readings = _references
            .Select(reference => (Reference: reference, Reading: Reference.Resolve(reference, Exists))).ToList();
        foreach (var name in readings.Select(pair => pair.Reading.Variable).Concat(declared.Keys).Distinct())
        {
            var variable = declared.GetValueOrDefault(name);
            var value = brought.GetValueOrDefault(name);
            if (variable is null ? value is null or { KindCase: Value.KindOneofCase.None } : variable.IsAbsent(value))
                value = variable?.Default;

            if (value is null)
                violations.AddMissingVariable(name);
            else if (Check(variable, value) is { } wrong)
                violations.Add($"variables.{name}", wrong);
            else
                values.Add(name, value);
        }

        foreach (var (reference, (name, path)) in readings)
        {
            if (path.Length == 0 || !values.TryGetValue(name, out var value))
                continue;
            if (Reference.Select(value, path) is { } member)
                values.TryAdd(reference, member);
            else
                violations.AddMissingMember(name, path);
        }

        violations.ThrowIfAny();
        return new VariableValues(values, _numeric);

        bool Exists(string name) => declared.ContainsKey(name)
            || (brought.TryGetValue(name, out var value) && value.KindCase != Value.KindOneofCase.None);
    }

    private string? Check(VariablePlan? variable, Value value) =>
        ValueRules.ProblemsOf(value, options.MaxVariableBytes).FirstOrDefault() ?? variable?.Check(value);
}
