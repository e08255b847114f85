using Google.Protobuf.Reflection;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Grpc.Reflection.V1;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

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
            "actions.v1.ExecutionService",
            "grpc.health.v1.Health",
            "grpc.reflection.v1.ServerReflection",
            "grpc.reflection.v1alpha.ServerReflection",
        ], ignoreOrder: true);
        var mapped = server.Services.GetRequiredService<EndpointDataSource>().Endpoints
            .Select(endpoint => endpoint.Metadata.GetMetadata<GrpcMethodMetadata>()?.Method.ServiceName)
            .OfType<string>().Distinct();
        response.ListServicesResponse.Service.Select(service => service.Name).ShouldBe(mapped, ignoreOrder: true);
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
            ("actions.v1.HttpRequest", "actions/v1/action_config.proto"),
            ("actions.v1.ActionConfig.LabelsEntry", "actions/v1/action_config.proto"),
            ("actions.v1.FailureReason", "actions/v1/execution.proto"),
            ("actions.v1.ErrorReason", "actions/v1/error_reason.proto"),
            ("google.rpc.Status", "google/rpc/status.proto"),
            ("google.rpc.ErrorInfo", "google/rpc/error_details.proto"),
            ("google.rpc.BadRequest.FieldViolation", "google/rpc/error_details.proto"),
            ("google.rpc.RetryInfo", "google/rpc/error_details.proto"),
            ("google.protobuf.Any", "google/protobuf/any.proto"),
            ("google.protobuf.Empty", "google/protobuf/empty.proto"),
            ("grpc.health.v1.HealthCheckResponse.ServingStatus", "health.proto"),
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
        (await reflection.AskForErrorAsync(new() { FileByFilename = "no.proto" })).ShouldBe(StatusCode.NotFound);
        (await reflection.AskForErrorAsync(new() { FileContainingSymbol = "actions.v1.No" }))
            .ShouldBe(StatusCode.NotFound);
        (await reflection.AskForErrorAsync(new() { FileContainingSymbol = "" })).ShouldBe(StatusCode.NotFound);
        // The contract extends nothing, so the package's gap takes nothing away.
        (await reflection.AskForErrorAsync(new() { AllExtensionNumbersOfType = "actions.v1.Result" }))
            .ShouldBe(StatusCode.Unimplemented);
        (await reflection.AskForErrorAsync(new())).ShouldBe(StatusCode.Unimplemented);

        (await reflection.AskForFilesAsync(new() { FileContainingSymbol = "actions.v1.Result" })).ShouldNotBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task EveryMessageOfTheContractAndEveryErrorDetail_IsDescribed(string version)
    {
        await using var server = await RunningServer.StartAsync();
        using var reflection = new ReflectionClient(server.Channel, version);
        FileDescriptor[] files =
        [
            .. V1.ActionServiceReflection.Descriptor.Dependencies, V1.ActionConfigServiceReflection.Descriptor,
            V1.ApiKeyServiceReflection.Descriptor, V1.ExecutionServiceReflection.Descriptor,
            V1.ExecutionRecordReflection.Descriptor, V1.ErrorReasonReflection.Descriptor, Google.Rpc.ErrorDetailsReflection.Descriptor,
        ];

        foreach (var message in files.SelectMany(file => file.MessageTypes))
        {
            var found = await reflection.AskForFilesAsync(new() { FileContainingSymbol = message.FullName });
            found.ShouldContain(file => file.Package + "." + message.Name == message.FullName
                && file.MessageType.Any(type => type.Name == message.Name), message.FullName);
            var names = found.Select(file => file.Name).ToList();
            found.SelectMany(file => file.Dependency).ShouldAllBe(import => names.Contains(import));
        }
    }
}
