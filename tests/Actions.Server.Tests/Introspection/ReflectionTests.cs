using Actions.Server.Introspection;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Reflection.V1;

namespace Actions.Server.Tests.Introspection;

public sealed class ReflectionTests
{
    public static TheoryData<string> Versions => ["v1", "v1alpha"];

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task ListServices_AreThoseThatAreMapped(string version)
    {
        await using var server = await RunningServer.StartAsync();
        using var reflection = new ReflectionClient(server.Channel, version);

        var response = await reflection.AskAsync(new() { Host = "here", ListServices = "*" });

        response.ListServicesResponse.Service.Select(service => service.Name).ShouldBe(
        [
            "actions.v1.ActionConfigService",
            "actions.v1.ActionService",
            "actions.v1.ApiKeyService",
            "grpc.health.v1.Health",
            "grpc.reflection.v1.ServerReflection",
            "grpc.reflection.v1alpha.ServerReflection",
        ]);
        response.ValidHost.ShouldBe("here");
        response.OriginalRequest.ShouldBe(new ServerReflectionRequest { Host = "here", ListServices = "*" });
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task FileContainingSymbol_DeclaresIt(string version)
    {
        (string Symbol, string File)[] cases =
        [
            ("actions.v1.ActionService", "actions/v1/action_service.proto"),
            ("actions.v1.ActionService.Execute", "actions/v1/action_service.proto"),
            ("actions.v1.ActionConfig", "actions/v1/action_config.proto"),
            ("actions.v1.ActionConfig.LabelsEntry", "actions/v1/action_config.proto"),
            ("actions.v1.ActionConfig.name", "actions/v1/action_config.proto"),
            ("actions.v1.HttpRequest.body", "actions/v1/action_config.proto"),
            ("actions.v1.FailureReason", "actions/v1/execution.proto"),
            ("actions.v1.FAILURE_REASON_TIMEOUT", "actions/v1/execution.proto"),
            ("actions.v1.ErrorReason", "actions/v1/error_reason.proto"),
            ("google.rpc.Status", "google/rpc/status.proto"),
            ("google.rpc.ErrorInfo", "google/rpc/error_details.proto"),
            ("google.rpc.BadRequest.FieldViolation", "google/rpc/error_details.proto"),
            ("google.rpc.RetryInfo", "google/rpc/error_details.proto"),
            ("google.protobuf.Any", "google/protobuf/any.proto"),
            ("google.protobuf.Empty", "google/protobuf/empty.proto"),
            ("google.protobuf.FieldDescriptorProto.TYPE_INT32", "google/protobuf/descriptor.proto"),
            ("grpc.health.v1.HealthCheckResponse.ServingStatus", "grpc/health/v1/health.proto"),
            ("grpc.reflection.v1.ServerReflection", "grpc/reflection/v1/reflection.proto"),
            ("grpc.reflection.v1alpha.ErrorResponse", "grpc/reflection/v1alpha/reflection.proto"),
        ];
        await using var server = await RunningServer.StartAsync();
        using var reflection = new ReflectionClient(server.Channel, version);

        foreach (var (symbol, file) in cases)
        {
            var files = await reflection.AskForFilesAsync(new() { FileContainingSymbol = symbol });
            files[0].Name.ShouldBe(file, symbol);
        }
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task FileByFilename_ComesWithAllThatItImports(string version)
    {
        await using var server = await RunningServer.StartAsync();
        using var reflection = new ReflectionClient(server.Channel, version);

        const string name = "actions/v1/action_config_service.proto";
        var files = await reflection.AskForFilesAsync(new() { FileByFilename = name });

        files[0].Name.ShouldBe(name);
        var names = files.Select(file => file.Name).ToList();
        names.ShouldBeUnique();
        names.ShouldContain("google/protobuf/timestamp.proto");
        files.SelectMany(file => file.Dependency).ShouldAllBe(import => names.Contains(import));
        files[0].MessageType.ShouldContain(message => message.Name == "CreateActionConfigRequest");
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task UnknownName_IsAnErrorThatLeavesTheStreamOpen(string version)
    {
        await using var server = await RunningServer.StartAsync();
        using var reflection = new ReflectionClient(server.Channel, version);
        var options = new ExtensionRequest { ContainingType = "google.protobuf.MethodOptions", ExtensionNumber = 1 };

        (await reflection.AskForErrorAsync(new() { FileByFilename = "no.proto" })).ShouldBe(StatusCode.NotFound);
        (await reflection.AskForErrorAsync(new() { FileContainingSymbol = "actions.v1.No" }))
            .ShouldBe(StatusCode.NotFound);
        (await reflection.AskForErrorAsync(new() { FileContainingSymbol = "" })).ShouldBe(StatusCode.NotFound);
        (await reflection.AskForErrorAsync(new() { FileContainingExtension = options })).ShouldBe(StatusCode.NotFound);
        (await reflection.AskForErrorAsync(new() { AllExtensionNumbersOfType = "actions.v1.No" }))
            .ShouldBe(StatusCode.NotFound);
        (await reflection.AskForErrorAsync(new())).ShouldBe(StatusCode.InvalidArgument);

        (await reflection.AskForFilesAsync(new() { FileContainingSymbol = "actions.v1.Result" })).ShouldNotBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task MessageThatNothingExtends_HasNoExtensionNumbers(string version)
    {
        await using var server = await RunningServer.StartAsync();
        using var reflection = new ReflectionClient(server.Channel, version);

        var response = await reflection.AskAsync(new() { AllExtensionNumbersOfType = "actions.v1.Result" });

        response.AllExtensionNumbersResponse.BaseTypeName.ShouldBe("actions.v1.Result");
        response.AllExtensionNumbersResponse.ExtensionNumber.ShouldBeEmpty();
    }

    [Fact]
    public void FileWithAnExtension_IsFoundByItsNumber()
    {
        // The contract extends nothing so far, so this asks what the service would ask.
        var options = FileDescriptor.DescriptorProtoFileDescriptor;
        var file = new FileDescriptorProto
        {
            Name = "extension.proto",
            Package = "example",
            Dependency = { options.Name },
            Extension =
            {
                new FieldDescriptorProto
                {
                    Name = "note",
                    Number = 50_001,
                    Extendee = ".google.protobuf.MethodOptions",
                    Type = FieldDescriptorProto.Types.Type.String,
                    Label = FieldDescriptorProto.Types.Label.Optional,
                },
            },
        };
        var built = FileDescriptor.BuildFromByteStrings([options.SerializedData, file.ToByteString()])[^1];

        var index = new DescriptorIndex([built]);

        index.ExtensionNumbers("google.protobuf.MethodOptions").ShouldBe([50_001]);
        index.FindExtension("google.protobuf.MethodOptions", 50_001).ShouldBe(built);
        index.FindExtension("google.protobuf.MethodOptions", 50_002).ShouldBeNull();
        index.FindSymbol("example.note").ShouldBe(built);
    }
}
