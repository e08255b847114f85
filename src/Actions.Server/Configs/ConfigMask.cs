using System.Collections;
using System.Collections.Immutable;
using Actions.Engine.Limits;
using Actions.V1;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Server.Configs;

/// <summary>
/// Applies the update mask of a request (google.protobuf.FieldMask, AIP-134). The library's own merge doesn't support
/// map fields, and ignores paths that don't exist.
/// </summary>
internal static class ConfigMask
{
    private const string Everything = "*";

    /// <param name="mask">Paths such as <c>messages.start_message</c>; <c>*</c> for all fields; no paths for all fields
    /// that are set.</param>
    /// <param name="source">The action in the request.</param>
    /// <param name="target">The stored action; changed in place.</param>
    /// <exception cref="InvalidFieldsException">A path names an unknown or read-only field.</exception>
    public static void Apply(FieldMask? mask, ActionConfig source, ActionConfig target)
    {
        if (mask is null or { Paths.Count: 0 })
        {
            Merge(source, target, OutputOnly.Fields);
            return;
        }

        var paths = mask.Paths.Select(path => path.Split('.')).ToList();
        var wrong = paths.Select((path, i) => ProblemOf(path) is { } reason
            ? new FieldViolation($"update_mask.paths[{i}]", $"names '{mask.Paths[i]}', {reason}")
            : null).OfType<FieldViolation>().ToImmutableArray();
        if (!wrong.IsEmpty)
            throw new InvalidFieldsException(wrong);

        foreach (var path in paths)
        {
            if (path is [Everything])
                foreach (var field in ActionConfig.Descriptor.Fields.InDeclarationOrder().Where(f => !OutputOnly.Fields.Contains(f.Name)))
                    Copy(field, source, target);
            else
                Write(path, source, target);
        }
    }

    /// <summary>Merges all fields that are set: messages field by field, lists and maps as a whole.</summary>
    private static void Merge(IMessage source, IMessage target, IReadOnlySet<string>? except = null)
    {
        foreach (var field in source.Descriptor.Fields.InDeclarationOrder())
        {
            if (!IsSet(field, source) || except?.Contains(field.Name) == true)
                continue;
            if (IsNested(field) && IsSet(field, target))
                Merge((IMessage)field.Accessor.GetValue(source), (IMessage)field.Accessor.GetValue(target));
            else
                Copy(field, source, target);
        }
    }

    /// <returns>The error in the path, or null.</returns>
    private static string? ProblemOf(string[] path)
    {
        if (path is [Everything])
            return null;
        if (OutputOnly.Fields.Contains(path[0]))
            return "which is read-only.";

        var message = ActionConfig.Descriptor;
        for (var i = 0; ; i++)
        {
            if (message.FindFieldByName(path[i]) is not { } field)
                return "which is not a field.";
            if (i == path.Length - 1)
                return null;
            if (!IsNested(field))
                return $"but '{path[i]}' has no fields; name it as a whole.";
            message = field.MessageType;
        }
    }

    private static void Write(string[] path, ActionConfig source, ActionConfig target)
    {
        IMessage? from = source;
        IMessage to = target;
        foreach (var step in path[..^1])
        {
            var field = to.Descriptor.FindFieldByName(step);
            from = from is null ? null : (IMessage?)field.Accessor.GetValue(from);
            if (field.Accessor.GetValue(to) is not IMessage next)
            {
                // The message is missing in both: there is nothing to clear or to copy.
                if (from is null)
                    return;
                next = field.MessageType.Parser.ParseFrom(ByteString.Empty);
                field.Accessor.SetValue(to, next);
            }

            to = next;
        }

        Copy(to.Descriptor.FindFieldByName(path[^1]), from, to);
    }

    private static void Copy(FieldDescriptor field, IMessage? source, IMessage target)
    {
        if (source is null || !IsSet(field, source))
        {
            // In a oneof only the named member is cleared.
            if (IsSet(field, target))
                field.Accessor.Clear(target);
            return;
        }

        var value = field.Accessor.GetValue(source);
        if (field.IsMap)
        {
            field.Accessor.Clear(target);
            var map = (IDictionary)field.Accessor.GetValue(target);
            foreach (DictionaryEntry entry in (IDictionary)value)
                map.Add(entry.Key, entry.Value);
        }
        else if (field.IsRepeated)
        {
            field.Accessor.Clear(target);
            var list = (IList)field.Accessor.GetValue(target);
            foreach (var item in (IList)value)
                list.Add(item is IMessage element ? Copied(element) : item);
        }
        else
        {
            // A copy: another path may write into it, and a second attempt starts from the same source.
            field.Accessor.SetValue(target, value is IMessage message ? Copied(message) : value);
        }
    }

    private static IMessage Copied(IMessage message) => message.Descriptor.Parser.ParseFrom(message.ToByteString());

    // Messages of google.protobuf (durations, values, timestamps) count as values.
    private static bool IsNested(FieldDescriptor field) =>
        !field.IsRepeated && field.FieldType == FieldType.Message && field.MessageType.File.Package == ActionConfig.Descriptor.File.Package;

    private static bool IsSet(FieldDescriptor field, IMessage message) => field switch
    {
        { IsRepeated: true } => ((ICollection)field.Accessor.GetValue(message)).Count > 0,
        { HasPresence: true } => field.Accessor.HasValue(message),
        _ => !IsDefault(field.Accessor.GetValue(message)),
    };

    private static bool IsDefault(object value) => value switch
    {
        string text => text.Length == 0,
        ByteString bytes => bytes.IsEmpty,
        bool flag => !flag,
        int number => number == 0,
        System.Enum constant => Convert.ToInt32(constant, System.Globalization.CultureInfo.InvariantCulture) == 0,
        _ => throw new NotSupportedException($"A field of {value.GetType()} is new in the contract."),
    };
}
