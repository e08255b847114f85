namespace Actions.Server.Lifecycle;

/// <summary>The server is shutting down: a new call is refused, or a running one is cut off at the end of the grace.</summary>
internal sealed class DrainingException() : Exception("The server is shutting down.");
