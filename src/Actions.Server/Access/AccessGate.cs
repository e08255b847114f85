using Actions.Server.Errors;
using Actions.Server.Lifecycle;
using Actions.Server.Strangers;
using Actions.Storage;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.Net.Http.Headers;

namespace Actions.Server.Access;

/// <summary>
/// Checks every call of the API before a byte of its message is read: who the client is, whether its role allows the
/// method, and whether its workspace is within its limits.
/// </summary>
internal sealed class AccessGate(
    ServingStatus status,
    ApiKeys keys,
    ClientCertificates certificates,
    WorkspaceLimits limits,
    OpenCalls openCalls,
    FrameworkStatuses statuses,
    WrongKeys wrongKeys,
    StrangerLog log)
{
    private const string Scheme = "Bearer ";

    public async Task PassAsync(HttpContext context, RequestDelegate next)
    {
        var connection = context.Features.Get<ClientConnection>();
        connection?.HasRequest = true;
        if (context.GetEndpoint()?.Metadata.GetMetadata<GrpcMethodMetadata>()?.Method is not { } method)
        {
            await next(context).ConfigureAwait(false);
            statuses.Complete(context);
            return;
        }

        IDisposable lease;
        try
        {
            // Health and reflection are open: probes have no keys, and reflection shows only the public protos.
            lease = Infrastructure.Has(method.FullName)
                ? openCalls.Enter(context, isStream: method.Type != MethodType.Unary)
                : await EnterAsync(context, connection, method.FullName).ConfigureAwait(false);
        }
        catch (Exception e) when (RpcErrors.From(e) is { } error)
        {
            // The client gets this error for each call. WorkspaceLimits has its own line in the log.
            if (e is not LimitReachedException { Who: WorkspaceLimits.Who })
                log.CallRefused(context.Connection.RemoteIpAddress, method.FullName, error.StatusCode,
                    error.Status.Detail);
            Refuse(context.Response, error);
            return;
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            return;
        }

        using (lease)
            await next(context).ConfigureAwait(false);
        statuses.Complete(context);
    }

    private async ValueTask<IDisposable> EnterAsync(HttpContext context, ClientConnection? connection, string method)
    {
        if (!status.Prepared.IsCompleted)
            throw new StoreUnavailableException(new IOException("The store is not prepared yet."), isTransient: true);
        ClientIdentity client;
        try
        {
            client = await ClientOfAsync(context).ConfigureAwait(false);
        }
        catch (CredentialsInvalidException)
        {
            await wrongKeys.PayAsync(context.Connection.RemoteIpAddress, context.RequestAborted).ConfigureAwait(false);
            throw;
        }

        connection?.Admit();
        var needed = Roles.NeededFor(method) ?? throw new InvalidOperationException(
            $"No role is declared for {method}.");
        if (client.Role < needed)
            throw new RoleInsufficientException(Roles.NameOf(needed));
        var lease = limits.Enter(client.Workspace);
        context.Features.Set(client);
        return lease;
    }

    private async ValueTask<ClientIdentity> ClientOfAsync(HttpContext context)
    {
        var authorization = context.Request.Headers[HeaderNames.Authorization];
        if (authorization.Count > 0)
        {
            return authorization is [{ } value] && value.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
                ? await keys.ClientOfAsync(value[Scheme.Length..].Trim(), context.RequestAborted).ConfigureAwait(false)
                : throw new CredentialsInvalidException("The metadata 'authorization' must be one 'Bearer <key>'.");
        }

        if (certificates.Any && context.Connection.ClientCertificate is { } certificate)
            return certificates.ClientOf(certificate);
        if (certificates.Any || !IsLoopback(context) || await keys.AnyAsync(context.RequestAborted).ConfigureAwait(false))
            throw new CredentialsMissingException();
        return ClientIdentity.Anonymous;
    }

    // Without a key the server starts on loopback only. This check holds even if it is bound to another address some
    // other way.
    private static bool IsLoopback(HttpContext context) =>
        context.Connection.LocalIpAddress is not { } address || System.Net.IPAddress.IsLoopback(address);

    // An error without a message: the status is in the headers, which end the response ("Trailers-Only" in
    // https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md).
    private static void Refuse(HttpResponse response, RpcException error)
    {
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = "application/grpc";
        response.Headers["grpc-status"] = ((int)error.StatusCode).ToString(System.Globalization.CultureInfo.InvariantCulture);
        response.Headers["grpc-message"] = Uri.EscapeDataString(error.Status.Detail);
        response.Headers[RpcErrors.DetailsTrailer] =
            Convert.ToBase64String(error.Trailers.GetValueBytes(RpcErrors.DetailsTrailer)!);
    }
}
