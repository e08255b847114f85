namespace Actions.Server.Configuration;

/// <summary>The settings are valid each by itself, but not safe together. The text names the one to change.</summary>
internal sealed class StartRefusedException(string message) : Exception(message);
