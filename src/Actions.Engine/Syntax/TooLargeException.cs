namespace Actions.Engine.Syntax;

/// <summary>More was selected than one message could carry. Thrown before it is built.</summary>
internal sealed class TooLargeException(string problem) : SyntaxException(problem);
