namespace Actions.Demo;

/// <summary>The demo failed. The message is for the person at the terminal.</summary>
internal sealed class DemoFailedException(string message) : Exception(message);
