using System.Collections.Frozen;
using System.Collections.Immutable;
using Actions.Engine.Limits;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Variables;

/// <summary>Step 1: binds a value to every name that an action refers to or declares.</summary>
internal sealed class VariableBinder
{
    private readonly FrozenDictionary<string, VariablePlan> _declared;
    private readonly EngineOptions _options;

    // A placeholder names a variable, or a member of one: see Reference.
    private readonly FrozenSet<string> _references;

    // Null: a reference can be read in several ways, and the values of a call decide.
    private readonly ImmutableArray<Place>? _places;

    private readonly FrozenSet<string> _numeric;

    public VariableBinder(
        FrozenDictionary<string, VariablePlan> declared, IEnumerable<string> referredTo, EngineOptions options)
    {
        (_declared, _options) = (declared, options);
        _references = referredTo.ToFrozenSet(StringComparer.Ordinal);
        if (_references.All(reference => Reference.IsPlain(reference) || declared.ContainsKey(reference)))
            _places = PlacesOf(_references);
        _numeric = declared.Values.Where(variable => variable.IsNumeric).Select(variable => variable.Name)
            .ToFrozenSet(StringComparer.Ordinal);
        Sensitive = declared.Values.Where(variable => variable.Sensitive).Select(variable => variable.Name)
            .Concat(_references.Where(reference => declared.GetValueOrDefault(
                Reference.Resolve(reference, declared.ContainsKey).Variable) is { Sensitive: true }))
            .ToFrozenSet(StringComparer.Ordinal);
    }

    /// <summary>Every name that an execution needs a value for.</summary>
    public IEnumerable<string> Names => _references.Concat(_declared.Keys).Distinct();

    /// <summary>The references to what isn't declared: for each, the variables that may be meant, the longest name
    /// first.</summary>
    public IEnumerable<IReadOnlyList<string>> Undeclared =>
        _references.Select(reference => Readings(reference, new Dictionary<string, Value>()))
            .Where(names => names.Count > 0);

    /// <summary>The sensitive variables, and the placeholders of their members.</summary>
    public FrozenSet<string> Sensitive { get; }

    /// <summary>Values of the request come before those that the call remembers, and those before defaults. Values
    /// without a reference are ignored.</summary>
    /// <param name="brought">The request's values.</param>
    /// <param name="remembered">Values that the call remembers. Null: none.</param>
    /// <exception cref="InvalidFieldsException">One violation for each variable that is missing or has the wrong
    /// value.</exception>
    public VariableValues Bind(
        IReadOnlyDictionary<string, Value> brought, IReadOnlyDictionary<string, RememberedValue>? remembered = null)
    {
        var violations = new Violations();
        violations.CheckLimit("variables", brought.Count, _options.MaxVariables, "variables");
        violations.ThrowIfAny();

        var readings = _places is null ? ReadReferences(brought, remembered) : [];
        var places = _places ?? PlacesOf(readings.Select(reading => reading.Variable));
        if (places.IsEmpty)
            return VariableValues.None;
        var values = new Dictionary<string, Value>(places.Length, StringComparer.Ordinal);
        foreach (var (name, field, variable) in places)
        {
            var value = brought.GetValueOrDefault(name);
            var absent = IsAbsent(variable, value);
            if (absent && remembered?.GetValueOrDefault(name) is { } earlier)
                absent = IsAbsent(variable, value = earlier.Value);
            if (!absent)
                value = Read(field, variable, value!, violations);
            else if ((value = variable?.Default) is null && variable is not { Optional: true })
                violations.AddMissingVariable(name);

            if (value is not null)
                values.Add(name, value);
        }

        foreach (var (reference, name, path) in readings)
        {
            if (path.Length == 0 || !values.TryGetValue(name, out var value))
                continue;
            if (Reference.Select(value, path) is { } member)
                values.TryAdd(reference, member);
            else if (_declared.GetValueOrDefault(name) is not { Optional: true })
                violations.AddMissingMember(name, path);
        }

        violations.ThrowIfAny();
        return new VariableValues(values, _numeric, SensitiveOf(remembered, readings));
    }

    /// <summary>The values that make an execution another one: those that it is rendered with, and what else the
    /// request brought.</summary>
    /// <exception cref="InvalidFieldsException">As for <see cref="Bind"/>.</exception>
    public Struct Arguments(
        IReadOnlyDictionary<string, Value> brought, IReadOnlyDictionary<string, RememberedValue>? remembered)
    {
        var (arguments, values) = (new Struct(), Bind(brought, remembered));
        foreach (var name in values.Names)
            arguments.Fields.Add(name, values.Identifying(name));
        foreach (var (name, value) in brought)
        {
            if (!values.Has(name) && !_declared.ContainsKey(name) && !IsAbsent(variable: null, value))
                arguments.Fields.Add(name, value);
        }

        return arguments;
    }

    /// <summary>The variables that the request has no value for. A reference that may be several variables wants all of
    /// them.</summary>
    public IReadOnlyCollection<string> Lacking(IReadOnlyDictionary<string, Value> brought)
    {
        HashSet<string>? lacking = null;
        foreach (var (name, _, variable) in _places ?? PlacesOf([]))
        {
            if (IsAbsent(variable, brought.GetValueOrDefault(name)))
                (lacking ??= new(StringComparer.Ordinal)).Add(name);
        }

        foreach (var reference in _places is null ? _references : [])
        {
            foreach (var name in Readings(reference, brought))
                (lacking ??= new(StringComparer.Ordinal)).Add(name);
        }

        return lacking ?? (IReadOnlyCollection<string>)[];
    }

    /// <returns>The variables that may be meant; none if it is known which one.</returns>
    private List<string> Readings(string reference, IReadOnlyDictionary<string, Value> brought)
    {
        var names = Reference.Readings(reference).Select(reading => reading.Variable).ToList();
        return names.Exists(name => Exists(name, brought)) ? [] : names;
    }

    private static bool IsAbsent(VariablePlan? variable, Value? value) =>
        variable?.IsAbsent(value) ?? value is null or { KindCase: Value.KindOneofCase.None };

    private bool Exists(string name, IReadOnlyDictionary<string, Value> brought) =>
        _declared.ContainsKey(name) || !IsAbsent(variable: null, brought.GetValueOrDefault(name));

    /// <summary>A value that was sensitive where it is from is so here.</summary>
    private IReadOnlySet<string> SensitiveOf(
        IReadOnlyDictionary<string, RememberedValue>? remembered,
        List<(string Reference, string Variable, string Path)> readings)
    {
        if (remembered is null || !remembered.Values.Any(value => value.Sensitive))
            return Sensitive;
        var names = remembered.Where(pair => pair.Value.Sensitive).Select(pair => pair.Key)
            .ToHashSet(StringComparer.Ordinal);
        names.UnionWith(
            [.. readings.Where(reading => names.Contains(reading.Variable)).Select(reading => reading.Reference)]);
        names.UnionWith(Sensitive);
        return names;
    }

    private List<(string Reference, string Variable, string Path)> ReadReferences(
        IReadOnlyDictionary<string, Value> brought, IReadOnlyDictionary<string, RememberedValue>? remembered)
    {
        var readings = new List<(string Reference, string Variable, string Path)>(_references.Count);
        foreach (var reference in _references)
        {
            var (variable, path) = Reference.Resolve(reference, name => Exists(name, brought));
            // What the request brings decides first, as for values.
            if (remembered is not null && !Exists(variable, brought))
                (variable, path) = Reference.Resolve(reference, remembered.ContainsKey);
            readings.Add((reference, variable, path));
        }

        return readings;
    }

    private ImmutableArray<Place> PlacesOf(IEnumerable<string> referredTo) =>
        [.. referredTo.Concat(_declared.Keys).Distinct(StringComparer.Ordinal)
            .Select(name => new Place(name, $"variables.{name}", _declared.GetValueOrDefault(name)))];

    private Value? Read(string field, VariablePlan? variable, Value value, Violations violations)
    {
        if (!IsSound(value, field, violations))
            return null;
        if (variable is null)
            return value;
        // JSON text may be larger as values.
        return variable.Read(value, field, violations) is { } read && IsSound(read, field, violations) ? read : null;
    }

    private bool IsSound(Value value, string field, Violations violations)
    {
        if (ValueRules.ProblemsOf(value, _options.MaxVariableBytes) is not [var problem, ..])
            return true;
        violations.Add(field, problem);
        return false;
    }

    /// <param name="Field">Of a call's request.</param>
    /// <param name="Variable">Null: it isn't declared.</param>
    private readonly record struct Place(string Name, string Field, VariablePlan? Variable);
}
