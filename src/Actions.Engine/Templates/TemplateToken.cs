namespace Actions.Engine.Templates;

/// <summary>What a piece of a template's source is.</summary>
internal enum TokenKind
{
    /// <summary>Text, as it stands.</summary>
    Literal,

    /// <summary>Text within a comment or a CDATA section.</summary>
    Quiet,

    /// <summary>Text whose bracket a backslash keeps.</summary>
    Escaped,

    /// <summary>A placeholder in braces.</summary>
    Placeholder,

    /// <summary><c>&lt;name&gt;</c>: a placeholder or a tag, see <see cref="TagRules"/>.</summary>
    Angle,

    /// <summary>The beginning of a tag with attributes, up to its name.</summary>
    Tag,

    /// <summary><c>&lt;name/&gt;</c>.</summary>
    EmptyTag,

    /// <summary><c>&lt;/name&gt;</c>.</summary>
    EndTag,
}

/// <summary>A piece of a template's source.</summary>
/// <param name="Start">In the source.</param>
/// <param name="End">In the source.</param>
/// <param name="Text">The text that it stands for, the reference of a placeholder, or the name of a tag.</param>
/// <param name="InTag">It stands within the brackets of a tag.</param>
internal readonly record struct TemplateToken(TokenKind Kind, int Start, int End, string Text, bool InTag = false);
