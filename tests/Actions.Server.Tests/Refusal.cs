using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;

namespace Actions.Server.Tests;

/// <summary>An error status as a client reads it: code, reason, details. Checks what is the same for every
/// one.</summary>
internal sealed class Refusal
{
    private Refusal(RpcException e)
    {
        var status = e.GetRpcStatus().ShouldNotBeNull($"{e.Status} comes without details");
        ((StatusCode)status.Code).ShouldBe(e.StatusCode);
        status.Message.ShouldBe(e.Status.Detail);

        Code = e.StatusCode;
        Text = e.Status.Detail;
        var info = Unpack<ErrorInfo>(status).ShouldHaveSingleItem();
        info.Domain.ShouldBe("actions.v1");
        Reason = info.Reason;
        Metadata = info.Metadata;
        Violations = Unpack<BadRequest>(status).SelectMany(detail => detail.FieldViolations)
            .Select(violation => (violation.Field, violation.Description)).ToList();
        RetryDelay = Unpack<RetryInfo>(status).SingleOrDefault()?.RetryDelay.ToTimeSpan();
        (1 + Convert.ToInt32(Violations.Count > 0) + Convert.ToInt32(RetryDelay is not null)).ShouldBe(status.Details.Count);
    }

    public StatusCode Code { get; }

    public string Text { get; }

    public string Reason { get; }

    public IDictionary<string, string> Metadata { get; }

    public IReadOnlyList<(string Field, string Description)> Violations { get; }

    public TimeSpan? RetryDelay { get; }

    public IEnumerable<string> Fields => Violations.Select(violation => violation.Field);

    public static Task<Refusal> OfAsync<T>(AsyncUnaryCall<T> call) => OfAsync((Task)call.ResponseAsync);

    public static async Task<Refusal> OfAsync<T>(AsyncServerStreamingCall<T> call)
    {
        using (call)
            return await OfAsync((Task)call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
    }

    public static async Task<Refusal> OfAsync(Task call) => new(await Should.ThrowAsync<RpcException>(call));

    /// <summary>Without violations, or anything else beside the metadata.</summary>
    public void ShouldBe(StatusCode code, string reason, params IEnumerable<(string Key, string Value)> metadata)
    {
        (Code, Reason).ShouldBe((code, reason), Text);
        Metadata.ToDictionary().ShouldBe(metadata.ToDictionary(pair => pair.Key, pair => pair.Value), ignoreOrder: true);
        Violations.ShouldBeEmpty();
    }

    /// <summary>With exactly these violations, each of them said in words.</summary>
    public void ShouldBeViolationOf(params IEnumerable<string> fields) =>
        ShouldBeInvalid("ERROR_REASON_INVALID_FIELD", fields);

    /// <summary>With exactly these violations, each of them said in words.</summary>
    public void ShouldBeInvalid(string reason, params IEnumerable<string> fields)
    {
        (Code, Reason).ShouldBe((StatusCode.InvalidArgument, reason), Text);
        Metadata.ShouldBeEmpty();
        RetryDelay.ShouldBeNull();
        Fields.ShouldBe(fields, ignoreOrder: true, Text);
        foreach (var (field, description) in Violations)
            description.ShouldEndWith(".", customMessage: field);
    }

    private static List<T> Unpack<T>(Google.Rpc.Status status)
        where T : IMessage<T>, new() =>
        [.. status.Details.Where(detail => detail.Is(new T().Descriptor)).Select(detail => detail.Unpack<T>())];
}
