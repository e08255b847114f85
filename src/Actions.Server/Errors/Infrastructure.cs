namespace Actions.Server.Errors;

/// <summary>The services that belong to gRPC itself.</summary>
internal static class Infrastructure
{
    /// <summary>
    /// Whether it is a method of health or reflection, which need no credentials and respond until the server has
    /// stopped.
    /// </summary>
    /// <param name="method">E.g. <c>/grpc.health.v1.Health/Check</c>.</param>
    public static bool Has(string? method) => method?.StartsWith("/grpc.", StringComparison.Ordinal) == true;
}
