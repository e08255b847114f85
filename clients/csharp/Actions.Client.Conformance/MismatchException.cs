namespace Actions.Client.Conformance;

/// <summary>The actual value isn't the one that the case expects.</summary>
internal sealed class MismatchException(string message) : Exception(message);
