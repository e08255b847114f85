using System.Reflection;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using ServiceDescriptor = Google.Protobuf.Reflection.ServiceDescriptor;

namespace Actions.Server.Introspection;

/// <summary>
/// The gRPC services that this server really answers to, as routing knows them. To be asked for once the endpoints
/// are mapped.
/// </summary>
internal sealed class MappedServices(EndpointDataSource endpoints)
{
    /// <summary>In the order of their full names.</summary>
    public IReadOnlyList<ServiceDescriptor> All { get; } =
    [
        .. endpoints.Endpoints
            .Select(endpoint => endpoint.Metadata.GetMetadata<GrpcMethodMetadata>()?.ServiceType)
            .OfType<Type>()
            .Distinct()
            .Select(DescriptorOf)
            .OrderBy(service => service.FullName, StringComparer.Ordinal),
    ];

    // The generated base class of a service names the generated class that holds its descriptor.
    private static ServiceDescriptor DescriptorOf(Type service)
    {
        var generated = service.GetCustomAttribute<BindServiceMethodAttribute>()?.BindType;
        var descriptor = generated?.GetProperty("Descriptor", BindingFlags.Public | BindingFlags.Static);
        return descriptor?.GetValue(null) as ServiceDescriptor
            ?? throw new InvalidOperationException($"{service} was not generated from a proto file.");
    }
}
