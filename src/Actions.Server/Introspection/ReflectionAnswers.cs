using Actions.V1;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Grpc.Reflection.V1;
using Request = Grpc.Reflection.V1.ServerReflectionRequest;
using Response = Grpc.Reflection.V1.ServerReflectionResponse;

namespace Actions.Server.Introspection;

/// <summary>One question about this server's protos, one answer.</summary>
internal sealed class ReflectionAnswers(MappedServices services)
{
    // What travels inside google.protobuf.Any or as a number, so that no service imports it, and what clients may
    // ask for by name when they print or write such a message.
    private static readonly FileDescriptor[] Unimported =
    [
        ErrorReasonReflection.Descriptor,
        StatusReflection.Descriptor,
        ErrorDetailsReflection.Descriptor,
        AnyReflection.Descriptor,
        ApiReflection.Descriptor,
        DurationReflection.Descriptor,
        EmptyReflection.Descriptor,
        FieldMaskReflection.Descriptor,
        SourceContextReflection.Descriptor,
        StructReflection.Descriptor,
        TimestampReflection.Descriptor,
        TypeReflection.Descriptor,
        WrappersReflection.Descriptor,
        FileDescriptor.DescriptorProtoFileDescriptor,
    ];

    private readonly DescriptorIndex _index = new([.. services.All.Select(service => service.File), .. Unimported]);

    public Response Answer(Request request)
    {
        var response = request.MessageRequestCase switch
        {
            Request.MessageRequestOneofCase.ListServices => Services(),
            Request.MessageRequestOneofCase.FileByFilename =>
                File(_index.FindFile(request.FileByFilename), "file"),
            Request.MessageRequestOneofCase.FileContainingSymbol =>
                File(_index.FindSymbol(request.FileContainingSymbol), "symbol"),
            Request.MessageRequestOneofCase.FileContainingExtension =>
                File(FindExtension(request.FileContainingExtension), "extension"),
            Request.MessageRequestOneofCase.AllExtensionNumbersOfType =>
                ExtensionNumbers(request.AllExtensionNumbersOfType),
            _ => Error(StatusCode.InvalidArgument, "The request asks for nothing that this server knows of."),
        };
        response.ValidHost = request.Host;
        response.OriginalRequest = request;
        return response;
    }

    private Response Services() => new()
    {
        ListServicesResponse = new ListServiceResponse
        {
            Service = { services.All.Select(service => new ServiceResponse { Name = service.FullName }) },
        },
    };

    private FileDescriptor? FindExtension(ExtensionRequest extension) =>
        _index.FindExtension(extension.ContainingType, extension.ExtensionNumber);

    private static Response File(FileDescriptor? file, string kind)
    {
        if (file is null)
            return Error(StatusCode.NotFound, $"This server knows no such {kind}.");

        return new Response
        {
            FileDescriptorResponse = new FileDescriptorResponse
            {
                FileDescriptorProto = { DescriptorIndex.WithImports(file).Select(each => each.SerializedData) },
            },
        };
    }

    private Response ExtensionNumbers(string messageName)
    {
        // A message that nothing extends has no numbers; one that isn't known is an error.
        var numbers = _index.ExtensionNumbers(messageName).ToList();
        if (numbers.Count == 0 && _index.FindMessage(messageName) is null)
            return Error(StatusCode.NotFound, "This server knows no such message.");

        return new Response
        {
            AllExtensionNumbersResponse = new ExtensionNumberResponse
            {
                BaseTypeName = messageName,
                ExtensionNumber = { numbers },
            },
        };
    }

    private static Response Error(StatusCode code, string message) => new()
    {
        ErrorResponse = new ErrorResponse { ErrorCode = (int)code, ErrorMessage = message },
    };
}
