using System.IO.Compression;
using Actions.V1;
using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;

namespace Actions.Server.Tests.Errors;

/// <summary>What the gRPC framework refuses before a method is reached carries details like everything else.</summary>
public sealed class FrameworkErrorTests(FrameworkErrorTests.SmallServer small) : IClassFixture<FrameworkErrorTests.SmallServer>
{
    private const int MaxRequestBytes = 2_000;
    private const string Create = "actions.v1.ActionConfigService/CreateActionConfig";
    private const string Execute = "actions.v1.ActionService/Execute";

    private readonly RunningServer _server = small.Server;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("actions.v1.ActionService", "Nothing")]
    [InlineData("actions.v1.NoService", "Execute")]
    public async Task UnknownMethod_IsUnimplemented(string service, string method)
    {
        var marshaller = Marshallers.Create<byte[]>(bytes => bytes, bytes => bytes);
        var unknown = new Method<byte[], byte[]>(MethodType.Unary, service, method, marshaller, marshaller);
        using var call = _server.Channel.CreateCallInvoker()
            .AsyncUnaryCall(unknown, host: null, new CallOptions(cancellationToken: Token), []);

        (await Refusal.OfAsync(call)).ShouldBe(StatusCode.Unimplemented, "ERROR_REASON_UNIMPLEMENTED");
    }

    [Theory]
    // A little too large, and much: more than HTTP/2 sends before it is read.
    [InlineData(1)]
    [InlineData(1_000_000)]
    public async Task RequestLargerThanAllowed_HasReachedALimit(int excess)
    {
        var action = AnAction.Any();
        var request = new CreateActionConfigRequest { ActionConfig = action };
        Fill(request, text => action.Description = text, MaxRequestBytes + excess);

        ShouldBeTooLarge(await Refusal.OfAsync(_server.Configs.CreateActionConfigAsync(request, cancellationToken: Token)));

        var execute = new ExecuteRequest { Name = action.Name };
        Fill(execute, text => execute.CallId = text, MaxRequestBytes + excess);
        ShouldBeTooLarge(await Refusal.OfAsync(_server.Actions.Execute(execute, cancellationToken: Token)));
    }

    [Fact]
    public async Task RequestAsLargeAsAllowed_IsTaken()
    {
        var execute = new ExecuteRequest { Name = "nobody", CallId = "c" };
        Fill(execute, text => execute.Name = text, MaxRequestBytes);

        (await Refusal.OfAsync(_server.Actions.Execute(execute, cancellationToken: Token)))
            .Reason.ShouldBe("ERROR_REASON_ACTION_NOT_FOUND");
    }

    [Fact]
    public async Task RequestThatUnpacksToMoreThanAllowed_HasReachedALimit()
    {
        using var packed = new MemoryStream();
        await using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
            new ExecuteRequest { Name = new string('x', 1_000_000) }.WriteTo(gzip);

        var body = RawCall.Frame(packed.ToArray(), compressed: true);
        await ShouldBeAsync(Execute, body, [("grpc-encoding", "gzip")], StatusCode.ResourceExhausted, "ERROR_REASON_LIMIT_REACHED");
    }

    [Theory]
    [InlineData(Create)]
    [InlineData(Execute)]
    public async Task MessageThatCannotBeRead_IsAProtocolError(string method) =>
        await ShouldBeAsync(method, RawCall.Frame([0x0A, 0x7F, 0x01]), [], StatusCode.Internal, "ERROR_REASON_PROTOCOL");

    [Theory]
    [InlineData(Create)]
    [InlineData(Execute)]
    public async Task MessageThatIsCutOff_IsAProtocolError(string method) =>
        await ShouldBeAsync(method, RawCall.Frame([0x0A, 0x01, (byte)'a'])[..^1], [], StatusCode.Internal, "ERROR_REASON_PROTOCOL");

    [Fact]
    public async Task NoMessageAtAll_IsAProtocolError() =>
        await ShouldBeAsync(Create, [], [], StatusCode.Internal, "ERROR_REASON_PROTOCOL");

    [Fact]
    public async Task UnknownCompression_IsAProtocolError() =>
        await ShouldBeAsync(
            Create, RawCall.Frame([], compressed: true), [("grpc-encoding", "zip")], StatusCode.Unimplemented, "ERROR_REASON_PROTOCOL");

    [Fact]
    public async Task ErrorOfGrpcsOwnServices_IsLeftAlone()
    {
        var failure = await Should.ThrowAsync<RpcException>(new Grpc.Health.V1.Health.HealthClient(_server.Channel)
            .CheckAsync(new() { Service = "actions.v1.Nothing" }, cancellationToken: Token).ResponseAsync);

        failure.StatusCode.ShouldBe(StatusCode.NotFound);
        failure.Trailers.ShouldNotContain(trailer => trailer.Key == "grpc-status-details-bin");
    }

    private async Task ShouldBeAsync(
        string method, byte[] body, (string, string)[] headers, StatusCode code, string reason)
    {
        var trailers = await RawCall.TrailersAsync(_server.GrpcAddress, method, body, headers);

        trailers.ShouldContain(("grpc-status", $"{code:d}"));
        var details = trailers.ShouldHaveSingleItemNamed("grpc-status-details-bin");
        var status = Google.Rpc.Status.Parser.ParseFrom(Convert.FromBase64String(details));
        ((StatusCode)status.Code).ShouldBe(code);
        var info = status.Details[0].Unpack<ErrorInfo>();
        (info.Domain, info.Reason).ShouldBe(("actions.v1", reason));
    }

    private static void ShouldBeTooLarge(Refusal refusal)
    {
        refusal.ShouldBe(
            StatusCode.ResourceExhausted, "ERROR_REASON_LIMIT_REACHED", ("limit", $"request of {MaxRequestBytes} bytes"));
        refusal.RetryDelay.ShouldNotBeNull();
    }

    private static void Fill(IMessage message, Action<string> write, int bytes)
    {
        write(new string('x', bytes));
        write(new string('x', bytes - (message.CalculateSize() - bytes)));
        message.CalculateSize().ShouldBe(bytes);
    }

    public sealed class SmallServer : IAsyncLifetime
    {
        public RunningServer Server { get; private set; } = null!;

        public async ValueTask InitializeAsync() =>
            Server = await RunningServer.StartAsync(new() { ["Server:MaxRequestBytes"] = $"{MaxRequestBytes}" });

        public ValueTask DisposeAsync() => Server.DisposeAsync();
    }
}
