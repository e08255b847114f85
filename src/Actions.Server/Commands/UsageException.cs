namespace Actions.Server.Commands;

/// <summary>A command's arguments are wrong in a way that shows only when it runs.</summary>
internal sealed class UsageException(string message) : Exception(message);
