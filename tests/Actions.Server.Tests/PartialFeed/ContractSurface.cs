using System.Collections.Immutable;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Actions.Server.Tests.PartialFeed;

/// <summary>What a set of assemblies offers: types by name, members by signature.</summary>
internal sealed class ContractSurface : IDisposable
{
    private readonly List<PEReader> files = [];
    private readonly Dictionary<(string Assembly, string Type), (MetadataReader Reader, TypeDefinitionHandle Handle)>
        types = [];
    private readonly HashSet<(string Assembly, string Friend)> friends = [];

    public ContractSurface(IEnumerable<string> paths)
    {
        foreach (var path in paths)
            Add(new PEReader(File.OpenRead(path)));
    }

    /// <summary>Those of the uses that nothing here answers.</summary>
    public IReadOnlyList<SurfaceUse> Missing(IEnumerable<SurfaceUse> uses) => uses.Where(use => !Offers(use)).ToList();

    public void Dispose() => files.ForEach(file => file.Dispose());

    private void Add(PEReader file)
    {
        files.Add(file);
        var reader = file.GetMetadataReader();
        var assembly = reader.GetAssemblyDefinition();
        var name = reader.GetString(assembly.Name);
        foreach (var handle in reader.TypeDefinitions)
            types.Add((name, SignatureText.OfType(reader, handle)), (reader, handle));
        foreach (var friend in FriendsOf(reader, assembly))
            friends.Add((name, friend));
    }

    private bool Offers(SurfaceUse use)
    {
        var assembly = use.Type.Assembly!;
        var seesInternals = friends.Contains((assembly, use.User));
        return types.TryGetValue((assembly, use.Type.Name), out var type)
            && (seesInternals || IsVisible(type.Reader, type.Handle))
            && (use.Member is null || Lineage(assembly, use.Type).Any(level => Declares(level, use, seesInternals)));
    }

    // A member may be declared by the type, a base class or, for an interface, one that it extends.
    private IEnumerable<(string Assembly, TypeUse Type)> Lineage(string assembly, TypeUse type)
    {
        yield return (assembly, type);
        if (!types.TryGetValue((assembly, type.Name), out var found))
            yield break;

        var definition = found.Reader.GetTypeDefinition(found.Handle);
        var parents = definition.GetInterfaceImplementations()
            .Select(handle => found.Reader.GetInterfaceImplementation(handle).Interface)
            .Prepend(definition.BaseType)
            .Where(handle => !handle.IsNil)
            .Select(handle => TypeUse.Read(found.Reader, handle, type.Arguments)!);
        foreach (var parent in parents)
            foreach (var level in Lineage(parent.Assembly ?? assembly, parent))
                yield return level;
    }

    private bool Declares((string Assembly, TypeUse Type) level, SurfaceUse use, bool seesInternals)
    {
        if (!types.TryGetValue((level.Assembly, level.Type.Name), out var found))
            return false;

        var reader = found.Reader;
        var type = reader.GetTypeDefinition(found.Handle);
        var arguments = level.Type.Arguments;
        var methods =
            from method in type.GetMethods().Select(reader.GetMethodDefinition)
            where seesInternals || IsVisible(method.Attributes)
            where !use.Overrides || method.Attributes.HasFlag(MethodAttributes.Virtual)
            select SignatureText.OfMethod(
                reader.GetString(method.Name), method.DecodeSignature(SignatureText.Provider, arguments));
        var fields =
            from field in type.GetFields().Select(reader.GetFieldDefinition)
            where seesInternals || IsVisible(field.Attributes)
            select SignatureText.OfField(
                reader.GetString(field.Name), field.DecodeSignature(SignatureText.Provider, arguments));
        return methods.Concat(fields).Contains(use.Member);
    }

    private static bool IsVisible(MetadataReader reader, TypeDefinitionHandle handle)
    {
        var type = reader.GetTypeDefinition(handle);
        return (type.Attributes & TypeAttributes.VisibilityMask) switch
        {
            TypeAttributes.Public => true,
            TypeAttributes.NestedPublic or TypeAttributes.NestedFamily or TypeAttributes.NestedFamORAssem =>
                IsVisible(reader, type.GetDeclaringType()),
            _ => false,
        };
    }

    private static bool IsVisible(MethodAttributes attributes) =>
        (attributes & MethodAttributes.MemberAccessMask)
            is MethodAttributes.Public or MethodAttributes.Family or MethodAttributes.FamORAssem;

    private static bool IsVisible(FieldAttributes attributes) =>
        (attributes & FieldAttributes.FieldAccessMask)
            is FieldAttributes.Public or FieldAttributes.Family or FieldAttributes.FamORAssem;

    private static IEnumerable<string> FriendsOf(MetadataReader reader, AssemblyDefinition assembly)
    {
        foreach (var attribute in assembly.GetCustomAttributes().Select(reader.GetCustomAttribute))
        {
            if (attribute.Constructor.Kind != HandleKind.MemberReference)
                continue;
            var type = reader.GetMemberReference((MemberReferenceHandle)attribute.Constructor).Parent;
            if (TypeUse.Read(reader, type)?.Name != "System.Runtime.CompilerServices.InternalsVisibleToAttribute")
                continue;

            var value = reader.GetBlobReader(attribute.Value);
            value.ReadUInt16(); // Every attribute's value begins with the same two bytes.
            yield return new AssemblyName(value.ReadSerializedString()!).Name!;
        }
    }
}
