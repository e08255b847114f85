namespace Actions.Client.Conformance;

/// <summary>What came isn't what the case expects.</summary>
internal sealed class MismatchException(string message) : Exception(message);
