using Actions.V1;
using Grpc.Core;

namespace Actions.Server.Access;

/// <summary>Who calls, as its credentials say. No field of a request can name another workspace.</summary>
/// <param name="Workspace">What the call may see.</param>
/// <param name="Role">What it may do there.</param>
internal sealed record ClientIdentity(string Workspace, Role Role)
{
    /// <summary>While there is no key at all, which is why the server then listens on loopback only.</summary>
    public static ClientIdentity Anonymous { get; } = new(AccessOptions.DefaultWorkspace, Role.Admin);

    /// <summary>Put there by <see cref="AccessGate"/>, without which no method of the API is reached.</summary>
    public static ClientIdentity Of(ServerCallContext context) => context.GetHttpContext().Features.Get<ClientIdentity>()
        ?? throw new InvalidOperationException($"{context.Method} was reached past the gate.");
}
