using Google.Protobuf.Reflection;

namespace Actions.Server.Introspection;

/// <summary>Finds the file that declares something, among some files and everything they import.</summary>
internal sealed class DescriptorIndex
{
    private readonly Dictionary<string, FileDescriptor> _files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, FileDescriptor> _symbols = new(StringComparer.Ordinal);
    private readonly Dictionary<string, MessageDescriptor> _messages = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SortedList<int, FileDescriptor>> _extensions = new(StringComparer.Ordinal);

    public DescriptorIndex(IEnumerable<FileDescriptor> files)
    {
        foreach (var file in files.SelectMany(WithImports))
        {
            if (_files.TryAdd(file.Name, file))
                Add(file);
        }
    }

    /// <summary>The file itself, then all that it imports, directly or not, each once.</summary>
    public static IEnumerable<FileDescriptor> WithImports(FileDescriptor file)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal) { file.Name };
        var next = new Queue<FileDescriptor>([file]);
        while (next.TryDequeue(out var found))
        {
            yield return found;
            foreach (var import in found.Dependencies.Where(import => seen.Add(import.Name)))
                next.Enqueue(import);
        }
    }

    public FileDescriptor? FindFile(string name) => _files.GetValueOrDefault(name);

    /// <summary>By the full name of a service, a method, a message, a field, a oneof, an enum, an enum value or an
    /// extension.</summary>
    public FileDescriptor? FindSymbol(string fullName) => _symbols.GetValueOrDefault(fullName);

    public MessageDescriptor? FindMessage(string fullName) => _messages.GetValueOrDefault(fullName);

    public FileDescriptor? FindExtension(string messageName, int number) =>
        _extensions.TryGetValue(messageName, out var extensions) ? extensions.GetValueOrDefault(number) : null;

    public IEnumerable<int> ExtensionNumbers(string messageName) =>
        _extensions.TryGetValue(messageName, out var extensions) ? extensions.Keys : [];

    private void Add(FileDescriptor file)
    {
        foreach (var service in file.Services)
        {
            Add(service);
            foreach (var method in service.Methods)
                Add(method);
        }

        foreach (var message in file.MessageTypes)
            AddMessage(message);

        foreach (var @enum in file.EnumTypes)
            AddEnum(@enum);

        AddExtensions(file.Extensions);
    }

    private void AddMessage(MessageDescriptor message)
    {
        Add(message);
        _messages.TryAdd(message.FullName, message);
        foreach (var field in message.Fields.InDeclarationOrder())
            Add(field);

        foreach (var oneof in message.Oneofs)
            Add(oneof);

        foreach (var nested in message.NestedTypes)
            AddMessage(nested);

        foreach (var @enum in message.EnumTypes)
            AddEnum(@enum);

        AddExtensions(message.Extensions);
    }

    private void AddEnum(EnumDescriptor @enum)
    {
        Add(@enum);
        // Protobuf scopes values like C does: a value is the sibling of its enum, not a child.
        var scope = @enum.FullName[..^@enum.Name.Length];
        foreach (var value in @enum.Values)
            _symbols.TryAdd(scope + value.Name, value.File);
    }

    private void AddExtensions(ExtensionCollection extensions)
    {
        foreach (var extension in extensions.UnorderedExtensions)
        {
            Add(extension);
            var message = extension.ExtendeeType.FullName;
            if (!_extensions.TryGetValue(message, out var known))
                _extensions.Add(message, known = []);

            known.TryAdd(extension.FieldNumber, extension.File);
        }
    }

    private void Add(DescriptorBase declared) => _symbols.TryAdd(declared.FullName, declared.File);
}
