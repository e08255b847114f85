namespace Actions.Server.Errors;

/// <summary>The server is shutting down: a new call is refused, or a running one is cut off.</summary>
internal sealed class DrainingException() : Exception("The server is shutting down.");
