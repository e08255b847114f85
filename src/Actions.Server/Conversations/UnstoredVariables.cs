using Actions.Storage;

namespace Actions.Server.Conversations;

/// <summary>Variables of Results that the store hasn't acknowledged yet.</summary>
internal sealed class UnstoredVariables
{
    // An outage of the store must not fill the memory.
    private const long MaxBytes = 64 << 20;

    private readonly Lock _gate = new();

    // Guarded by the gate.
    private readonly Dictionary<CallKey, List<StoredVariable>> _variables = [];
    private long _bytes;

    public void Add(CallKey call, IReadOnlyList<StoredVariable> variables)
    {
        lock (_gate)
        {
            foreach (var variable in variables)
            {
                if (_bytes + variable.Content.Length > MaxBytes)
                    return;
                if (!_variables.TryGetValue(call, out var known))
                    _variables.Add(call, known = []);
                known.Add(variable);
                _bytes += variable.Content.Length;
            }
        }
    }

    public void Remove(CallKey call, IReadOnlyList<StoredVariable> variables)
    {
        lock (_gate)
        {
            if (!_variables.TryGetValue(call, out var known))
                return;
            // The same objects: a later Result may have the same names.
            _bytes -= known.Where(Stored).Sum(variable => variable.Content.Length);
            known.RemoveAll(Stored);
            if (known.Count == 0)
                _variables.Remove(call);
        }

        bool Stored(StoredVariable variable) => variables.Any(stored => ReferenceEquals(stored, variable));
    }

    public void Remove(CallKey call)
    {
        lock (_gate)
        {
            if (_variables.Remove(call, out var known))
                _bytes -= known.Sum(variable => variable.Content.Length);
        }
    }

    /// <param name="names">Null: all.</param>
    /// <returns>The latest of each name.</returns>
    public IReadOnlyCollection<StoredVariable> Of(CallKey call, IReadOnlyCollection<string>? names)
    {
        lock (_gate)
        {
            if (!_variables.TryGetValue(call, out var known))
                return [];
            return [.. known.Where(variable => names?.Contains(variable.Name) != false)
                .GroupBy(variable => variable.Name, StringComparer.Ordinal)
                .Select(same => same.MaxBy(variable => variable.Written)!)];
        }
    }
}
