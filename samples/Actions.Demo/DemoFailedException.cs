namespace Actions.Demo;

/// <summary>Something went otherwise than it must. The message is for the person at the terminal.</summary>
internal sealed class DemoFailedException(string message) : Exception(message);
