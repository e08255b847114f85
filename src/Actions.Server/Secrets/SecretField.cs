using System.Collections.Immutable;
using Actions.V1;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Actions.Server.Secrets;

/// <summary>
/// A place in an action where the contract has a <see cref="Secret"/>. Found by the descriptor: one that is added there
/// can't be forgotten here.
/// </summary>
internal sealed class SecretField
{
    private readonly ImmutableArray<FieldDescriptor> _way;

    private SecretField(ImmutableArray<FieldDescriptor> way)
    {
        _way = way;
        Path = string.Join('.', way.Select(step => step.Name));
    }

    public static ImmutableArray<SecretField> All { get; } = [.. Find(ActionConfig.Descriptor, [])];

    /// <summary>Within the action, e.g. <c>authentication.api_key.value</c>.</summary>
    public string Path { get; }

    /// <returns>Null: the message that would hold it isn't set.</returns>
    public IMessage? HolderIn(ActionConfig config)
    {
        IMessage? message = config;
        foreach (var step in _way[..^1])
            message = message is null ? null : (IMessage?)step.Accessor.GetValue(message);
        return message;
    }

    /// <returns>Null: it isn't set.</returns>
    public Secret? In(ActionConfig config) =>
        HolderIn(config) is { } holder ? (Secret?)_way[^1].Accessor.GetValue(holder) : null;

    /// <summary>The text in it, the empty one where it isn't set.</summary>
    public string TextIn(ActionConfig config) => In(config)?.Plaintext ?? "";

    /// <summary>Puts a secret where <see cref="HolderIn"/> is not null.</summary>
    public void Put(ActionConfig config, Secret secret) => _way[^1].Accessor.SetValue(HolderIn(config), secret);

    private static IEnumerable<SecretField> Find(MessageDescriptor message, ImmutableArray<FieldDescriptor> way)
    {
        foreach (var field in message.Fields.InDeclarationOrder().Where(field => field.FieldType == FieldType.Message))
        {
            // google.protobuf's own messages hold none of ours.
            if (field.MessageType.File.Package != ActionConfig.Descriptor.File.Package)
                continue;
            var here = way.Add(field);
            var found = field.MessageType == Secret.Descriptor
                ? [new SecretField(here)]
                : Find(field.MessageType, here).ToList();
            // Its path is what an update keeps a secret by, and a place in a list is nobody's in particular.
            if (field.IsRepeated && found.Count > 0)
                throw new NotSupportedException($"A secret came into the list '{field.FullName}'.");
            foreach (var secret in found)
                yield return secret;
        }
    }
}
