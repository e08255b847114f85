using System.Security.Cryptography;
using Actions.Engine;
using Actions.Engine.Variables;
using Actions.Server.Logging;
using Actions.Server.Secrets;
using Actions.Storage;
using Actions.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Server.Conversations;

/// <summary>
/// The variables of a call's Results, for later executions of the call. Kept encrypted in the store; what this server
/// has not yet stored, it knows itself.
/// </summary>
internal sealed class CallMemory(ICallStore store, CallVault vault, ILogger<CallMemory> log)
{
    private readonly UnstoredVariables _unstored = new();
    private readonly MemorySizes _sizes = new();

    /// <summary>Reads values that a request lacks. An outage costs no more than the values.</summary>
    /// <param name="names">At least one: see <see cref="ActionPlan.WantedFromMemory"/>.</param>
    public async ValueTask<Recollection> ReadAsync(
        CallKey call, IReadOnlyCollection<string> names, CancellationToken cancellationToken)
    {
        Warning? warning = null;
        IReadOnlyList<StoredVariable> stored = [];
        var unstored = _unstored.Of(call, names);
        // Everything is from a moment ago.
        if (unstored.Count < names.Count)
        {
            try
            {
                stored = await store.GetVariablesAsync(call, names, cancellationToken).ConfigureAwait(false);
            }
            catch (StoreUnavailableException)
            {
                // StoreProbe logs it.
                warning = Unavailable("the store can't be reached");
            }
        }

        Dictionary<string, RememberedValue>? values = null;
        foreach (var variable in Latest(stored, unstored))
        {
            try
            {
                var read = Read(call, variable);
                (values ??= new(StringComparer.Ordinal)).Add(
                    variable.Name, new RememberedValue(read.Value, read.ActionName, read.Sensitive));
            }
            catch (StoreUnavailableException)
            {
                warning = Unavailable("the store can't be reached");
            }
            catch (Exception e) when (e is CryptographicException or InvalidProtocolBufferException)
            {
                log.MemoryUnreadable(variable.Name, e);
                warning = Unavailable("it can't be decrypted");
            }
        }

        return new Recollection(values, warning);
    }

    /// <summary>
    /// The variables of a Result, for the store, without those that don't fit into the call's memory.
    /// </summary>
    /// <param name="time">When the Result came: a later one of the same name replaces it.</param>
    /// <param name="maxBytes">For all variables of the call.</param>
    /// <exception cref="StoreUnavailableException">The key ring can't be read.</exception>
    public IReadOnlyList<StoredVariable> Of(
        CallKey call, ActionPlan plan, string executionId, Result result, DateTimeOffset time, long maxBytes)
    {
        if (result.Variables.Count == 0)
            return [];
        var variables = new List<StoredVariable>(result.Variables.Count);
        foreach (var (name, value) in result.Variables)
        {
            var content = new RememberedVariable
            {
                Name = name,
                Value = value,
                Sensitive = plan.SensitiveResults.Contains(name),
                ExecutionId = executionId,
                ActionId = plan.Id,
                ActionName = plan.Name,
                Time = Timestamp.FromDateTimeOffset(time),
            };
            if (_sizes.Take(call, name, content.CalculateSize(), maxBytes))
                variables.Add(new StoredVariable(name, time, vault.Protect(call, content.ToByteArray())));
            else
                log.MemoryFull(plan.Id, call.CallId, name, maxBytes);
        }

        return variables;
    }

    /// <summary>Lets the next execution on this server see them at once. <see cref="Release"/> them when the store has
    /// them, or never will.</summary>
    public void Remember(CallKey call, IReadOnlyList<StoredVariable> variables) => _unstored.Add(call, variables);

    /// <summary>The store is asked from now on.</summary>
    public void Release(CallKey call, IReadOnlyList<StoredVariable> variables) => _unstored.Remove(call, variables);

    /// <summary>The call has ended.</summary>
    public void Forget(CallKey call)
    {
        _unstored.Remove(call);
        _sizes.Forget(call);
    }

    /// <summary>What people may see of a call's memory, sorted by name: of sensitive variables no value.</summary>
    /// <param name="stored">All of the call's.</param>
    /// <exception cref="StoreUnavailableException">The key ring can't be read.</exception>
    public IReadOnlyList<RememberedVariable> Show(CallKey call, IReadOnlyList<StoredVariable> stored)
    {
        var shown = new List<RememberedVariable>();
        foreach (var variable in Latest(stored, _unstored.Of(call, names: null)))
        {
            try
            {
                var read = Read(call, variable);
                if (read.Sensitive)
                    read.Value = null;
                shown.Add(read);
            }
            catch (Exception e) when (e is CryptographicException or InvalidProtocolBufferException)
            {
                log.MemoryUnreadable(variable.Name, e);
            }
        }

        shown.Sort(static (one, other) => string.CompareOrdinal(one.Name, other.Name));
        return shown;
    }

    private RememberedVariable Read(CallKey call, StoredVariable variable)
    {
        var read = RememberedVariable.Parser.ParseFrom(vault.Unprotect(call, variable.Content));
        // The name beside the ciphertext isn't authenticated.
        return read.Name == variable.Name ? read : throw new CryptographicException("It is another variable's.");
    }

    private static IEnumerable<StoredVariable> Latest(
        IReadOnlyList<StoredVariable> stored, IReadOnlyCollection<StoredVariable> unstored) => unstored.Count == 0
        ? stored
        : stored.Concat(unstored).GroupBy(variable => variable.Name, StringComparer.Ordinal)
            .Select(same => same.MaxBy(variable => variable.Written)!);

    private static Warning Unavailable(string reason) => new()
    {
        Kind = WarningKind.MemoryUnavailable,
        Detail = $"What the call remembers couldn't be read: {reason}.",
    };
}

/// <summary>What a call remembers of the values that an execution lacks.</summary>
/// <param name="Values">For <c>ExecutionInput.Remembered</c>. Null: none.</param>
/// <param name="Warning">For the Result. Null: everything was read.</param>
internal readonly record struct Recollection(IReadOnlyDictionary<string, RememberedValue>? Values, Warning? Warning);
