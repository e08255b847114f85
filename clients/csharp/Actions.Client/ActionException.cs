using Google.Rpc;
using Grpc.Core;

namespace Actions.Client;

/// <summary>An RPC that was refused or broken off. Switch on <see cref="Reason"/>, never on the text.</summary>
public sealed class ActionException : Exception
{
    public ActionException(RpcException error)
        : base($"{error.StatusCode}: {error.Status.Detail}", error)
    {
        Code = error.StatusCode;
        var status = error.GetRpcStatus();
        if (status?.GetDetail<ErrorInfo>() is { } info)
            (Reason, Domain, Metadata) = (info.Reason, info.Domain, info.Metadata.AsReadOnly());
        if (status?.GetDetail<BadRequest>() is { } badRequest)
        {
            Violations = badRequest.FieldViolations
                .GroupBy(violation => violation.Field, violation => violation.Description)
                .ToDictionary(field => field.Key, field => string.Join(" ", field));
        }

        RetryDelay = status?.GetDetail<RetryInfo>()?.RetryDelay?.ToTimeSpan();
    }

    public StatusCode Code { get; }

    /// <summary>The name of an ErrorReason; empty when the status is not the server's own.</summary>
    public string Reason { get; } = "";

    public string Domain { get; } = "";

    /// <summary>As the ErrorReason's comment in the contract has it.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; } = new Dictionary<string, string>();

    /// <summary>What is wrong, by field path such as <c>action_config.request.url</c>.</summary>
    public IReadOnlyDictionary<string, string> Violations { get; } = new Dictionary<string, string>();

    /// <summary>When to try again, where the server names it.</summary>
    public TimeSpan? RetryDelay { get; }
}
