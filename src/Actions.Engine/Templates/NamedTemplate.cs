
namespace Actions.Engine.Templates;

/// <summary>A fixed name with a template as value.</summary>
internal readonly record struct NamedTemplate(string Name, Template Value);
