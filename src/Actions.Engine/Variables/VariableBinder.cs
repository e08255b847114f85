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
            var absent = variable?.IsAbsent(value) ?? value is null or { KindCase: Value.KindOneofCase.None };
            if (!absent)
                value = Read(name, variable, value!, violations);
            else if ((value = variable?.Default) is null && variable is not { Optional: true })
                violations.AddMissingVariable(name);

            if (value is not null)
                values.Add(name, value);
        }

        foreach (var (reference, (name, path)) in readings)
        {
            if (path.Length == 0 || !values.TryGetValue(name, out var value))
                continue;
            if (Reference.Select(value, path) is { } member)
                values.TryAdd(reference, member);
            else if (declared.GetValueOrDefault(name) is not { Optional: true })
                violations.AddMissingMember(name, path);
        }

        violations.ThrowIfAny();
        return new VariableValues(values, _numeric);

        bool Exists(string name) => declared.ContainsKey(name)
            || (brought.TryGetValue(name, out var value) && value.KindCase != Value.KindOneofCase.None);
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
