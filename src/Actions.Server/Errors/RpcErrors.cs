using Actions.Engine.Limits;
using Actions.Server.Logging;
using Actions.Storage;
using Actions.V1;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;

namespace Actions.Server.Errors;

/// <summary>
/// Maps known failures to statuses: the code, a text for people, and google.rpc.ErrorInfo with the
/// <see cref="ErrorReason"/> for programs, with BadRequest or RetryInfo where the contract requires it.
/// </summary>
internal static class RpcErrors
{
    public const string Domain = "actions.v1";

    /// <summary>The trailer that carries google.rpc.Status.</summary>
    public const string DetailsTrailer = "grpc-status-details-bin";

    // Trailers are sent as headers. gRPC's C core (Python, Ruby, PHP) accepts 8 KiB of them by default, base64
    // included.
    private const int MaxBadRequestBytes = 4_500;

    // Bytes of UTF-8. In grpc-message each byte that isn't ASCII takes three characters.
    private const int MaxTextBytes = 250;

    private static readonly EnumDescriptor Reasons = ErrorReasonReflection.Descriptor.FindTypeByName<EnumDescriptor>(nameof(ErrorReason));

    // Long enough for a store to restart, short enough for the person on the phone.
    private static readonly TimeSpan StoreRetryDelay = TimeSpan.FromSeconds(1);

    /// <returns>Null for an unknown failure, which is an error of the server itself.</returns>
    public static RpcException? From(Exception exception) => exception switch
    {
        InvalidFieldsException e => Invalid(e),
        ActionNotFoundException e => Error(StatusCode.NotFound, ErrorReason.ActionNotFound, e.Message, ("id", e.Id)),
        ActionNameNotFoundException e => Error(StatusCode.NotFound, ErrorReason.ActionNotFound, e.Message, ("name", e.Name)),
        NameTakenException e => Error(StatusCode.AlreadyExists, ErrorReason.NameTaken, e.Message, ("name", e.Name)),
        EtagMismatchException e => Error(
            StatusCode.Aborted, ErrorReason.EtagMismatch, e.Message, ("id", e.Id), ("etag", e.StoredEtag)),
        ActionDisabledException e => Error(StatusCode.FailedPrecondition, ErrorReason.ActionDisabled, e.Message, ("id", e.Id)),
        SecretUnreadableException e => Error(
            StatusCode.FailedPrecondition, ErrorReason.SecretUnreadable, e.Message, ("id", e.Id), ("field", e.Field)),
        StoreUnavailableException or HistoryUnavailableException => Build(
            StatusCode.Unavailable,
            exception.Message,
            Info(ErrorReason.StoreUnavailable),
            new RetryInfo { RetryDelay = Duration.FromTimeSpan(StoreRetryDelay) }),
        CredentialsMissingException e => Error(StatusCode.Unauthenticated, ErrorReason.CredentialsMissing, e.Message),
        CredentialsInvalidException e => Error(StatusCode.Unauthenticated, ErrorReason.CredentialsInvalid, e.Message),
        RoleInsufficientException e => Error(
            StatusCode.PermissionDenied, ErrorReason.RoleInsufficient, e.Message, ("role", e.Role)),
        LimitReachedException e => Build(
            StatusCode.ResourceExhausted,
            e.Message,
            Info(ErrorReason.LimitReached, ("limit", e.Limit)),
            new RetryInfo { RetryDelay = Duration.FromTimeSpan(e.RetryAfter) }),
        ApiKeyNotFoundException e => Error(StatusCode.NotFound, ErrorReason.ApiKeyNotFound, e.Message, ("id", e.Id)),
        ExecutionNotFoundException e => Error(
            StatusCode.NotFound, ErrorReason.ExecutionNotFound, e.Message, ("id", e.Id)),
        CallNotFoundException e => Error(
            StatusCode.NotFound, ErrorReason.CallNotFound, e.Message, ("call_id", e.CallId)),
        HistoryOffException e => Error(StatusCode.FailedPrecondition, ErrorReason.HistoryOff, e.Message),
        DrainingException e => Error(StatusCode.Unavailable, ErrorReason.Draining, e.Message),
        _ => null,
    };

    /// <param name="errorId">The id of the log entry with the cause.</param>
    public static RpcException Internal(string errorId) => Error(
        StatusCode.Internal, ErrorReason.Internal, "The server failed; the cause is in its log.", ("error_id", errorId));

    /// <summary>Details for a status that the gRPC framework has created.</summary>
    /// <param name="isMethod">Whether the method exists.</param>
    /// <param name="maxRequestBytes">The maximum size of a request.</param>
    /// <returns>The content of <see cref="DetailsTrailer"/>.</returns>
    public static Google.Rpc.Status StatusOf(StatusCode code, string message, bool isMethod, int maxRequestBytes) => code switch
    {
        StatusCode.ResourceExhausted => Status(
            code,
            message,
            Info(ErrorReason.LimitReached, ("limit", $"request of {maxRequestBytes} bytes")),
            // A day stands for never: the same request stays too large.
            new RetryInfo { RetryDelay = Duration.FromTimeSpan(TimeSpan.FromDays(1)) }),
        StatusCode.Unimplemented when !isMethod => Status(code, message, Info(ErrorReason.Unimplemented)),
        _ => Status(code, message, Info(ErrorReason.Protocol)),
    };

    private static RpcException Invalid(InvalidFieldsException e)
    {
        var reason = e.Violations.Any(violation => violation.IsMissingVariable)
            ? ErrorReason.MissingVariable
            : ErrorReason.InvalidField;
        var badRequest = new BadRequest();
        foreach (var violation in e.Violations)
        {
            var shown = new BadRequest.Types.FieldViolation
            {
                Field = Shown(violation.Field),
                Description = Shown(violation.Description),
            };
            if (badRequest.CalculateSize() + shown.CalculateSize() > MaxBadRequestBytes)
            {
                badRequest.FieldViolations.Add(new BadRequest.Types.FieldViolation
                {
                    Field = "…",
                    Description = $"and {e.Violations.Length - badRequest.FieldViolations.Count} more.",
                });
                break;
            }

            badRequest.FieldViolations.Add(shown);
        }

        return Build(StatusCode.InvalidArgument, e.Message, Info(reason), badRequest);
    }

    private static RpcException Error(
        StatusCode code, ErrorReason reason, string message, params (string Key, string Value)[] metadata) =>
        Build(code, message, Info(reason, metadata));

    private static RpcException Build(StatusCode code, string message, params IMessage[] details) =>
        Status(code, message, details).ToRpcException();

    private static Google.Rpc.Status Status(StatusCode code, string message, params IMessage[] details) => new()
    {
        Code = (int)code,
        Message = Shown(message),
        Details = { details.Select(detail => Any.Pack(detail)) },
    };

    private static ErrorInfo Info(ErrorReason reason, params (string Key, string Value)[] metadata)
    {
        var info = new ErrorInfo { Domain = Domain, Reason = Reasons.FindValueByNumber((int)reason).Name };
        foreach (var (key, value) in metadata)
            info.Metadata.Add(key, Shown(value));
        return info;
    }

    // Ids, names and pieces of templates are quoted in texts: what clients write must not drive the terminal that shows it.
    private static string Shown(string quoted)
    {
        var text = SingleLineText.Escape(quoted);
        var (length, bytes) = (0, 0);
        foreach (var rune in text.EnumerateRunes())
        {
            bytes += rune.Utf8SequenceLength;
            if (bytes > MaxTextBytes)
                return text[..length] + "…";
            length += rune.Utf16SequenceLength;
        }

        return text;
    }
}
