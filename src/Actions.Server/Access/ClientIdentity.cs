using Actions.V1;
using Grpc.Core;

namespace Actions.Server.Access;

/// <summary>
/// The client's workspace and role, from its credentials. No field of a request can name another workspace.
/// </summary>
/// <param name="Workspace">The only workspace that the call can access.</param>
/// <param name="Role">The client's role in that workspace.</param>
internal sealed record ClientIdentity(string Workspace, Role Role)
{
    /// <summary>The client while no key exists at all; the server then listens on loopback only.</summary>
    public static ClientIdentity Anonymous { get; } = new(AccessOptions.DefaultWorkspace, Role.Admin);

    /// <summary>The identity that <see cref="AccessGate"/> has set; it checks every method of the API.</summary>
    public static ClientIdentity Of(ServerCallContext context) => context.GetHttpContext().Features.Get<ClientIdentity>()
        ?? throw new InvalidOperationException($"{context.Method} was called without AccessGate.");
}
