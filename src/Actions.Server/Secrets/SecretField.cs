using System.Collections.Immutable;
using Actions.V1;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Actions.Server.Secrets;

/// <summary>
/// A field of an action that holds a <see cref="Secret"/>. The fields are found by descriptor, so that a new secret in
/// the contract can't be forgotten here.
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

    /// <summary>Path within the action, e.g. <c>authentication.api_key.value</c>.</summary>
    public string Path { get; }

    /// <returns>The message that contains the field. Null: not set.</returns>
    public IMessage? HolderIn(ActionConfig config)
    {
        IMessage? message = config;
        foreach (var step in _way[..^1])
            message = message is null ? null : (IMessage?)step.Accessor.GetValue(message);
        return message;
    }

    /// <returns>Null: the secret isn't set.</returns>
    public Secret? In(ActionConfig config) =>
        HolderIn(config) is { } holder ? (Secret?)_way[^1].Accessor.GetValue(holder) : null;

    /// <summary>The secret's text; empty if the secret isn't set.</summary>
    public string TextIn(ActionConfig config) => In(config)?.Plaintext ?? "";

    /// <summary>Sets the secret. <see cref="HolderIn"/> must not be null.</summary>
    public void Put(ActionConfig config, Secret secret) => _way[^1].Accessor.SetValue(HolderIn(config), secret);

    private static IEnumerable<SecretField> Find(MessageDescriptor message, ImmutableArray<FieldDescriptor> way)
    {
        foreach (var field in message.Fields.InDeclarationOrder().Where(field => field.FieldType == FieldType.Message))
        {
            // Messages of google.protobuf contain no secrets.
            if (field.MessageType.File.Package != ActionConfig.Descriptor.File.Package)
                continue;
            var here = way.Add(field);
            var found = field.MessageType == Secret.Descriptor
                ? [new SecretField(here)]
                : Find(field.MessageType, here).ToList();
            // An update keeps a secret by its path, and list elements have no stable path.
            if (field.IsRepeated && found.Count > 0)
                throw new NotSupportedException($"The list '{field.FullName}' contains a secret, which is not supported.");
            foreach (var secret in found)
                yield return secret;
        }
    }
}
