using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Reflection.V1;
using Alpha = Grpc.Reflection.V1Alpha;

namespace Actions.Server.Tests.Introspection;

/// <summary>One reflection stream, of either version of the protocol.</summary>
internal sealed class ReflectionClient : IDisposable
{
    private readonly AsyncDuplexStreamingCall<ServerReflectionRequest, ServerReflectionResponse>? _v1;
    private readonly AsyncDuplexStreamingCall<Alpha.ServerReflectionRequest, Alpha.ServerReflectionResponse>? _alpha;

    public ReflectionClient(ChannelBase channel, string version)
    {
        if (version == "v1")
            _v1 = new ServerReflection.ServerReflectionClient(channel).ServerReflectionInfo(cancellationToken: Token);
        else
            _alpha = new Alpha.ServerReflection.ServerReflectionClient(channel)
                .ServerReflectionInfo(cancellationToken: Token);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async Task<ServerReflectionResponse> AskAsync(ServerReflectionRequest request)
    {
        if (_v1 is not null)
        {
            await _v1.RequestStream.WriteAsync(request, Token);
            (await HasMoreAsync()).ShouldBeTrue();
            return _v1.ResponseStream.Current;
        }

        var alpha = Alpha.ServerReflectionRequest.Parser.ParseFrom(request.ToByteString());
        await _alpha!.RequestStream.WriteAsync(alpha, Token);
        (await HasMoreAsync()).ShouldBeTrue();
        return ServerReflectionResponse.Parser.ParseFrom(_alpha.ResponseStream.Current.ToByteString());
    }

    /// <returns>The files of a response, in its order.</returns>
    public async Task<IReadOnlyList<FileDescriptorProto>> AskForFilesAsync(ServerReflectionRequest request)
    {
        var response = await AskAsync(request);
        response.MessageResponseCase
            .ShouldBe(ServerReflectionResponse.MessageResponseOneofCase.FileDescriptorResponse, $"{response}");
        return [.. response.FileDescriptorResponse.FileDescriptorProto.Select(FileDescriptorProto.Parser.ParseFrom)];
    }

    public async Task<StatusCode> AskForErrorAsync(ServerReflectionRequest request)
    {
        var response = await AskAsync(request);
        response.MessageResponseCase
            .ShouldBe(ServerReflectionResponse.MessageResponseOneofCase.ErrorResponse, $"{response}");
        response.ErrorResponse.ErrorMessage.ShouldNotBeEmpty();
        return (StatusCode)response.ErrorResponse.ErrorCode;
    }

    public void Dispose()
    {
        _v1?.Dispose();
        _alpha?.Dispose();
    }

    private Task<bool> HasMoreAsync()
    {
        var more = _v1?.ResponseStream.MoveNext(Token) ?? _alpha!.ResponseStream.MoveNext(Token);
        return more.WaitAsync(TimeSpan.FromSeconds(30), Token);
    }
}
