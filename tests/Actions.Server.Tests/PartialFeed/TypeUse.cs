using System.Collections.Immutable;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;

namespace Actions.Server.Tests.PartialFeed;

/// <summary>A type as an assembly names it.</summary>
/// <param name="Assembly">Name of the assembly that declares it; null for the one that names it.</param>
/// <param name="Name">Full name; a nested type follows a slash.</param>
/// <param name="Arguments">Type arguments as text; empty where none are given.</param>
internal sealed record TypeUse(string? Assembly, string Name, ImmutableArray<string> Arguments)
{
    public string Text =>
        Arguments.IsEmpty ? Name : SignatureText.Provider.GetGenericInstantiation(Name, Arguments);

    /// <summary>Reads a type; null for arrays and the like. The context is what the naming type's parameters stand for.</summary>
    public static TypeUse? Read(MetadataReader reader, EntityHandle handle, ImmutableArray<string>? context = null)
    {
        switch (handle.Kind)
        {
            case HandleKind.TypeDefinition:
                return new TypeUse(null, SignatureText.OfType(reader, (TypeDefinitionHandle)handle), []);
            case HandleKind.TypeReference:
                var reference = (TypeReferenceHandle)handle;
                return new TypeUse(AssemblyOf(reader, reference), SignatureText.OfType(reader, reference), []);
            case HandleKind.TypeSpecification:
                return ReadInstantiation(reader, (TypeSpecificationHandle)handle, context ?? []);
            default:
                return null;
        }
    }

    private static TypeUse? ReadInstantiation(
        MetadataReader reader, TypeSpecificationHandle handle, ImmutableArray<string> context)
    {
        var blob = reader.GetBlobReader(reader.GetTypeSpecification(handle).Signature);
        if (blob.ReadSignatureTypeCode() != SignatureTypeCode.GenericTypeInstance)
            return null;

        // A byte that tells class from struct, then the generic type, the number of arguments, and they.
        blob.ReadByte();
        var generic = Read(reader, blob.ReadTypeHandle());
        var count = blob.ReadCompressedInteger();
        var decoder = new SignatureDecoder<string, ImmutableArray<string>>(SignatureText.Provider, reader, context);
        var arguments = ImmutableArray.CreateBuilder<string>(count);
        for (var i = 0; i < count; i++)
            arguments.Add(decoder.DecodeType(ref blob));
        return generic! with { Arguments = arguments.MoveToImmutable() };
    }

    private static string? AssemblyOf(MetadataReader reader, TypeReferenceHandle handle)
    {
        var scope = reader.GetTypeReference(handle).ResolutionScope;
        return scope.Kind switch
        {
            HandleKind.TypeReference => AssemblyOf(reader, (TypeReferenceHandle)scope),
            HandleKind.AssemblyReference =>
                reader.GetString(reader.GetAssemblyReference((AssemblyReferenceHandle)scope).Name),
            _ => null,
        };
    }
}
