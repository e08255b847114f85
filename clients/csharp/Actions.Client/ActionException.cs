using Actions.Rpc;
using Grpc.Core;
using Status = Actions.Rpc.Status;

namespace Actions.Client;

/// <summary>An RPC that was refused or broken off. Switch on <see cref="Reason"/>, never on the text.</summary>
public sealed class ActionException : Exception
{
    public ActionException(RpcException error)
        : base($"{error.StatusCode}: {error.Status.Detail}", error)
    {
        Code = error.StatusCode;
        if (error.Trailers.GetValueBytes("grpc-status-details-bin") is not { } bytes)
            return;
        foreach (var detail in Status.Parser.ParseFrom(bytes).Details)
        {
            switch (detail.TypeUrl[(detail.TypeUrl.LastIndexOf('/') + 1)..])
            {
                case "google.rpc.ErrorInfo":
                    var info = ErrorInfo.Parser.ParseFrom(detail.Value);
                    (Reason, Domain, Metadata) = (info.Reason, info.Domain, info.Metadata.AsReadOnly());
                    break;
                case "google.rpc.BadRequest":
                    Violations = BadRequest.Parser.ParseFrom(detail.Value).FieldViolations
                        .GroupBy(violation => violation.Field, violation => violation.Description)
                        .ToDictionary(field => field.Key, field => string.Join(" ", field));
                    break;
                case "google.rpc.RetryInfo":
                    RetryDelay = RetryInfo.Parser.ParseFrom(detail.Value).RetryDelay.ToTimeSpan();
                    break;
                default:
                    break;
            }
        }
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
