namespace Actions.Server.Configuration;

/// <summary>
/// Each setting is valid by itself, but together they aren't safe. The text names the setting to change.
/// </summary>
internal sealed class StartRefusedException(string message) : Exception(message);
