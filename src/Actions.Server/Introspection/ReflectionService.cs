using Google.Protobuf;
using Grpc.Core;
using ReflectionV1 = Grpc.Reflection.V1;
using ReflectionV1Alpha = Grpc.Reflection.V1Alpha;

namespace Actions.Server.Introspection;

/// <summary>grpc.reflection.v1.</summary>
internal sealed class ReflectionService(ReflectionAnswers answers, IHostApplicationLifetime host)
    : ReflectionV1.ServerReflection.ServerReflectionBase
{
    public override Task ServerReflectionInfo(
        IAsyncStreamReader<ReflectionV1.ServerReflectionRequest> requestStream,
        IServerStreamWriter<ReflectionV1.ServerReflectionResponse> responseStream,
        ServerCallContext context) =>
        AnswerAllAsync(requestStream, responseStream, answers.Answer, context, host.ApplicationStopping);

    /// <summary>Until the client has no more questions or the server stops.</summary>
    public static async Task AnswerAllAsync<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> questions,
        IServerStreamWriter<TResponse> responses,
        Func<TRequest, TResponse> answer,
        ServerCallContext context,
        CancellationToken stopping)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, stopping);
        try
        {
            while (await questions.MoveNext(ending.Token).ConfigureAwait(false))
                await responses.WriteAsync(answer(questions.Current), ending.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // An idle stream isn't worth waiting for: it ends with OK, as if the client had asked enough.
        }
    }
}

/// <summary>grpc.reflection.v1alpha: the same messages under another name.</summary>
internal sealed class ReflectionServiceV1Alpha(ReflectionAnswers answers, IHostApplicationLifetime host)
    : ReflectionV1Alpha.ServerReflection.ServerReflectionBase
{
    public override Task ServerReflectionInfo(
        IAsyncStreamReader<ReflectionV1Alpha.ServerReflectionRequest> requestStream,
        IServerStreamWriter<ReflectionV1Alpha.ServerReflectionResponse> responseStream,
        ServerCallContext context) =>
        ReflectionService.AnswerAllAsync(requestStream, responseStream, Answer, context, host.ApplicationStopping);

    // Equal on the wire, so the wire is the conversion.
    private ReflectionV1Alpha.ServerReflectionResponse Answer(ReflectionV1Alpha.ServerReflectionRequest request)
    {
        var answer = answers.Answer(ReflectionV1.ServerReflectionRequest.Parser.ParseFrom(request.ToByteString()));
        return ReflectionV1Alpha.ServerReflectionResponse.Parser.ParseFrom(answer.ToByteString());
    }
}
