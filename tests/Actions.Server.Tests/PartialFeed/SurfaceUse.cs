using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Actions.Server.Tests.PartialFeed;

/// <summary>One thing that an assembly takes from another one.</summary>
/// <param name="User">Name of the assembly that takes it.</param>
/// <param name="Type">The type, or the type with the member.</param>
/// <param name="Member">The member's signature; null for the type alone.</param>
/// <param name="Overrides">Whether the user overrides the member rather than calling it.</param>
internal sealed record SurfaceUse(string User, TypeUse Type, string? Member = null, bool Overrides = false)
{
    private static readonly string[] MethodsOfObject = ["ToString", "Equals", "GetHashCode", "Finalize"];

    /// <summary>Everything that the assembly in a file takes from the named assemblies.</summary>
    public static IReadOnlyList<SurfaceUse> ReadAll(string path, IReadOnlyCollection<string> assemblies)
    {
        using var file = new PEReader(File.OpenRead(path));
        var reader = file.GetMetadataReader();
        var user = reader.GetString(reader.GetAssemblyDefinition().Name);
        return Types(reader, user)
            .Concat(Members(reader, user))
            .Concat(Overridden(reader, user))
            .Where(use => use.Type.Assembly is { } assembly && assemblies.Contains(assembly))
            .DistinctBy(use => use.ToString())
            .ToList();
    }

    public override string ToString()
    {
        var member = Member is null ? "" : $"::{Member}";
        return $"[{Type.Assembly}] {Type.Text}{member} ({(Overrides ? "overridden" : "used")} by {User})";
    }

    private static IEnumerable<SurfaceUse> Types(MetadataReader reader, string user) =>
        reader.TypeReferences.Select(handle => new SurfaceUse(user, TypeUse.Read(reader, handle)!));

    private static IEnumerable<SurfaceUse> Members(MetadataReader reader, string user)
    {
        foreach (var member in reader.MemberReferences.Select(reader.GetMemberReference))
        {
            var type = TypeUse.Read(reader, member.Parent);
            if (type is null)
                continue;

            var name = reader.GetString(member.Name);
            var text = member.GetKind() == MemberReferenceKind.Method
                ? SignatureText.OfMethod(name, member.DecodeMethodSignature(SignatureText.Provider, []))
                : SignatureText.OfField(name, member.DecodeFieldSignature(SignatureText.Provider, []));
            // The signature is written as the declaring type sees it, with numbers for its parameters.
            yield return new SurfaceUse(user, type with { Arguments = [] }, text);
        }
    }

    // Metadata has no reference for an override, and one without its base goes unnoticed: it is never called.
    private static IEnumerable<SurfaceUse> Overridden(MetadataReader reader, string user)
    {
        foreach (var type in reader.TypeDefinitions.Select(reader.GetTypeDefinition))
        {
            var parent = type.BaseType.IsNil ? null : TypeUse.Read(reader, type.BaseType);
            if (parent is null)
                continue;

            foreach (var method in type.GetMethods().Select(reader.GetMethodDefinition))
            {
                var name = reader.GetString(method.Name);
                var isOverride = method.Attributes.HasFlag(MethodAttributes.Virtual)
                    && !method.Attributes.HasFlag(MethodAttributes.NewSlot)
                    && !MethodsOfObject.Contains(name);
                if (isOverride)
                {
                    var text = SignatureText.OfMethod(name, method.DecodeSignature(SignatureText.Provider, []));
                    yield return new SurfaceUse(user, parent, text, Overrides: true);
                }
            }
        }
    }
}
