using System.Collections;
using System.Collections.Frozen;
using System.Collections.Immutable;
using Actions.V1;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Actions.Server.Secrets;

/// <summary>
/// A field of one action that can hold a <see cref="Secret"/>: its message is set. The fields are found by descriptor,
/// so that a new secret in the contract can't be forgotten here.
/// </summary>
internal sealed class SecretField
{
    private const string ElementName = "name";

    private static readonly FrozenSet<MessageDescriptor> Holders = FindHolders();

    private readonly IMessage _holder;
    private readonly FieldDescriptor _field;

    private SecretField(IMessage holder, FieldDescriptor field, Way way)
    {
        (_holder, _field) = (holder, field);
        (Path, Key, IsInList) = (way.Path, way.Key, way.IsInList);
    }

    /// <summary>Path within the action, e.g. <c>authentication.api_key.value</c>; a list's element by its
    /// index.</summary>
    public string Path { get; }

    /// <summary>The path with a list's element by its name: after an update, the index may be another
    /// element's.</summary>
    public string Key { get; }

    /// <summary>The secret belongs to an element of a list.</summary>
    public bool IsInList { get; }

    /// <summary>Null: the secret isn't set.</summary>
    public Secret? Value
    {
        get => (Secret?)_field.Accessor.GetValue(_holder);
        set => _field.Accessor.SetValue(_holder, value);
    }

    /// <summary>The secret's text; empty if the secret isn't set.</summary>
    public string Text => Value?.Plaintext ?? "";

    public static ImmutableArray<SecretField> AllIn(ActionConfig config) => [.. Find(config, new Way("", "", IsInList: false))];

    private static IEnumerable<SecretField> Find(IMessage message, Way way)
    {
        foreach (var field in message.Descriptor.Fields.InDeclarationOrder().Where(IsOnTheWay))
        {
            var next = way.To(field.Name);
            var value = field.Accessor.GetValue(message);
            if (field.MessageType == Secret.Descriptor)
                yield return new SecretField(message, field, next);
            else if (field.IsRepeated)
                foreach (var secret in FindInList((IList)value, next))
                    yield return secret;
            else if (value is IMessage nested)
                foreach (var secret in Find(nested, next))
                    yield return secret;
        }
    }

    private static IEnumerable<SecretField> FindInList(IList list, Way way) =>
        list.Cast<IMessage>().SelectMany((element, i) =>
            Find(element, way.ToElement(i, (string)element.Descriptor.FindFieldByName(ElementName).Accessor.GetValue(element))));

    private static bool IsOnTheWay(FieldDescriptor field) =>
        field.FieldType == FieldType.Message && (field.MessageType == Secret.Descriptor || Holders.Contains(field.MessageType));

    private static FrozenSet<MessageDescriptor> FindHolders()
    {
        var holders = new HashSet<MessageDescriptor>();
        Visit(ActionConfig.Descriptor, holders);
        return holders.ToFrozenSet();
    }

    /// <returns>Whether the message, or one within it, has a field for a secret.</returns>
    private static bool Visit(MessageDescriptor message, HashSet<MessageDescriptor> holders)
    {
        // Messages of google.protobuf contain no secrets.
        if (message.File.Package != ActionConfig.Descriptor.File.Package)
            return false;
        if (message == Secret.Descriptor)
            return true;
        foreach (var field in message.Fields.InDeclarationOrder().Where(field => field.FieldType == FieldType.Message))
        {
            if (!Visit(field.MessageType, holders))
                continue;
            // An update keeps a secret of the element with the same name: an index is no stable path.
            if (field.IsRepeated && field.MessageType.FindFieldByName(ElementName)?.FieldType != FieldType.String)
                throw new NotSupportedException($"The elements of '{field.FullName}' contain a secret and have no name.");
            holders.Add(message);
        }

        return holders.Contains(message);
    }

    private readonly record struct Way(string Path, string Key, bool IsInList)
    {
        public Way To(string field) => Path.Length == 0
            ? new Way(field, field, IsInList)
            : new Way($"{Path}.{field}", $"{Key}.{field}", IsInList);

        // The name can't be mistaken for a part of the path: nothing follows its bracket but a field.
        public Way ToElement(int index, string name) => new($"{Path}[{index}]", $"{Key}[{name}]", IsInList: true);
    }
}
